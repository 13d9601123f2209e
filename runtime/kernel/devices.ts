// Device nodes. None of the machine's is handed to a host: what is handed on can change its owner and mode, as root in a
// container may and as crun does to the stdio of what it starts.

import fs from 'node:fs';
import { checked, libcCalls } from './libc.ts';
import { bindMount, makeReadOnly, mountTmpfs } from './mounts.ts';

interface Node {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
}

/** The devices that a container needs (runtime-spec config-linux.md, "Default Devices"), and what names them in the kernel. */
const nodes: readonly Node[] = [
  { name: 'null', major: 1, minor: 3 },
  { name: 'zero', major: 1, minor: 5 },
  { name: 'full', major: 1, minor: 7 },
  { name: 'random', major: 1, minor: 8 },
  { name: 'urandom', major: 1, minor: 9 },
  { name: 'tty', major: 5, minor: 0 },
];

/** The links beside them. */
const links: readonly (readonly [name: string, target: string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
  ['core', '/proc/kcore'],
  ['ptmx', 'pts/ptmx'],
];

const S_IFCHR = 0o020000;
const anyone = 0o666;

/** Makes the nodes in `directory`, with the mode that they are to have whatever the umask is. */
function makeNodes(directory: string, owner: number): void {
  const umask = process.umask(0);
  try {
    for (const { name, major, minor } of nodes) {
      const file = `${directory}/${name}`;
      checked(`make device ${name}`, libcCalls.mknod(file, S_IFCHR | anyone, (major << 8) | minor));
      if (owner !== 0) fs.lchownSync(file, owner, owner);
    }
  } finally {
    process.umask(umask);
  }
}

/**
 * Mounts a directory of device nodes on `directory` that nobody can change: neither their owner and mode nor their times, also
 * not through an open descriptor. For programs that work for a host from outside: see `showNodes`. Idempotent.
 */
export function mountNodes(directory: string): void {
  if (fs.existsSync(`${directory}/${nodes.at(-1)?.name}`)) return; // of an engine before this one, in the same mount namespace
  mountTmpfs(directory, 'mode=755,size=4k,nr_inodes=16');
  makeNodes(directory, 0);
  makeReadOnly(directory);
}

/**
 * Shows the nodes of `mountNodes` as /dev, in place of the machine's. Only inside `insideNewMountNamespace`: conmon takes its
 * stdio from there, and an OCI runtime what it masks paths with.
 */
export function showNodes(directory: string): void {
  bindMount(directory, '/dev');
}

/**
 * Mounts a whole /dev of one container's own on `directory`, for an OCI runtime to bind: it makes none itself then. `owner` is
 * the machine's number of the container's root, who may do there what Docker lets them do.
 */
export function mountOwnDevices(directory: string, owner: number, terminal: boolean): void {
  mountTmpfs(directory, `mode=755,size=65536k,uid=${owner},gid=${owner}`);
  makeNodes(directory, owner);
  for (const [name, target] of links) {
    fs.symlinkSync(target, `${directory}/${name}`);
    fs.lchownSync(`${directory}/${name}`, owner, owner);
  }
  if (!terminal) return;
  // The OCI runtime binds the terminal on it.
  fs.writeFileSync(`${directory}/console`, '', { mode: 0o620 });
  fs.lchownSync(`${directory}/console`, owner, owner);
}

/**
 * Gives the machine's own nodes back to its root, with the mode that they have on every Linux, where an engine before this one
 * let a host take them. Tells which.
 */
export function restoreMachineNodes(): string[] {
  return nodes.flatMap(({ name }) => {
    const file = `/dev/${name}`;
    const found = fs.lstatSync(file, { throwIfNoEntry: false });
    if (!found?.isCharacterDevice()) return [];
    // The group of /dev/tty is the distribution's choice; who was given a node owns it.
    const isTaken = found.uid !== 0;
    const isChanged = (found.mode & 0o7777) !== anyone;
    if (isTaken) fs.chownSync(file, 0, 0);
    if (isChanged) fs.chmodSync(file, anyone);
    return isTaken || isChanged ? [file] : [];
  });
}
