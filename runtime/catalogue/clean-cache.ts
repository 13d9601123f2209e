// Removes images that nobody has used for long from the cache: those of recipes that have changed since.

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tryLock } from '../kernel/locks.ts';

/** Someone who goes back and forth between two versions of Drydock keeps both for this long. */
const unusedMs = 14 * 24 * 60 * 60 * 1000;
const layoutName = /^([a-z0-9][a-z0-9.+-]*)-[0-9a-f]{16}$/;

/** `names` are the images that the catalogue has; what is called otherwise is not touched. `current` are directories to keep. */
export function cleanCache(cacheDirectory: string, names: ReadonlySet<string>, current: ReadonlySet<string>): void {
  for (const directory of readdirSync(cacheDirectory)) {
    const name = layoutName.exec(directory)?.[1];
    const path = `${cacheDirectory}/${directory}`;
    if (name === undefined || !names.has(name) || current.has(path)) continue;
    if (Date.now() - statSync(path).mtimeMs < unusedMs) continue;
    using lock = tryLock(`${path}.lock`);
    if (!lock || !existsSync(path)) continue;
    rmSync(path, { recursive: true });
    rmSync(`${path}.lock`);
  }
}

/** The directory of the image of this name that was made or used last, of whatever recipe; null where there is none. */
export function newestOf(cacheDirectory: string, name: string): string | null {
  const found = readdirSync(cacheDirectory)
    .filter((directory) => layoutName.exec(directory)?.[1] === name)
    .map((directory) => `${cacheDirectory}/${directory}`)
    .filter((path) => existsSync(`${path}/index.json`))
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  return found[0]?.path ?? null;
}
