// Receives a directory from a client's session: BuildKit's FileSync, whose client lists all that is asked for, in order, and sends the
// content of files as they are requested. The client is a student's, and hostile: names are checked as fsutil's receiver checks them.

import { maxContextDepth, maxContextEntries, maxContextPathBytes, maxToldErrorCharacters } from '../limits.ts';
import { endPacket, type FileStat, packet, readPacket, requestPacket } from './file-packets.ts';
import { type Entry, type EntryKind, isBefore, type Receiver } from './files/sent-entry.ts';
import type { StreamCall } from './grpc/call.ts';
import { LoopShare } from './grpc/frames.ts';
import { codes, GrpcError } from './grpc/status.ts';
import type { Session } from './sessions.ts';

export interface FilesWanted {
  /** What the client calls the directory: `context`, `dockerfile`. */
  readonly directory: string;
  /** Only these paths, and what links among them lead to; all where it is empty. */
  readonly followed: readonly string[];
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** Bits of Go's FileMode. */
const goMode = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
} as const;

/** The FileMode of a file with these permissions, set-user-ID, set-group-ID and sticky. */
export function goModeOf(
  kind: 'file' | 'directory' | 'symlink' | 'fifo' | 'device' | 'character',
  mode: number,
): number {
  const { setuid, setgid, sticky, device, character } = goMode;
  const special = (mode & 0o4000 ? setuid : 0) + (mode & 0o2000 ? setgid : 0) + (mode & 0o1000 ? sticky : 0);
  const type = kind === 'file' ? 0 : kind === 'character' ? device + character : goMode[kind];
  return type + special + (mode & 0o777);
}

const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;

function kindOf(mode: number): EntryKind {
  for (const kind of ['directory', 'symlink', 'device', 'fifo', 'socket'] as const)
    if (has(mode, goMode[kind])) return kind;
  return 'file';
}

function entryOf(stat: FileStat): Entry {
  const { path, mode, size, modTime, linkname } = stat;
  const special = [
    has(mode, goMode.setuid) && 0o4000,
    has(mode, goMode.setgid) && 0o2000,
    has(mode, goMode.sticky) && 0o1000,
  ];
  return {
    path,
    kind: kindOf(mode),
    mode: special.reduce<number>((all, bit) => all + (bit || 0), mode & 0o777),
    size,
    mtimeNs: modTime,
    target: linkname,
  };
}

/** Checks each path against those before it. */
class Paths {
  #count = 0;
  #last: readonly string[] = [];
  /** Which of the parts of the last path were directories that the client has told of. */
  #directories = 0;

