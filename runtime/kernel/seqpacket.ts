// Connecting to conmon's attach socket, a Unix socket of packets, as a Node stream with its back pressure.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { checked, libcCalls } from './libc.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET_CLOEXEC = 5 | 0o2000000;

interface PipeHandle {
  open(fd: number): void;
}
interface PipeBinding {
  readonly Pipe: new (type: number) => PipeHandle;
  readonly constants: { readonly SOCKET: number };
}
// net.Socket refuses a descriptor of this kind, though libuv reads and writes it as any stream: one read is one packet.
const binding = (process as unknown as { binding(name: 'pipe_wrap'): PipeBinding }).binding('pipe_wrap');

/** Each 'data' event is one packet; each write is one packet as long as the writer waits for its callback. */
export function connectSeqpacket(socketPath: string): net.Socket {
  // A socket's address has 108 bytes at most; through a descriptor of its directory it always fits.
  const directory = fs.openSync(path.dirname(socketPath), fs.constants.O_DIRECTORY);
  try {
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    const length = 2 + address.write(`/proc/self/fd/${directory}/${path.basename(socketPath)}`, 2) + 1;
    const fd = checked('seqpacket socket', libcCalls.socket(AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0));
    try {
      checked(`connect to ${socketPath}`, libcCalls.connect(fd, address, length));
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    const handle = new binding.Pipe(binding.constants.SOCKET);
    handle.open(fd);
    const options = { handle, readable: true, writable: true, allowHalfOpen: true };
    return new net.Socket(options as unknown as net.SocketConstructorOpts);
  } finally {
    fs.closeSync(directory);
  }
}
