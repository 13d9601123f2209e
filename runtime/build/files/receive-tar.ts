// Receives a build context that comes as a tar, which may be compressed. Its names are a stranger's: they become a list, in order, in
// which each has its directory, and never a path of the engine's. Blocks: for worker threads.

import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { diskFull, EngineError } from '../../errors.ts';
import { brokenArchive } from '../../images/broken-archive.ts';
import { maxContextBytes, maxContextDepth, maxContextEntries, maxContextPathBytes } from '../../limits.ts';
import { expanding } from '../../store/compression.ts';
import { limiter } from '../../store/limiter.ts';
import { type Entry, type EntryKind, isBefore, type Receiver } from './sent-entry.ts';
import type { SentEntry } from './source-tree.ts';

const kinds: Partial<Record<NonNullable<Header['type']>, EntryKind>> = {
  file: 'file',
  'contiguous-file': 'file',
  link: 'file',
  symlink: 'symlink',
  directory: 'directory',
  fifo: 'fifo',
};

/** Headers and padding, beside the contents. */
const maxTarBytes = maxContextBytes + 2048 * maxContextEntries;

/** What it lists is to be `ordered`. Throws invalid, tooLarge, dataLoss, noSpace, and what `receiver` throws. */
export async function receiveTar(archive: Readable, receiver: Receiver): Promise<void> {
  const parts = await expanding(archive);
  const limit = limiter(maxTarBytes, (most) => `the build context is over ${most} bytes`);
  const reader = extract();
  const piped = pipeline([...parts, limit, reader]);
  piped.catch(() => undefined);
  let count = 0;
  try {
    for await (const entry of reader) {
      const listed = entryOf(entry.header);
      const id = count;
      if (listed && ++count > maxContextEntries)
        throw new EngineError('tooLarge', `the build context has more than ${maxContextEntries} files`);
      const isWanted = listed !== null && receiver.entry(listed, id);
      for await (const piece of entry) if (isWanted && Buffer.isBuffer(piece)) await receiver.data(id, piece);
      if (isWanted) await receiver.end(id);
    }
    await piped;
  } catch (error) {
    throw diskFull(error) ?? brokenArchive(error);
  }
}

/** Null for the root, and for devices, which no context can have. */
function entryOf(header: Header): Entry | null {
  const kind = kinds[header.type ?? 'file'];
  if (!kind || nameOf(header.name) === '') return null;
  const { size = 0, mtime, linkname } = header;
  if (Buffer.byteLength(linkname ?? '') > maxContextPathBytes)
    throw new EngineError('invalid', `a link of the build context has over ${maxContextPathBytes} bytes`);
  return {
    path: nameOf(header.name),
    kind,
    mode: (header.mode ?? 0o644) & 0o7777,
    size: kind === 'file' ? size : 0,
    mtimeNs: BigInt(Math.trunc(mtime?.getTime() ?? 0)) * 1_000_000n,
    target: kind === 'symlink' ? (linkname ?? '') : header.type === 'link' ? nameOf(linkname ?? '') : '',
  };
}

/** `./a//b/` as `a/b`. Throws invalid for a name that leads out of the context, as Docker does. */
function nameOf(given: string): string {
  const clean = path.posix.normalize(given).replace(/^\/+|\/+$/g, '');
  const parts = clean === '.' ? [] : clean.split('/').filter((part) => part !== '');
  if (parts[0] === '..' || given.includes('\0'))
    throw new EngineError('invalid', `${JSON.stringify(given.slice(0, 200))} is outside of the build context`);
  if (Buffer.byteLength(clean) > maxContextPathBytes || parts.length > maxContextDepth)
    throw new EngineError(
      'tooLarge',
      `the build context has a path of over ${maxContextDepth} directories or ${maxContextPathBytes} bytes`,
    );
  return parts.join('/');
}

/** Each name once, as the archive has it last, behind the directory that it is in. Throws invalid for one in no directory. */
export function ordered(entries: readonly SentEntry[]): SentEntry[] {
  const named = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path: name, mtimeNs } of named.values()) {
    const cut = name.lastIndexOf('/');
    const above = cut < 0 ? '' : name.slice(0, cut);
    if (above === '') continue;
    const directory = named.get(above);
    if (directory && directory.kind !== 'directory')
      throw new EngineError('invalid', `${JSON.stringify(name.slice(0, 200))} of the build context is in no directory`);
    if (directory) continue;
    if (named.size >= 2 * maxContextEntries)
      throw new EngineError('tooLarge', `the build context has more than ${2 * maxContextEntries} files`);
    // A map is gone through as it grows.
    named.set(above, { path: above, kind: 'directory', mode: 0o755, size: 0, mtimeNs, target: '', content: null });
  }
  const split = Array.from(named.values(), (entry) => ({ entry, parts: entry.path.split('/') }));
  return split.sort((a, b) => (isBefore(a.parts, b.parts) ? -1 : 1)).map(({ entry }) => entry);
}
