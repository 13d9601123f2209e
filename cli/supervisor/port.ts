// Whether the server's port is free, and if not, who has it.

import net from 'node:net';
import { tryProgram } from '../run-program.ts';

/** Null where it can be listened on, else why not, in words. */
export async function whyTaken(address: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  const probe = net.createServer();
  probe.once('error', resolve);
  probe.listen({ port, host: address, exclusive: true }, () => probe.close(() => resolve(null)));
  const error = await promise;
  if (!error) return null;
  if (error.code === 'EADDRNOTAVAIL') return `this machine has no address ${address}`;
  if (error.code !== 'EADDRINUSE') return error.message;
  const { stdout } = await tryProgram('ss', ['-Hltnp', `sport = :${port}`]);
  const user = /\(\("([^"]+)",pid=(\d+)/.exec(stdout);
  return user ? `${user[1]} (process ${user[2]}) listens there` : 'another program listens there';
}
