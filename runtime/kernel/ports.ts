// Whether a port is free in the network namespace of a process: by trying to bind it.

import fs from 'node:fs';
import { checked, libcCalls } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';

const AF_INET = 2;
const SOCK_CLOEXEC = 0o2000000;
const sockets = { tcp: 1, udp: 2 } as const;

export function portIsFree(pid: number, protocol: 'tcp' | 'udp', port: number): boolean {
  return insideNetworkOf(pid, () => {
    const fd = checked('socket', libcCalls.socket(AF_INET, sockets[protocol] | SOCK_CLOEXEC, 0));
    try {
      const address = Buffer.alloc(16); // struct sockaddr_in, any address
      address.writeUInt16LE(AF_INET, 0);
      address.writeUInt16BE(port, 2);
      return libcCalls.bind(fd, address, address.length) === 0;
    } finally {
      fs.closeSync(fd);
    }
  });
}
