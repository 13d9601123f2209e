// The part of the engine's own API that reaches into a host: its files, and the ports that answer inside it.

import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { fileThread } from '../files/thread.ts';
import { watchHome } from '../files/watch.ts';
import { dial } from '../hosts/dial.ts';
import type { Host } from '../hosts/host.ts';
import { maxFileBytes } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { hijack } from './hijack.ts';
import { integer } from './query.ts';
import type { Routes } from './router.ts';

/** Longer than any path in Linux. `files/path.ts` checks paths. */
const path = z.string().max(5000);
const pathSchema = z.strictObject({ path });
const renameSchema = z.strictObject({ path, to: path });
const writeSchema = z.strictObject({
  path,
  base64: z.base64(),
  expected: z.string().max(100).optional(),
  executable: z.boolean().optional(),
  piece: z
    .strictObject({ draft: z.string().regex(/^[0-9a-f]{16}$/), offset: z.int().nonnegative(), last: z.boolean() })
    .optional(),
});
/** A file in base64, and a path. */
const maxWriteBodyBytes = Math.ceil(maxFileBytes / 3) * 4 + 64 * 1024;

type HostOf = (exchange: Exchange<Engine>) => Host;

/** `hostOf` finds the host that a request names. */
export function hostFileRoutes(hostOf: HostOf): Routes<Engine> {
  return {
    'POST /hosts/{host}/files/list': async (exchange) => {
      const { path: folder } = await exchange.body(pathSchema);
      exchange.answer(200, await fileThread.do(hostOf(exchange), { kind: 'list', path: folder }));
    },
    'POST /hosts/{host}/files/read': async (exchange) => {
      const { path: file } = await exchange.body(pathSchema);
      const { bytes, version } = await fileThread.do(hostOf(exchange), { kind: 'read', path: file });
      exchange.answer(200, { base64: Buffer.from(bytes).toString('base64'), version });
    },
    'POST /hosts/{host}/files/write': async (exchange) => {
      const { path: file, base64, expected, executable, piece } = await exchange.body(writeSchema, maxWriteBodyBytes);
      const options = {
        ...(expected !== undefined && { expected }),
        ...(executable !== undefined && { executable }),
        ...(piece !== undefined && { piece }),
      };
      const bytes = Buffer.from(base64, 'base64');
      exchange.answer(200, await fileThread.do(hostOf(exchange), { kind: 'write', path: file, bytes, options }));
    },
    'POST /hosts/{host}/files/make': async (exchange) => {
      const { path: folder } = await exchange.body(pathSchema);
      await fileThread.do(hostOf(exchange), { kind: 'make', path: folder });
      exchange.end(204);
    },
    'POST /hosts/{host}/files/remove': async (exchange) => {
      const { path: entry } = await exchange.body(pathSchema);
      await fileThread.do(hostOf(exchange), { kind: 'remove', path: entry });
      exchange.end(204);
    },
    'POST /hosts/{host}/files/rename': async (exchange) => {
      const { path: from, to } = await exchange.body(renameSchema);
      await fileThread.do(hostOf(exchange), { kind: 'rename', path: from, to });
      exchange.end(204);
    },
    'GET /hosts/{host}/files/watch': async (exchange) => {
      const changes = await watchHome(hostOf(exchange), exchange.signal);
      exchange.beginAnswer('text/plain');
      for await (const _ of changes) await exchange.write('\n');
      exchange.response.end();
    },
    'GET /hosts/{host}/dial': {
      async takesOver(exchange) {
        const inside = await dial(hostOf(exchange), integer(exchange.query, 'port') ?? 0, exchange.signal);
        const socket = hijack(exchange, 'application/octet-stream');
        // `pipe` passes on each side's end, and waits for the slower side.
        inside.pipe(socket).pipe(inside);
        inside.once('error', () => socket.destroy());
        inside.once('close', () => socket.end());
        socket.once('close', () => inside.destroy());
      },
    },
  };
}
