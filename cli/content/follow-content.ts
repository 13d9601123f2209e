// Hears of changes in content folders: one watch of the kernel for each folder in them, and nothing that runs while nothing
// changes. What changes in a burst, as by `git pull`, is one change.

import { existsSync, type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContentFolder } from './content-folders.ts';

/** So long nothing has changed: the burst is over. */
const quietMs = 400;
/** No longer, where changes go on and on. */
const mostQuietMs = 5_000;
/** Git has this file while it writes others; one that a killed git left counts no longer than this. */
const mostGitMs = 30_000;
/** Past what a course has. The kernel gives a user 8,192 watches or more. */
const mostWatched = 4_000;
const mostDepth = 12;

/** Drydock's own: code, and what the engine reads. */
const notContent = new Set(['node_modules', 'schema']);

/** What is to be watched: every folder of the content folders but hidden ones. */
async function foldersOf(folders: readonly ContentFolder[]): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  const add = async (folder: string, depth: number): Promise<void> => {
    if (all.size >= mostWatched || depth === 0) return;
    all.add(folder);
    for (const name of await readdir(folder).catch(() => [])) {
      if (name.startsWith('.') || notContent.has(name)) continue;
      const below = path.join(folder, name);
      // `stat`: a track may be a link to a folder.
      if ((await stat(below).catch(() => null))?.isDirectory()) await add(below, depth - 1);
    }
  };
  for (const folder of folders) if (existsSync(folder.path)) await add(folder.path, mostDepth);
  return all;
}

/**
 * Calls `changed` after changes, one call at a time, until `signal` aborts. A folder that is not there is waited for. `failed` is told why a folder cannot be watched, once for each.
 */
export async function followContent(
  folders: readonly ContentFolder[],
  signal: AbortSignal,
  changed: () => Promise<void>,
  failed: (folder: string, error: Error) => void,
): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  let wake = Promise.withResolvers<void>();
  let lastMs = 0;
  const stir = () => {
    lastMs = performance.now();
    wake.resolve();
  };
  const told = new Set<string>();
  const follow = (folder: string, wanted: (name: string) => boolean) => {
    if (watchers.has(folder)) return;
    const fail = (error: Error) => {
      watchers.get(folder)?.close();
      watchers.delete(folder);
      if (!told.has(folder) && existsSync(folder)) failed(folder, error);
      told.add(folder);
    };
    try {
      const watcher = watch(folder, (_, name) => {
        if (name === null || wanted(name)) stir();
      });
      watchers.set(folder, watcher.on('error', fail));
    } catch (error) {
      fail(error as Error);
    }
  };
  /** Watches what is there now. A watch holds a folder, not its name: that of one that was replaced hears of nothing. */
  const look = async () => {
    const wanted = await foldersOf(folders);
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
    // Editors make hidden files beside those that they write; `.git` says nothing of what is checked out.
    for (const folder of wanted) follow(folder, (name) => !name.startsWith('.') && !name.endsWith('~'));
    // And that one comes, goes or is replaced.
    for (const above of new Set(folders.map(({ path: folder }) => path.dirname(folder))))
      if (existsSync(above)) follow(above, (name) => folders.some((one) => one.path === path.join(above, name)));
  };
  const gitWrites = () => folders.some(({ path: folder }) => existsSync(path.join(folder, '.git/index.lock')));

  signal.addEventListener('abort', stir, { once: true });
  try {
    await look();
    while (!signal.aborted) {
      await wake.promise;
      const since = performance.now();
      while (!signal.aborted && performance.now() - lastMs < quietMs && performance.now() - since < mostQuietMs)
        await delay(quietMs);
      while (!signal.aborted && gitWrites() && performance.now() - since < mostGitMs) await delay(quietMs);
      if (signal.aborted) return;
      wake = Promise.withResolvers();
      // First the watches: what changes from here on is heard of.
      await look();
      await changed();
    }
  } finally {
    signal.removeEventListener('abort', stir);
    for (const watcher of watchers.values()) watcher.close();
  }
}
