// A name that one process of the machine has at a time: that of an abstract Unix socket, which goes with its process.

import net from 'node:net';

export interface Claim {
  readonly release: () => Promise<void>;
}

/** Null where another has it. */
export async function claim(name: string): Promise<Claim | null> {
  const server = net.createServer();
  const isMine = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(`\0${name}`, () => resolve(true));
  });
  if (!isMine) return null;
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}
