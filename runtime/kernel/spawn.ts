// Starting programs by posix_spawn(3), whose child shares our memory until it executes. What child_process does, fork(2),
// copies the page tables of this large process first: 3 to 4 ms for each container, in which the engine does nothing else.

import fs from 'node:fs';
import net from 'node:net';
import { checked, libcCalls, SystemCallError } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const F_DUPFD_CLOEXEC = 1030;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const WNOHANG = 1;

/** Room for the C library's own structures, which have at most 336 bytes (glibc, 64 bits). */
const structureBytes = 512;
const signalSetBytes = 128;

const systemPath = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface SpawnPlan {
  /** For each descriptor of the child, from 0 on: a pipe to us, /dev/null, or one of our own by its number. It gets no other. */
  readonly stdio: readonly ('pipe' | 'ignore' | number)[];
  /** `/` where left out. */
  readonly cwd?: string;
  /** Beside PATH; nothing of ours is passed on. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Program {
  /** The machine's number. */
  readonly pid: number;
  /** Resolves with the exit code, or 128 and the number of the signal that ended it, as a shell says it. */
  readonly exited: Promise<number>;
  /** Our end of the pipe that is the child's descriptor `index`: both ways. Throws where that is none. */
  pipe(index: number): net.Socket;
}

/**
 * Starts a system program by its argument vector, in the namespaces that this thread is in, with all signals as a new process
 * has them. Throws SystemCallError where it cannot be executed.
 */
export function start(argv: readonly string[], plan: SpawnPlan): Program {
  const file = located(argv[0] ?? '');
  listen();
  const actions = Buffer.alloc(structureBytes);
  const ours = new Map<number, number>();
  const theirs: number[] = [];
  succeeded('posix_spawn_file_actions_init', libcCalls.fileActionsInit(actions));
  try {
    plan.stdio.forEach((kind, index) => {
      if (kind === 'ignore') succeeded('addopen', libcCalls.fileActionsAddOpen(actions, index, '/dev/null', 2, 0));
      else {
        const [our, their] =
          kind === 'pipe' ? socketPair(plan.stdio.length) : [null, copyAbove(kind, plan.stdio.length)];
        if (our !== null) ours.set(index, our);
        theirs.push(their);
        succeeded('adddup2', libcCalls.fileActionsAddDup2(actions, their, index));
      }
    });
    succeeded('addchdir', libcCalls.fileActionsAddChdir(actions, plan.cwd ?? '/'));
    const env = Object.entries({ PATH: systemPath.join(':'), ...plan.env }).map(([name, value]) => `${name}=${value}`);
    const pid = [0];
    succeeded(`start ${file}`, libcCalls.posixSpawn(pid, file, actions, attributes(), [...argv, null], [...env, null]));
    return new SpawnedProgram(pid[0] ?? 0, ours);
  } catch (error) {
    for (const fd of ours.values()) fs.closeSync(fd);
    throw error;
  } finally {
    for (const fd of theirs) fs.closeSync(fd);
    libcCalls.fileActionsDestroy(actions);
  }
}

/** The calls of posix_spawn(3) give their errno, and leave the thread's own alone. */
function succeeded(what: string, errno: number): void {
  if (errno !== 0) throw new SystemCallError(what, errno);
}

function located(file: string): string {
  if (file.includes('/')) return file;
  const directory = systemPath.find((each) => fs.existsSync(`${each}/${file}`));
  if (directory === undefined) throw new Error(`${file} is not installed: it is not in ${systemPath.join(', ')}`);
  return `${directory}/${file}`;
}

let knownAttributes: Buffer | null = null;

/** Every signal at its default, none blocked: Node ignores SIGPIPE, which a program must not inherit. */
function attributes(): Buffer {
  if (knownAttributes) return knownAttributes;
  const made = Buffer.alloc(structureBytes);
  succeeded('posix_spawnattr_init', libcCalls.spawnAttrInit(made));
  succeeded('setsigdefault', libcCalls.spawnAttrSetSigDefault(made, Buffer.alloc(signalSetBytes, 0xff)));
  succeeded('setsigmask', libcCalls.spawnAttrSetSigMask(made, Buffer.alloc(signalSetBytes)));
  succeeded('setflags', libcCalls.spawnAttrSetFlags(made, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  knownAttributes = made;
  return made;
}

/** Our end and the child's. The child's is above its first `descriptors`, which are put in their places one after the other. */
function socketPair(descriptors: number): [number, number] {
  const pair = Buffer.alloc(8);
  checked('socketpair', libcCalls.socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair));
  const [our, their] = [pair.readInt32LE(0), pair.readInt32LE(4)];
  if (their >= descriptors) return [our, their];
  try {
    return [our, copyAbove(their, descriptors)];
  } finally {
    fs.closeSync(their);
  }
}

/** Another descriptor for the same, above the child's first `descriptors`. */
function copyAbove(fd: number, descriptors: number): number {
  return checked('fcntl', libcCalls.fcntl(fd, F_DUPFD_CLOEXEC, descriptors));
}

class SpawnedProgram implements Program {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly #pipes: ReadonlyMap<number, net.Socket>;

  constructor(pid: number, ours: ReadonlyMap<number, number>) {
    this.pid = pid;
    this.exited = exitOf(pid);
    this.#pipes = new Map(Array.from(ours, ([index, fd]) => [index, new net.Socket({ fd })]));
  }

  pipe(index: number): net.Socket {
    const pipe = this.#pipes.get(index);
    if (!pipe) throw new Error(`descriptor ${index} of the program is no pipe`);
    return pipe;
  }
}

/** Who waits for which of our children. Those that Node started itself are Node's to wait for. */
const waiting = new Map<number, (exitCode: number) => void>();
let listens = false;

/** Before the first child: one that ends at once would be missed. */
function listen(): void {
  if (!listens) process.on('SIGCHLD', reap);
  listens = true;
}

function exitOf(pid: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  waiting.set(pid, resolve);
  return promise;
}

/** One SIGCHLD may stand for several children. */
function reap(): void {
  const status = Buffer.alloc(4);
  for (const [pid, ended] of waiting) {
    if (libcCalls.waitpid(pid, status, WNOHANG) !== pid) continue;
    waiting.delete(pid);
    ended(exitCodeOf(status.readInt32LE(0)));
  }
}

/** wait(2): the signal in the lowest 7 bits, the exit code in the 8 bits above. */
function exitCodeOf(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
