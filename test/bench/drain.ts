// Reads an answer as fast as it comes, and drops it: a client that costs a server's measurement little.

import net from 'node:net';

const readBytes = 1024 * 1024;

/** Of `GET target`: resolves once `bytes` of a body have come. Throws where the answer is no 200. */
export function drain(url: string, target: string, bytes: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let head: Buffer | null = Buffer.alloc(0);
  let left = bytes;
  const take = (length: number, buffer: Uint8Array): boolean => {
    if (head === null) left -= length;
    else {
      head = Buffer.concat([head, buffer.subarray(0, length)]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!head.toString('latin1').startsWith('HTTP/1.1 200 ')) reject(new Error(head.toString('latin1', 0, end)));
      left -= head.length - end - 4;
      head = null;
    }
    if (left <= 0) {
      socket.destroy();
      resolve();
    }
    return true;
  };
  const socket = net.connect({
    host: hostname,
    port: Number(port),
    onread: { buffer: new Uint8Array(readBytes), callback: take },
  });
  socket.once('error', reject).once('close', () => reject(new Error('the answer broke off')));
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
  return promise;
}
