// The part of the engine's own API that looks into a host's containers and volumes. See `client-inside.ts`.

import { z } from 'zod';
import { lookInside } from '../containers/look-inside.ts';
import { tryConnection } from '../containers/try-connection.ts';
import type { Engine } from '../engine.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

/** Longer than any name of a container or a volume; neither is ever a path here. */
const name = z.string().min(1).max(255);
const lookSchema = z
  .strictObject({ container: name.optional(), volume: name.optional(), path: z.string().max(4096) })
  .refine(({ container, volume }) => (container === undefined) !== (volume === undefined), 'name one of the two');
const connectionSchema = z.strictObject({ from: name, to: name, port: z.int().min(1).max(65_535) });

/** `hostOf` finds the host that a request names. */
export function hostInsideRoutes(hostOf: (exchange: Exchange<Engine>) => Host): Routes<Engine> {
  const running = (exchange: Exchange<Engine>): Host => {
    const host = hostOf(exchange);
    host.needRunning();
    return host;
  };
  return {
    'POST /hosts/{host}/inside/look': async (exchange) => {
      const { container, volume, path } = await exchange.body(lookSchema);
      const place = { path, ...(container !== undefined && { container }), ...(volume !== undefined && { volume }) };
      const { bytes, ...entry } = await lookInside(running(exchange), place);
      exchange.answer(200, { ...entry, base64: bytes === null ? null : Buffer.from(bytes).toString('base64') });
    },
    'POST /hosts/{host}/inside/connect': async (exchange) => {
      const wish = await exchange.body(connectionSchema);
      exchange.answer(200, await tryConnection(running(exchange), wish, exchange.signal));
    },
  };
}
