// Builds the site's pages from a folder of lessons into another folder. Knows nothing of what is served.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ContentFolder, ownCourse } from '../content/content-folders.ts';
import { cloneFolder } from '../paths.ts';
import { buildFailureIn } from './build-failure.ts';

/** Beside the packages, not in dist: that is served. */
export const buildCache = path.join(cloneFolder, 'node_modules/.cache/drydock');
/** All that the last build said. */
export const buildLog = path.join(buildCache, 'site.log');
const maxKeptOutput = 64 * 1024;
/** Builds more than the first, with one lesson less; a fault of the site itself must not be blamed on all of them. */
const mostTries = 1;

export interface PagesBuild {
  /** Null: the clone's own. */
  readonly lessons: string | null;
  /** Which content folder a lesson came from. */
  readonly folderOf: (lesson: string) => ContentFolder;
  readonly out: string;
  /** Students work meanwhile: it takes the processor only where nobody else wants it. */
  readonly behind: boolean;
}

export interface PagesBuilt {
  /** Ids of lessons that have no page, for what is wrong with them. */
  readonly leftOut: readonly string[];
  /** A notice for each of them. */
  readonly notices: readonly string[];
  /** Why there are no pages at all; null where there are. */
  readonly failure: string | null;
}

/** A lesson with mistakes is left out; so is one that the build itself names: what lint does not know. */
export async function buildPages(wanted: PagesBuild, signal: AbortSignal): Promise<PagesBuilt> {
  const { lessons, folderOf, out } = wanted;
  // Loaded here alone: reading lessons as the site does takes more code than all of a start that builds nothing.
  const { mistakesOfLessons } = await import('../content/mistakes.ts');
  const mistakes = await mistakesOfLessons(lessons ?? ownCourse.path, folderOf);
  let built = await runBuild(wanted, [...mistakes.keys()], signal);
  for (let again = 0; built.code !== 0 && again < mostTries; again++) {
    const { lesson, why } = buildFailureIn(built.said);
    if (lesson === null || mistakes.has(lesson)) break;
    mistakes.set(lesson, `  ${why.replaceAll('\n', '\n  ')}`);
    built = await runBuild(wanted, [...mistakes.keys()], signal);
  }
  const isBuilt = built.code === 0 && existsSync(path.join(out, 'index.html'));
  return {
    leftOut: [...mistakes.keys()],
    notices: [...mistakes].map(([id, told]) => `The lesson ${id} is left out until it is mended:\n${told}`),
    failure: isBuilt
      ? null
      : `The site cannot be built:\n${buildFailureIn(built.said).why}\nAll that the build said: ${buildLog}`,
  };
}

/** One build of a clone at a time: Astro keeps files beside the sources. Gives all that it said. */
async function runBuild(
  { lessons, out, behind }: PagesBuild,
  leftOut: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly said: string }> {
  await mkdir(buildCache, { recursive: true });
  await rm(out, { recursive: true, force: true });
  const argv = [
    ...(behind ? ['nice', '-n', '15'] : []),
    ...['flock', '--no-fork', path.join(buildCache, 'site.json.lock')],
    ...['npm', 'run', 'build', '--workspace', 'site', '--', '--outDir', out],
  ];
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd: cloneFolder,
    env: {
      ...process.env,
      // Vite builds for development where the environment says so, or that this is a test.
      NODE_ENV: 'production',
      DRYDOCK_LEFT_OUT: leftOut.join(','),
      ...(lessons === null ? {} : { DRYDOCK_COURSE: lessons }),
    },
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
  await writeFile(buildLog, said);
  return { code, said };
}
