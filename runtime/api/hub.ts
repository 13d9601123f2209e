// The part of the engine's own API about the hub: what is in it, its collection, its people. Who pushes and pulls does so elsewhere.

import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { hubReport } from '../hub/report.ts';
import type { Exchange } from './exchange.ts';
import { hubPagesRoutes } from './hub-pages.ts';
import { hubPeopleRoutes } from './hub-people.ts';
import { flag } from './query.ts';
import type { Routes } from './router.ts';

const sessionSchema = z.strictObject({ name: z.string().max(100).optional() });

async function session(exchange: Exchange<Engine>): Promise<void> {
  const { accounts } = exchange.subject.hub;
  const { name } = await exchange.body(sessionSchema);
  exchange.answer(201, await accounts.change(() => accounts.sessions.ensure(name ?? accounts.sessions.freeName())));
}

export const hubRoutes: Routes<Engine> = {
  ...hubPeopleRoutes<Engine>(({ hub }) => hub.accounts),
  ...hubPagesRoutes<Engine>(({ hub, hosts }) => ({
    shelf: hub.pages,
    labAccountOf: (host) => hosts.get(host)?.record.hubAccount?.name ?? null,
  })),
  'GET /hub': async (exchange) => exchange.answer(200, await hubReport(exchange.subject.hub)),
  'POST /hub/collect': async (exchange) => {
    const { registry } = exchange.subject.hub;
    exchange.answer(200, await (flag(exchange.query, 'now') ? registry.collect(0) : registry.collect()));
  },
  'POST /hub/check': (exchange) => {
    const findings = exchange.subject.hub.check();
    exchange.answer(200, { ok: findings.length === 0, findings });
  },
  'POST /hub/sessions': session,
};