  /** Throws invalidArgument for a path that leads elsewhere, is out of order, or is in no directory; resourceExhausted for too much. */
  check({ path, kind, target }: Entry): void {
    if (++this.#count > maxContextEntries) throw tooMuch(`has more than ${maxContextEntries} files`);
    if (Math.max(Buffer.byteLength(path), Buffer.byteLength(target)) > maxContextPathBytes)
      throw tooMuch(`has a path of over ${maxContextPathBytes} bytes`);
    const parts = path.split('/');
    if (parts.length > maxContextDepth) throw tooMuch(`is over ${maxContextDepth} directories deep`);
    if (path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new GrpcError(codes.invalidArgument, `invalid path of a file: ${JSON.stringify(path)}`);
    if (!isBefore(this.#last, parts))
      throw new GrpcError(codes.invalidArgument, `changes out of order: ${JSON.stringify(path)}`);
    let common = 0;
    while (common < parts.length - 1 && this.#last[common] === parts[common]) common += 1;
    if (Math.min(common, this.#directories) < parts.length - 1)
      throw new GrpcError(codes.invalidArgument, `${JSON.stringify(path)} is in no directory that was sent`);
    this.#last = parts;
    this.#directories = kind === 'directory' ? parts.length : parts.length - 1;
  }
}

function tooMuch(what: string): GrpcError {
  return new GrpcError(codes.resourceExhausted, `the build context ${what}: leave some of it out with .dockerignore`);
}

/** Percent-encoded where gRPC's headers could not carry it, as BuildKit's clients know it. */
function headersOf({ directory, followed, included, excluded }: FilesWanted): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, values] of Object.entries({
    'dir-name': [directory],
    followpaths: followed,
    'include-patterns': included,
    'exclude-patterns': excluded,
  })) {
    if (values.length === 0) continue;
    const isPlain = values.every((value) => /^[\x20-\x7e]*$/.test(value));
    headers[name] = isPlain ? [...values] : values.map((value) => encodeURIComponent(value.toWellFormed()));
    if (!isPlain) headers[`${name}-encoded`] = '1';
  }
  return headers;
}

/** What a client says of an error of its own: as much as is told on. */
export function toldError(data: Uint8Array): string {
  return Buffer.from(data.subarray(0, maxToldErrorCharacters)).toString();
}

export interface ReceivingOptions {
  /** Told how much has come, lists and ends of files with it, as BuildKit counts. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Receives all that is wanted. Throws GrpcError: what the client says, and where what it sends cannot be. */
export async function receiveFiles(
  session: Session,
  wanted: FilesWanted,
  receiver: Receiver,
  { onBytes, signal }: ReceivingOptions,
): Promise<void> {
  const path = '/moby.filesync.v1.FileSync/DiffCopy';
  if (!session.serves(path)) throw new GrpcError(codes.unknown, 'no local sources enabled');
  using call = session.call(path, headersOf(wanted), signal);
  await new Receiving(call, receiver, onBytes).run();
}

class Receiving {
  readonly #call: StreamCall;
  readonly #receiver: Receiver;
  readonly #onBytes: (bytes: number) => void;
  readonly #paths = new Paths();
  /** Files that were requested and have not come whole. */
  readonly #coming = new Set<number>();
  #listed = 0;
  #bytes = 0;
  #isListed = false;
  #isEndSaid = false;
  /** What is to be said to the client next: the answers to what has come together go together. */
  #answers: Uint8Array[] = [];

  constructor(call: StreamCall, receiver: Receiver, onBytes: (bytes: number) => void) {
    this.#call = call;
    this.#receiver = receiver;
    this.#onBytes = onBytes;
  }

  async run(): Promise<void> {
    const share = new LoopShare();
    for await (const some of this.#call.batches()) {
      for (const bytes of some) {
        const waiting = this.#take(bytes);
        if (waiting === 'end') {
          this.#call.end();
          return;
        }
        if (waiting) await waiting;
        if (!share.isUsed) continue;
        await this.#answer();
        await share.next();
      }
      await this.#answer();
    }
    throw new GrpcError(codes.unavailable, 'the client ended before it had sent all');
  }

  async #answer(): Promise<void> {
    if (this.#answers.length === 0) return;
    const answers = this.#answers;
    this.#answers = [];
    await this.#call.sendFramed(Buffer.concat(answers));
  }

  #take(bytes: Buffer): void | Promise<void> | 'end' {
    this.#bytes += bytes.length;
    this.#onBytes(this.#bytes);
    const { type, stat, id, data } = readPacket(bytes);
    if (type === packet.end) {
      if (this.#coming.size > 0 || !this.#isListed)
        throw new GrpcError(codes.invalidArgument, 'the client ended before it had sent all');
      return 'end';
    }
    if (type === packet.error) throw new GrpcError(codes.unknown, `error from sender: ${toldError(data)}`);
    if (type === packet.stat) this.#takeStat(stat);
    else if (type === packet.data) return this.#takeData(id, data);
    else throw new GrpcError(codes.invalidArgument, `a packet of type ${type} is none that a client sends`);
    this.#sayEnd();
  }

  #sayEnd(): void {
    if (!this.#isListed || this.#coming.size > 0 || this.#isEndSaid) return;
    this.#isEndSaid = true;
    this.#answers.push(endPacket);
  }

  #takeStat(stat: FileStat | null): void {
    if (this.#isListed) throw new GrpcError(codes.invalidArgument, 'the client lists files after the end of its list');
    if (!stat) {
      this.#isListed = true;
      return;
    }
    const entry = entryOf(stat);
    this.#paths.check(entry);
    const id = this.#listed++;
    if (!this.#receiver.entry(entry, id)) return;
    this.#coming.add(id);
    this.#answers.push(requestPacket(id));
  }

  #takeData(id: number, data: Buffer): void | Promise<void> {
    if (!this.#coming.has(id)) throw new GrpcError(codes.invalidArgument, 'the client sends what was not asked for');
    if (data.length > 0) return this.#receiver.data(id, data);
    this.#coming.delete(id);
    this.#sayEnd();
    return this.#receiver.end(id);
  }
}
