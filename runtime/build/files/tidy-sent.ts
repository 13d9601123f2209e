// Removes from a directory of contents what its list does not name. Blocks: for worker threads.

import fs from 'node:fs';
import { isPack, PackWriter } from './pack.ts';
import { readList, writeList } from './sent-list.ts';
import type { SentEntry } from './source-tree.ts';

/** Nobody else uses the directory or the list meanwhile. Packs that are of no use for the most part are written anew. */
export async function tidySent(directory: string, list: string): Promise<void> {
  const entries = readList(list);
  const used = usedBytes(entries);
  const sparse = new Set<string>();
  for (const name of fs.readdirSync(directory)) {
    const path = `${directory}/${name}`;
    const bytes = used.get(name);
    if (path === list) continue;
    if (bytes === undefined) fs.rmSync(path, { force: true });
    else if (isPack(name) && 2 * bytes < fs.statSync(path).size) sparse.add(name);
  }
  if (sparse.size > 0) await repack(directory, list, entries, sparse);
}

/** By the names of files: what the contents hold that the list has in them. */
function usedBytes(entries: readonly SentEntry[]): Map<string, number> {
  const used = new Map<string, number>();
  const seen = new Set<string>();
  for (const { content, size } of entries) {
    if (!content) continue;
    const before = used.get(content.file) ?? 0;
    const isNew = !seen.has(content.digest);
    seen.add(content.digest);
    used.set(content.file, before + (isNew ? size : 0));
  }
  return used;
}

/** Where the disk has no room for that all stays as it is. */
async function repack(
  directory: string,
  list: string,
  entries: readonly SentEntry[],
  sparse: ReadonlySet<string>,
): Promise<void> {
  const pack = new PackWriter(directory);
  const next = `${list}-next`;
  try {
    await writeList(next, await moved(directory, entries, sparse, pack));
    fs.renameSync(next, list);
  } catch {
    fs.rmSync(next, { force: true });
    fs.rmSync(`${directory}/${pack.file}`, { force: true });
    return;
  }
  for (const name of sparse) fs.rmSync(`${directory}/${name}`, { force: true });
}

/** The entries, with what is in `sparse` packs in `pack`. */
async function moved(
  directory: string,
  entries: readonly SentEntry[],
  sparse: ReadonlySet<string>,
  pack: PackWriter,
): Promise<SentEntry[]> {
  using opened = new DisposableStack();
  const open = new Map<string, number>();
  for (const name of sparse) {
    const fd = fs.openSync(`${directory}/${name}`, 'r');
    opened.defer(() => fs.closeSync(fd));
    open.set(name, fd);
  }
  const places = new Map<string, SentEntry['content']>();
  const result: SentEntry[] = [];
  try {
    for (const entry of entries) {
      const { content, size } = entry;
      const fd = content ? open.get(content.file) : undefined;
      if (!content || fd === undefined) {
        result.push(entry);
        continue;
      }
      let place = places.get(content.digest);
      if (!place) {
        const bytes = Buffer.alloc(size);
        if (fs.readSync(fd, bytes, 0, size, content.at) !== size) throw new Error(`${content.file} is cut off`);
        place = { ...pack.add(bytes), digest: content.digest };
        if (pack.isFull) await pack.flush();
        places.set(content.digest, place);
      }
      result.push({ ...entry, content: place });
    }
    await pack.flush();
  } finally {
    await pack.close();
  }
  return result;
}
