// The site of Drydock's own course, in the clone, built where its sources have changed: every Drydock of the clone takes it from
// there. One bad lesson does not keep the others from students.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Step } from '../../bin/progress.mjs';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { ownCourse } from '../content/content-folders.ts';
import { Failure } from '../failure.ts';
import { cloneFolder } from '../paths.ts';
import { buildCache, buildPages } from './build-pages.ts';

/** What the pages are made from, beside the lessons. */
const sources = [
  'site/**/*',
  'lessons/schema/*.ts',
  'lessons/schema.ts',
  'sandbox-server/protocol.ts',
  'sandbox-server/protocol/*.ts',
  'package-lock.json',
];
const notSources = ['site/dist', 'site/.astro', 'site/node_modules'];
export const ownSite = path.join(cloneFolder, 'site/dist');
const page = path.join(ownSite, 'index.html');
const stampFile = path.join(buildCache, 'site.json');
/** Where it is built: what is there is replaced only by what was built whole. */
const building = path.join(buildCache, `site-new-${process.pid}`);
/** Two Drydocks may put theirs in its place at once. */
const mostTries = 1;

async function filesOf(patterns: readonly string[], cwd: string, left: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  const exclude = (entry: { parentPath: string; name: string }) =>
    left.includes(path.relative(cwd, path.join(entry.parentPath, entry.name)));
  for await (const entry of glob(patterns, { cwd, withFileTypes: true, exclude }))
    if (entry.isFile()) files.push(path.join(entry.parentPath, entry.name));
  return files;
}

/** Of all that the pages of a folder of lessons are made from. */
export async function hashOfSources(lessons = ownCourse.path): Promise<string> {
  const ofLessons = await filesOf(['*/track.yaml', 'glossary.yaml', 'images/*/image.yaml'], lessons, []);
  // A track may be a link to a folder elsewhere, which a search for files does not follow.
  for (const id of await lessonIds(lessons))
    for (const name of await readdir(path.join(lessons, id), { recursive: true })) {
      const file = path.join(lessons, id, name);
      if ((await stat(file)).isFile()) ofLessons.push(file);
    }
  const ofSite = await filesOf(sources, cloneFolder, notSources);
  const hash = createHash('sha256');
  for (const [root, files] of [
    [cloneFolder, ofSite],
    [lessons, ofLessons],
  ] as const)
    for (const file of [...new Set(files)].sort())
      hash
        .update(path.relative(root, file))
        .update('\0')
        .update(await readFile(file))
        .update('\0');
  return hash.digest('hex');
}

const stampSchema = z.object({
  hash: z.string(),
  notices: z.array(z.string()),
  leftOut: z.array(z.string()).default([]),
});

async function readStamp(): Promise<z.infer<typeof stampSchema> | null> {
  const text = await readFile(stampFile, 'utf8').catch(() => '');
  try {
    return stampSchema.parse(JSON.parse(text));
  } catch {
    return null; // there is none, or one of an older Drydock
  }
}

/** Puts what was built in the place of what is there. Another Drydock of this clone may be doing the same. */
async function serveBuilt(): Promise<void> {
  const before = `${building}-before`;
  for (let tries = 0; ; tries++) {
    await rename(ownSite, before).catch(() => undefined);
    const taken = await rename(building, ownSite).then(
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
  for (const name of await readdir(buildCache)) {
    const pid = /^site-new-(\d+)(-before)?$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(path.join(buildCache, name), { recursive: true, force: true });
  }
}

export interface OwnSite {
  /** Of what `site/dist` was made from; null where that is not known. */
  readonly hash: string | null;
  /** Lessons that have no page. */
  readonly leftOut: readonly string[];
  readonly notices: readonly string[];
}

/**
 * A lesson with mistakes is left out. Where the rest cannot be built either, the last build that succeeded stays. Gives a
 * notice for each of that; the same ones at every start until it is mended. Throws Failure where there is nothing to serve.
 */
export async function buildOwnSite(step: () => Step, signal: AbortSignal, behind = false): Promise<OwnSite> {
  const hash = await hashOfSources();
  const stamp = await readStamp();
  if (stamp?.hash === hash && existsSync(page)) return stamp;
  const shown = step();
  await mkdir(buildCache, { recursive: true });
  await removeLeftovers();
  try {
    const folderOf = () => ownCourse;
    const { leftOut, notices, failure } = await buildPages({ lessons: null, folderOf, out: building, behind }, signal);
    if (failure === null) {
      await serveBuilt();
      const built = { hash, notices, leftOut };
      await writeFile(stampFile, JSON.stringify(built));
      shown.done();
      return built;
    }
    if (!existsSync(page)) throw new Failure([...notices, failure].join('\n'));
    shown.failed();
    return {
      hash: stamp?.hash ?? null,
      leftOut: stamp?.leftOut ?? [],
      notices: [...notices, `${failure}\nThe pages as they were built before are served.`],
    };
  } catch (error) {
    shown.failed();
    throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** `buildOwnSite`: its notices. */
export async function buildSite(step: () => Step, signal: AbortSignal): Promise<readonly string[]> {
  return (await buildOwnSite(step, signal)).notices;
}
