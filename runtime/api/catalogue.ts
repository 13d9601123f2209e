// The part of the engine's own API about the catalogue. What is in it, `GET /status` tells.

import { z } from 'zod';
import type { Engine } from '../engine.ts';
import type { Routes } from './router.ts';

const buildSchema = z.strictObject({
  names: z.array(z.string().max(300)).max(200),
  again: z.boolean().default(false),
});

export const catalogueRoutes: Routes<Engine> = {
  'POST /catalogue/reload': async (exchange) => {
    await exchange.subject.catalogue.reload();
    exchange.end(204);
  },
  'POST /catalogue/build': async (exchange) => {
    const { names, again } = await exchange.body(buildSchema);
    const { catalogue } = exchange.subject;
    await catalogue.reload();
    exchange.answer(202, catalogue.build(names, again));
  },
};
