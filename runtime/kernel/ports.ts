// Whether a port is free in the network namespace of a process: by trying to bind it.

import fs from 'node:fs';
import { checked, libcCalls, SystemCallError } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';

const AF_INET = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const sockets = { tcp: 1, udp: 2 } as const;
const on = Buffer.from(new Int32Array([1]).buffer);

/** Null where `port` of `address` (IPv4; 0.0.0.0 for any) is free, else why it is not, in the system's words. */
export function whyNotFree(pid: number, protocol: 'tcp' | 'udp', address: string, port: number): string | null {
  return insideNetworkOf(pid, () => {
    const fd = checked('socket', libcCalls.socket(AF_INET, sockets[protocol] | SOCK_CLOEXEC, 0));
    try {
      // As Docker's proxy does: connections that a server has left behind (TIME_WAIT) do not hold its port. With UDP it would
      // let two have one port.
      if (protocol === 'tcp') {
        checked('setsockopt', libcCalls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length));
      }
      const name = Buffer.alloc(16); // struct sockaddr_in
      name.writeUInt16LE(AF_INET, 0);
      name.writeUInt16BE(port, 2);
      name.set(address.split('.').map(Number), 4);
      checked('bind', libcCalls.bind(fd, name, name.length));
      return null;
    } catch (error) {
      const code = error instanceof SystemCallError ? error.code : '';
      return code === 'EADDRNOTAVAIL' ? 'cannot assign requested address' : 'address already in use';
    } finally {
      fs.closeSync(fd);
    }
  });
}
