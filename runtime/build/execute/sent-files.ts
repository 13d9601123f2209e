// What clients have sent to builds: a list of files, and each content once, under its digest. The engine makes no path out of a
// client's names. The last list of a directory stays, so that the next build of it asks only for what has changed.

import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { diskFull, EngineError } from '../../errors.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { maxKeptContexts, maxOpenContextFiles, smallContextFileBytes } from '../../limits.ts';
import type { SentEntry } from '../files/source-tree.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { archivePieces } from '../receive-archive.ts';
import { type Entry, type FilesWanted, type Receiver, receiveFiles } from '../receive-files.ts';
import type { Session } from '../sessions.ts';
import { ordered, receiveTar } from './sent-tar.ts';

const listName = 'list.json';

const listSchema = z.array(
  z.object({
    path: z.string(),
    kind: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
    mode: z.number(),
    size: z.number(),
    mtimeNs: z.string(),
    target: z.string(),
    content: z.object({ file: z.string().regex(/^[0-9a-f]{64}$/), digest: z.string() }).nullable(),
  }),
);

/** Files that were sent, and are there until this is disposed of. */
export interface Sent extends AsyncDisposable {
  readonly directory: string;
  readonly entries: readonly SentEntry[];
}

export interface ReceiveOptions {
  readonly maxBytes: number;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

type Receive = (receiver: Receiver) => Promise<void>;

interface Place {
  readonly directory: string;
  /** For the next build of the same directory of the client's. */
  readonly isKept: boolean;
  uses: number;
  /** Settles when nobody receives into it. */
  turn: Promise<unknown>;
}

/** Of one host. */
export class SentFiles {
  readonly #directory: string;
  /** By key, the one that was used last at the end. */
  readonly #places = new Map<string, Place>();

  /** `directory` is made where it is missing, on the host's disk. What an earlier engine has left in it goes in the background. */
  constructor(directory: string) {
    this.#directory = directory;
    makeDirectory(directory, 0o700);
    for (const left of fs.readdirSync(directory)) void removeTree(`${directory}/${left}`).catch(() => undefined);
  }

  /**
   * Receives what is wanted of a directory of the client's. `key` is the same for each build of that directory, null where it is not known; `onBytes` is told how
   * much has come. Throws GrpcError as `receiveFiles` does, resourceExhausted for over `maxBytes`, noSpace.
   */
  async receive(
    session: Session,
    wanted: FilesWanted,
    options: ReceiveOptions & { readonly key: string | null },
  ): Promise<Sent> {
    const receive: Receive = (receiver) => receiveFiles(session, wanted, receiver, options.signal);
    return await this.#receiveAt(options.key, (directory) => receiveInto(directory, receive, options, (all) => all));
  }

  /** The same for an archive that the client calls `url`. */
  async receiveArchive(session: Session, url: URL, options: ReceiveOptions): Promise<Sent> {
    return await this.receiveTar(Readable.from(archivePieces(session, url, options.signal)), options);
  }

  /** The same for a tar that came with a request. Throws as `receiveTar` does. */
  async receiveTar(archive: Readable, options: ReceiveOptions): Promise<Sent> {
    const receive: Receive = (receiver) => receiveTar(archive, receiver, options.signal);
    return await this.#receiveAt(null, (directory) => receiveInto(directory, receive, options, ordered));
  }

  async #receiveAt(key: string | null, receive: (directory: string) => Promise<readonly SentEntry[]>): Promise<Sent> {
    const place = this.#place(key);
    place.uses += 1;
    const before = place.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    place.turn = promise;
    try {
      await before;
      const entries = await receive(place.directory);
      resolve();
      return { directory: place.directory, entries, [Symbol.asyncDispose]: () => this.#leave(place) };
    } catch (error) {
      resolve();
      await this.#leave(place);
      throw diskFull(error) ?? error;
    }
  }

  /** With null it is nobody else's, and gone with its user. */
  #place(key: string | null): Place {
    const known = key === null ? undefined : this.#places.get(key);
    const directory = `${this.#directory}/${randomUUID()}`;
    const place = known ?? { directory, isKept: key !== null, uses: 0, turn: Promise.resolve() };
    if (key !== null) {
      this.#places.delete(key);
      this.#places.set(key, place);
    }
    makeDirectory(place.directory, 0o700);
    return place;
  }

  async #leave(place: Place): Promise<void> {
    place.uses -= 1;
    // In turn: what is being received is in no list yet.
    const cleaned = place.turn.then(() => (place.uses === 0 ? tidy(place) : undefined));
    place.turn = cleaned.catch(() => undefined);
    await cleaned;
    for (const [key, old] of this.#places) {
      if (this.#places.size <= maxKeptContexts) break;
      if (old.uses > 0) continue;
      this.#places.delete(key);
      await rm(old.directory, { recursive: true, force: true });
    }
  }

