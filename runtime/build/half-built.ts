// What an engine that ended in the middle of builds has left of them on a host's disk. The builder itself is loaded with the first build.

import fs from 'node:fs';
import { removeTree } from '../kernel/remove-tree.ts';

/** Caches of RUN --mount that others find again have the name of a hash; any other is being made or removed, or is one user's. */
export const isSharedCache = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** `directory`: the host's own. No build may be under way when this is called; what it removes, it removes by and by. */
export async function discardHalfBuilt(directory: string): Promise<void> {
  const left = [
    ...pathsIn(`${directory}/build`),
    ...pathsIn(`${directory}/build-caches`, (name) => !isSharedCache(name)),
    // A record is written after its log.
    ...pathsIn(`${directory}/build-history`, (name, all) => name.endsWith('.new') || isLogAlone(name, all)),
  ];
  for (const path of left) await removeTree(path).catch(() => undefined);
}

const isLogAlone = (name: string, all: ReadonlySet<string>): boolean =>
  name.endsWith('.log') && !all.has(name.replace(/log$/, 'record'));

function pathsIn(
  directory: string,
  isLeft: (name: string, all: ReadonlySet<string>) => boolean = () => true,
): string[] {
  const names = new Set(fs.existsSync(directory) ? fs.readdirSync(directory) : []);
  return [...names].filter((name) => isLeft(name, names)).map((name) => `${directory}/${name}`);
}
