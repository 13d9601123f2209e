// `docker build - < context.tar`: the client sends its context as one archive, whose files are received as if it had sent each.
// The archive is hostile: its names are checked as those of other clients are.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { brokenArchive } from '../images/broken-archive.ts';
import { maxContextBytes, maxContextDepth, maxContextEntries, maxContextPathBytes } from '../limits.ts';
import { compressionOf, decompressor, peek } from '../store/compression.ts';
import { limiter } from '../store/limiter.ts';
import type { SentEntry } from './files/source-tree.ts';
import type { StreamCall } from './grpc/call.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { BytesMessageSchema } from './messages/files_pb.ts';
import { type Entry, type EntryKind, isBefore, type Receiver } from './receive-files.ts';
import type { Session } from './sessions.ts';

const kinds: Readonly<Record<string, EntryKind>> = {
  file: 'file',
  'contiguous-file': 'file',
  link: 'file',
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  'character-device': 'device',
  'block-device': 'device',
};

/** `url`: what the client calls the archive. Throws GrpcError: what the client says, and what is wrong with the archive. */
export async function receiveArchive(
  session: Session,
  url: URL,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<void> {
  const method = '/moby.upload.v1.Upload/Pull';
  if (!session.serves(method)) throw new GrpcError(codes.unavailable, 'the client does not send archives');
  using call = session.call(method, { urlpath: url.pathname, urlhost: url.host }, signal);
  call.end();
  let entries = 0;
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    const take = async (): Promise<void> => {
      const entry = entryOf(header);
      if (entry && entries >= maxContextEntries)
        throw new GrpcError(codes.resourceExhausted, `the build context has more than ${maxContextEntries} files`);
      const id = entries;
      if (entry) entries += 1;
      const isWanted = entry ? receiver.entry(entry, id) : false;
      for await (const piece of body) if (isWanted) await receiver.data(id, piece as Uint8Array);
      if (isWanted) await receiver.end(id);
    };
    take().then(() => next(), next);
  });
  try {
    const { start, whole } = await peek(Readable.from(piecesOf(call)));
    const expand = decompressor(compressionOf(start));
    if (expand) await pipeline(whole, expand, limiter(maxContextBytes), reader);
    else await pipeline(whole, limiter(maxContextBytes), reader);
  } catch (error) {
    throw error instanceof GrpcError ? error : new GrpcError(codes.unknown, brokenArchive(error).message);
  }
}

async function* piecesOf(call: StreamCall): AsyncGenerator<Uint8Array> {
  for await (const { data } of call.messages(BytesMessageSchema)) if (data.length > 0) yield data;
}

/** Null for the root itself, and for what is no file of a file system. */
function entryOf({ name, type, mode, size, mtime, linkname }: Header): Entry | null {
  const kind = kinds[type ?? 'file'];
  const path = cleaned(name);
  if (!kind || path === '') return null;
  return {
    path,
    kind,
    mode: (mode ?? 0o644) & 0o7777,
    size: size ?? 0,
    mtimeNs: BigInt(mtime?.getTime() ?? 0) * 1_000_000n,
    target: type === 'link' ? cleaned(linkname ?? '') : kind === 'symlink' ? (linkname ?? '') : '',
  };
}

/** Throws invalidArgument for a name that leads out of the archive, resourceExhausted for one that is too long. */
function cleaned(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0'))
    throw new GrpcError(codes.invalidArgument, `invalid path of a file: ${JSON.stringify(name.slice(0, 200))}`);
  if (parts.length > maxContextDepth || Buffer.byteLength(name) > maxContextPathBytes)
    throw new GrpcError(codes.resourceExhausted, 'the build context has a path that is too long');
  return parts.join('/');
}

/** What an archive lists, as a client's list is: each path once, the last one that there is, in order, with its directories. */
export function asTree(entries: readonly SentEntry[]): SentEntry[] {
  const tree = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path, mtimeNs } of entries)
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const parent = path.slice(0, cut);
      if (tree.has(parent)) break;
      tree.set(parent, { path: parent, kind: 'directory', mode: 0o755, size: 0, mtimeNs, target: '', content: null });
    }
  const parts = new Map([...tree.keys()].map((path) => [path, path.split('/')]));
  const partsOf = ({ path }: SentEntry): string[] => parts.get(path) ?? [];
  return [...tree.values()].sort((a, b) => (isBefore(partsOf(a), partsOf(b)) ? -1 : 1));
}
