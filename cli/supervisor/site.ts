// Builds the site where its sources have changed since it was built. One bad lesson does not keep the others from students.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Step } from '../../bin/progress.mjs';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { Failure } from '../failure.ts';
import { cloneFolder } from '../paths.ts';
import { buildFailureIn } from './build-failure.ts';

/** What the pages are made from. */
const sources = [
  'site/**/*',
  'lessons/**/*',
  'sandbox-server/protocol.ts',
  'sandbox-server/protocol/*.ts',
  'package-lock.json',
];
const notSources = ['site/dist', 'site/.astro', 'site/node_modules', 'lessons/images'];
const served = path.join(cloneFolder, 'site/dist');
const page = path.join(served, 'index.html');
/** Beside the packages, not in dist: that is served. */
const cache = path.join(cloneFolder, 'node_modules/.cache/drydock');
const stampFile = path.join(cache, 'site.json');
/** Where it is built: what is served is replaced only by what was built whole. */
const building = path.join(cache, `site-new-${process.pid}`);
/** All that the last build said. */
const logFile = path.join(cache, 'site.log');
const maxKeptOutput = 64 * 1024;
/** Builds more than the first, with one lesson less; a fault of the site itself must not be blamed on all of them. */
const mostTries = 1;

async function hashOfSources(): Promise<string> {
  const files: string[] = [];
  const exclude = (entry: { parentPath: string; name: string }) => {
    const file = path.relative(cloneFolder, path.join(entry.parentPath, entry.name));
    return notSources.includes(file);
  };
  for await (const entry of glob(sources, { cwd: cloneFolder, withFileTypes: true, exclude })) {
    if (entry.isFile()) files.push(path.join(entry.parentPath, entry.name));
  }
  // A track may be a link to a folder elsewhere, which a search for files does not follow.
  const lessons = path.join(cloneFolder, 'lessons');
  for (const id of await lessonIds(lessons))
    for (const name of await readdir(path.join(lessons, id), { recursive: true })) {
      const file = path.join(lessons, id, name);
      if ((await stat(file)).isFile()) files.push(file);
    }
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort())
    hash
      .update(path.relative(cloneFolder, file))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}

const stampSchema = z.object({ hash: z.string(), notices: z.array(z.string()) });

async function readStamp(): Promise<z.infer<typeof stampSchema> | null> {
  const text = await readFile(stampFile, 'utf8').catch(() => '');
  try {
    return stampSchema.parse(JSON.parse(text));
  } catch {
    return null; // there is none, or one of an older Drydock
  }
}

/** Two Drydocks of one clone that start at once do not build into each other's files. Gives all that it said. */
async function build(leftOut: readonly string[], signal: AbortSignal): Promise<{ code: number | null; said: string }> {
  await rm(building, { recursive: true, force: true });
  const npm = ['npm', 'run', 'build', '--workspace', 'site', '--', '--outDir', building];
  const child = spawn('flock', ['--no-fork', `${stampFile}.lock`, ...npm], {
    cwd: cloneFolder,
    // Vite builds for development where the environment says so, or that this is a test.
    env: { ...process.env, NODE_ENV: 'production', DRYDOCK_LEFT_OUT: leftOut.join(',') },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  const take = (chunk: Buffer) => {
    said = (said + chunk).slice(-maxKeptOutput);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  await writeFile(logFile, said);
  return { code, said };
}

/** Puts what was built in the place of what is served. Another Drydock of this clone may be doing the same. */
async function serveBuilt(): Promise<void> {
  const before = `${building}-before`;
  for (let tries = 0; ; tries++) {
    await rename(served, before).catch(() => undefined);
    const taken = await rename(building, served).then(
      () => null,
      (error: unknown) => error,
    );
    await rm(before, { recursive: true, force: true });
    if (taken === null) return;
    if (tries === mostTries) throw taken;
  }
}

/** Removes what builds left that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^site-new-(\d+)(-before)?$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

/** What is wrong with the lessons, a line each, by the lesson's id. */
async function mistakesOfLessons(): Promise<Map<string, string>> {
  // Loaded here alone: reading lessons as the site does takes more code than all of a start that builds nothing.
  const [{ lintLesson }, { surroundings }] = await Promise.all([
    import('../lab/lint.ts'),
    import('../lab/surroundings.ts'),
  ]);
  const lessons = path.join(cloneFolder, 'lessons');
  const around = await surroundings(lessons);
  const mistakes = new Map<string, string>();
  for (const id of around.lessons) {
    const findings = await lintLesson(path.join(lessons, id), around);
    const told = findings.map(({ file, line, message }) => `  lessons/${id}/${file}:${line}: ${message}`);
    if (told.length > 0) mistakes.set(id, told.join('\n'));
  }
  return mistakes;
}

/**
 * A lesson with mistakes is left out. Where the rest cannot be built either, the last build that succeeded is served. Gives a
 * notice for each of that; the same ones at every start until it is mended. Throws Failure where there is nothing to serve.
 */
export async function buildSite(step: () => Step, signal: AbortSignal): Promise<readonly string[]> {
  const hash = await hashOfSources();
  const stamp = await readStamp();
  if (stamp?.hash === hash && existsSync(page)) return stamp.notices;
  const shown = step();
  await mkdir(cache, { recursive: true });
  await removeLeftovers();
  try {
    const mistakes = await mistakesOfLessons();
    let built = await build([...mistakes.keys()], signal);
    // What lint does not know: a lesson that the build itself names is left out, too.
    for (let again = 0; built.code !== 0 && again < mostTries; again++) {
      const { lesson, why } = buildFailureIn(built.said);
      if (lesson === null || mistakes.has(lesson)) break;
      mistakes.set(lesson, `  ${why.replaceAll('\n', '\n  ')}`);
      built = await build([...mistakes.keys()], signal);
    }
    const notices = [...mistakes].map(([id, told]) => `The lesson ${id} is left out until it is mended:\n${told}`);
    if (built.code === 0 && existsSync(path.join(building, 'index.html'))) {
      await serveBuilt();
      await writeFile(stampFile, JSON.stringify({ hash, notices }));
      shown.done();
      return notices;
    }
    const failure = `The site cannot be built:\n${buildFailureIn(built.said).why}\nAll that the build said: ${logFile}`;
    if (!existsSync(page)) throw new Failure([...notices, failure].join('\n'));
    shown.failed();
    return [...notices, `${failure}\nThe pages as they were built before are served.`];
  } catch (error) {
    shown.failed();
    throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}
