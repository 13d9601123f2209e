// Sockets that are bound in another process's network namespace and belong to this process.

import fs from 'node:fs';
import { checked, libcCalls } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';

const AF_INET = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
/** How many may wait to be accepted: Node's own number. */
const backlog = 511;
const types = { tcp: 1, udp: 2 } as const;

const int = (value: number): Buffer => Buffer.from(new Int32Array([value]).buffer);

/**
 * The descriptors of sockets bound to `port` of the IPv4 `address` (port 0: any), in the network namespace of `pid`, one for each of
 * `protocols`; whoever calls owns them. A UDP socket holds at most about `receiveBytes` that were not read. Throws SystemCallError.
 */
export function bindInside(
  pid: number,
  protocols: readonly (keyof typeof types)[],
  address: string,
  port: number,
  receiveBytes: number,
): number[] {
  const name = Buffer.alloc(16); // struct sockaddr_in
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set(address.split('.').map(Number), 4);
  return insideNetworkOf(pid, () => {
    const descriptors: number[] = [];
    try {
      for (const protocol of protocols) {
        const fd = checked('socket', libcCalls.socket(AF_INET, types[protocol] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        descriptors.push(fd);
        const [option, value] = protocol === 'tcp' ? [SO_REUSEADDR, int(1)] : [SO_RCVBUF, int(receiveBytes / 2)];
        checked('setsockopt', libcCalls.setsockopt(fd, SOL_SOCKET, option, value, value.length));
        checked(`bind ${protocol} ${address}:${port}`, libcCalls.bind(fd, name, name.length));
      }
      return descriptors;
    } catch (error) {
      for (const fd of descriptors) fs.closeSync(fd);
      throw error;
    }
  });
}

/** The descriptor of a TCP socket that listens there from now on: who connects waits until somebody accepts. As `bindInside`. */
export function listenInside(pid: number, address: string, port: number): number {
  const [fd = -1] = bindInside(pid, ['tcp'], address, port, 0);
  try {
    checked(`listen ${address}:${port}`, libcCalls.listen(fd, backlog));
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}