  /** Removes all that nobody uses. */
  async clear(): Promise<void> {
    for (const [key, place] of [...this.#places]) {
      if (place.uses > 0) continue;
      this.#places.delete(key);
      await rm(place.directory, { recursive: true, force: true });
    }
  }
}

async function listIn(directory: string): Promise<readonly SentEntry[]> {
  try {
    return listSchema.parse(JSON.parse(await readFile(`${directory}/${listName}`, 'utf8')));
  } catch {
    return []; // nothing was sent yet
  }
}

async function tidy({ directory, isKept }: Place): Promise<void> {
  if (isKept) await removeUnlisted(directory);
  else await rm(directory, { recursive: true, force: true });
}

async function removeUnlisted(directory: string): Promise<void> {
  const listed = new Set((await listIn(directory)).flatMap(({ content }) => (content ? [content.file] : [])));
  for (const name of fs.readdirSync(directory))
    if (name !== listName && !listed.has(name)) await rm(`${directory}/${name}`, { force: true });
}

async function receiveInto(
  directory: string,
  receive: Receive,
  { maxBytes, onBytes }: ReceiveOptions,
  arrange: (entries: readonly SentEntry[]) => readonly SentEntry[],
): Promise<readonly SentEntry[]> {
  const receiving = new ReceivingInto(directory, await listIn(directory), { maxBytes, onBytes });
  try {
    await receive(receiving);
  } finally {
    await receiving.close();
  }
  const entries = arrange(receiving.entries);
  await writeFile(`${directory}/${listName}.new`, JSON.stringify(entries), { mode: 0o600 });
  await rename(`${directory}/${listName}.new`, `${directory}/${listName}`);
  return entries;
}

/** A file that is coming: small ones are held until they are whole. */
interface Coming {
  readonly index: number;
  readonly hash: ReturnType<typeof createHash>;
  pieces: Buffer[];
  bytes: number;
  file: { readonly handle: fs.promises.FileHandle; readonly path: string } | null;
}

class ReceivingInto implements Receiver {
  readonly entries: SentEntry[] = [];
  readonly #directory: string;
  readonly #before: ReadonlyMap<string, SentEntry>;
  readonly #options: { readonly maxBytes: number; readonly onBytes: (bytes: number) => void };
  /** Where each file is in the list. */
  readonly #files = new Map<string, number>();
  readonly #coming = new Map<number, Coming>();
  #started = 0;
  #bytes = 0;

  constructor(
    directory: string,
    before: readonly SentEntry[],
    options: { readonly maxBytes: number; readonly onBytes: (bytes: number) => void },
  ) {
    this.#directory = directory;
    this.#before = new Map(before.map((entry) => [entry.path, entry]));
    this.#options = options;
  }

  entry({ path, kind, mode, size, mtimeNs, target }: Entry): boolean {
    const entry = { path, kind, mode, size, mtimeNs: String(mtimeNs), target, content: null };
    const index = this.entries.length;
    if (kind === 'file') this.#files.set(path, index);
    if (kind === 'file' && target !== '') {
      // Another name for an earlier file.
      const first = this.entries[this.#files.get(target) ?? -1];
      this.entries.push({ ...entry, target: '', content: first?.content ?? null });
      return false;
    }
    if (kind !== 'file') {
      this.entries.push(entry);
      return false;
    }
    const before = this.#before.get(path);
    if (before?.content && before.kind === 'file' && before.size === size && before.mtimeNs === entry.mtimeNs) {
      this.entries.push({ ...entry, content: before.content });
      return false;
    }
    this.entries.push(entry);
    this.#coming.set(index, { index, hash: createHash('sha256'), pieces: [], bytes: 0, file: null });
    return true;
  }

  async data(id: number, bytes: Uint8Array): Promise<void> {
    const coming = this.#get(id);
    this.#bytes += bytes.length;
    this.#options.onBytes(this.#bytes);
    if (this.#bytes > this.#options.maxBytes)
      throw new GrpcError(
        codes.resourceExhausted,
        `the build context is over ${this.#options.maxBytes} bytes: leave some of it out with .dockerignore`,
      );
    if (coming.bytes === 0 && ++this.#started > maxOpenContextFiles)
      throw new GrpcError(codes.resourceExhausted, 'too many files are sent at once');
    coming.bytes += bytes.length;
    coming.hash.update(bytes);
    if (!coming.file && coming.bytes <= smallContextFileBytes) {
      coming.pieces.push(Buffer.from(bytes));
      return;
    }
    coming.file ??= await this.#begin();
    for (const piece of coming.pieces) await coming.file.handle.writeFile(piece);
    coming.pieces = [];
    await coming.file.handle.writeFile(bytes);
  }

  async #begin() {
    const path = `${this.#directory}/.${randomUUID()}`;
    return { path, handle: await open(path, 'wx', 0o600) };
  }

  async end(id: number): Promise<void> {
    const coming = this.#get(id);
    const hex = coming.hash.digest('hex');
    const place = `${this.#directory}/${hex}`;
    if (coming.bytes > 0) this.#started -= 1;
    if (coming.file) {
      await coming.file.handle.close();
      await rename(coming.file.path, place);
    } else if (!fs.existsSync(place)) {
      fs.writeFileSync(`${place}.new`, Buffer.concat(coming.pieces), { mode: 0o600 });
      fs.renameSync(`${place}.new`, place);
    }
    this.#coming.delete(id);
    const entry = this.entries[coming.index];
    if (!entry) throw new EngineError('internal', 'a file has come that was not listed');
    this.entries[coming.index] = { ...entry, size: coming.bytes, content: { file: hex, digest: `sha256:${hex}` } };
  }

  #get(id: number): Coming {
    const coming = this.#coming.get(id);
    if (!coming) throw new EngineError('internal', 'a file comes that was not asked for');
    return coming;
  }

  async close(): Promise<void> {
    for (const { file } of this.#coming.values()) {
      await file?.handle.close().catch(() => undefined);
      if (file) await rm(file.path, { force: true });
    }
  }
}
