// Connecting to conmon's attach socket, a Unix socket of packets, as a Node stream with its back pressure.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { checked, libcCalls } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOCK_SEQPACKET_CLOEXEC = 5 | 0o2000000;
const F_SETFL = 4;
const { O_RDWR, O_NONBLOCK, O_DIRECTORY } = fs.constants;
const O_CLOEXEC = 0o2000000;

/** Each 'data' event is one packet; each write is one packet as long as the writer waits for its callback. */
export function connectSeqpacket(socketPath: string): net.Socket {
  // A socket's address has 108 bytes at most; through a descriptor of its directory it always fits.
  const directory = fs.openSync(path.dirname(socketPath), O_DIRECTORY);
  const packets = checked('seqpacket socket', libcCalls.socket(AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0));
  try {
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    const length = 2 + address.write(`/proc/self/fd/${directory}/${path.basename(socketPath)}`, 2) + 1;
    checked(`connect to ${socketPath}`, libcCalls.connect(packets, address, length));
    return streamOf(packets);
  } finally {
    fs.closeSync(packets);
    fs.closeSync(directory);
  }
}

/**
 * A stream on a duplicate of `packets`, a connected socket. net.Socket takes no descriptor of a socket of packets, though it would read and write one as
 * any other: one read is one packet. So it is given a stream socket, connected to nothing, and under the same number `packets`
 * takes that one's place, before the event loop looks at it.
 */
export function streamOf(packets: number): net.Socket {
  const fd = checked('stream socket', libcCalls.socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
  const stream = new net.Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  try {
    checked('make seqpacket socket non-blocking', libcCalls.fcntl(packets, F_SETFL, O_RDWR | O_NONBLOCK));
    checked('put seqpacket socket in place', libcCalls.dup3(packets, fd, O_CLOEXEC));
    return stream;
  } catch (error) {
    stream.destroy();
    throw error;
  }
}
