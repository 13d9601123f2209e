// A listening Unix socket that outlives this process: a program that it has started holds it too, and the next process takes it from
// there. Its file is then the same, also where that is mounted, and who connects meanwhile waits.

import fs from 'node:fs';
import { callNumbers, checked, libcCalls } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
/** sun_path, with the NUL at its end. */
const maxPathBytes = 108;
/** How many may wait to be accepted: Node's own number. */
const backlog = 511;

function nameOf(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length >= maxPathBytes)
    throw new Error(`the path of a socket has at most ${maxPathBytes - 1} bytes: ${path}`);
  const name = Buffer.alloc(2 + bytes.length + 1); // struct sockaddr_un
  name.writeUInt16LE(AF_UNIX, 0);
  name.set(bytes, 2);
  return name;
}

export interface SocketOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * The descriptor of a socket that listens at `path`, in the place of one that is there; whoever calls owns it. Nobody else may be able
 * to change what stands there. Throws SystemCallError.
 */
export function listenAt(path: string, { uid, gid, mode }: SocketOwner): number {
  fs.rmSync(path, { force: true });
  const fd = checked('socket', libcCalls.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    const name = nameOf(path);
    checked(`bind ${path}`, libcCalls.bind(fd, name, name.length));
    checked('listen', libcCalls.listen(fd, backlog));
    fs.chmodSync(path, mode);
    fs.chownSync(path, uid, gid);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/**
 * The same socket as descriptor `number` of the process `pid`, where that listens at `path`; else null. The path is the one that it was
 * bound to.
 */
export function takeListener(pid: number, number: number, path: string): number | null {
  try {
    const process = checked('pidfd_open', libcCalls.pidfdOpen(callNumbers.pidfdOpen, pid, 0));
    try {
      const fd = checked('pidfd_getfd', libcCalls.pidfdGetfd(callNumbers.pidfdGetfd, process, number, 0));
      if (listensAt(fd, path)) return fd;
      fs.closeSync(fd);
    } finally {
      fs.closeSync(process);
    }
  } catch {
    // it has ended, or has no such descriptor
  }
  return null;
}

function listensAt(fd: number, path: string): boolean {
  const [name, length] = [Buffer.alloc(2 + maxPathBytes), Buffer.alloc(4)];
  length.writeUInt32LE(name.length);
  if (libcCalls.getsockname(fd, name, length) < 0) return false; // no socket
  const wanted = nameOf(path);
  return name.subarray(0, wanted.length).equals(wanted) && fs.existsSync(path);
}
