// The part of the engine's own API that looks into a host's containers, volumes and images. See `client-inside.ts`.

import { z } from 'zod';
import { findInImage } from '../containers/find-in-image.ts';
import { lookInside } from '../containers/look-inside.ts';
import { tryConnection } from '../containers/try-connection.ts';
import type { Engine } from '../engine.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

/** Longer than any name of a container or a volume; neither is ever a path here. */
const name = z.string().min(1).max(255);
const lookSchema = z
  .strictObject({
    container: name.optional(),
    volume: name.optional(),
    image: name.optional(),
    path: z.string().max(4096),
  })
  .refine(
    ({ container, volume, image }) => [container, volume, image].filter((each) => each !== undefined).length === 1,
    'name one of container, volume and image',
  );
const textSchema = z.strictObject({ image: name, text: z.string().min(6).max(200) });
const baseSchema = z.strictObject({ image: name });
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
      const { container, volume, image, path } = await exchange.body(lookSchema);
      const place = {
        path,
        ...(container !== undefined && { container }),
        ...(volume !== undefined && { volume }),
        ...(image !== undefined && { image }),
      };
      const { bytes, ...entry } = await lookInside(running(exchange), place);
      exchange.answer(200, { ...entry, base64: bytes === null ? null : Buffer.from(bytes).toString('base64') });
    },
    'POST /hosts/{host}/inside/search': async (exchange) => {
      const wish = await exchange.body(textSchema);
      exchange.answer(200, await findInImage(running(exchange), wish, exchange.signal));
    },
    'POST /hosts/{host}/inside/base': async (exchange) => {
      const { image } = await exchange.body(baseSchema);
      exchange.answer(200, { base: hostOf(exchange).images.builds.baseNamed(image) });
    },
    'POST /hosts/{host}/inside/connect': async (exchange) => {
      const wish = await exchange.body(connectionSchema);
      exchange.answer(200, await tryConnection(running(exchange), wish, exchange.signal));
    },
  };
}
