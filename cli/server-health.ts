// Asks a running server how it is, at the address that it listens on.

import http from 'node:http';
import * as z from 'zod';

/** The parts of the server's `Health` that concern an operator. */
const schema = z.object({
  status: z.enum(['ok', 'engine away', 'store full', 'labs fail']),
  sessions: z.int(),
  queued: z.int(),
  stored: z.int(),
  spareHosts: z.int(),
});

export type ServerHealth = z.output<typeof schema>;

/** On a machine that is busy a server answers late; one that hangs is told of as well after this. */
const timeoutMs = 10_000;
const maxBytes = 64 * 1024;

/** An address to connect to, for one that was listened on: all addresses are reached by the loopback one. */
function reachable(listen: string): string {
  if (listen === '0.0.0.0') return '127.0.0.1';
  return listen === '::' ? '::1' : listen;
}

/** Null where no server answers, or another program does. */
export function serverHealth(listen: string, port: number): Promise<ServerHealth | null> {
  return new Promise((resolve) => {
    // Whatever address it listens on, it knows itself by its loopback name.
    const options = {
      host: reachable(listen),
      port,
      path: '/healthz',
      headers: { host: `127.0.0.1:${port}` },
      timeout: timeoutMs,
    };
    const request = http.get(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > maxBytes) request.destroy();
      });
      response.on('error', () => resolve(null));
      response.on('close', () => resolve(null));
      response.on('end', () => {
        try {
          resolve(schema.parse(JSON.parse(body)));
        } catch {
          resolve(null);
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}
