// The part of the engine's own API about the hub: what is in it, its collection, its people. Who pushes and pulls does so elsewhere.

import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { hubContents } from '../hub/contents.ts';
import { lookAtNamespace, lookAtRepository } from '../hub/look.ts';
import { Asker } from '../hub/pages/asker.ts';
import { hubReport } from '../hub/report.ts';
import { maxContentsWaitMs } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { hubActivityRoutes } from './hub-activity.ts';
import { askerSchema, hubPagesRoutes } from './hub-pages.ts';
import { hubPeopleRoutes } from './hub-people.ts';
import { hubWebhookRoutes } from './hub-webhooks.ts';
import { flag } from './query.ts';
import type { Routes } from './router.ts';

const contentsSchema = z.strictObject({
  repository: z.string().max(1000),
  reference: z.string().max(1000),
  asker: askerSchema.optional(),
  waitMs: z.number().int().min(0).max(maxContentsWaitMs).optional(),
});
const name = z.string().max(400);
const lookSchema = z.union([z.strictObject({ repository: name }), z.strictObject({ namespace: name })]);
const sessionSchema = z.strictObject({ name: z.string().max(100).optional() });

async function session(exchange: Exchange<Engine>): Promise<void> {
  const { accounts } = exchange.subject.hub;
  const { name } = await exchange.body(sessionSchema);
  exchange.answer(201, await accounts.change(() => accounts.sessions.ensure(name ?? accounts.sessions.freeName())));
}

const labAccountOf =
  (hosts: Engine['hosts']) =>
  (host: string): string | null =>
    hosts.get(host)?.record.hubAccount?.name ?? null;

export const hubRoutes: Routes<Engine> = {
  ...hubPeopleRoutes<Engine>(({ hub }) => hub.accounts),
  ...hubPagesRoutes<Engine>(({ hub, hosts }) => ({ shelf: hub.pages, labAccountOf: labAccountOf(hosts) })),
  ...hubWebhookRoutes<Engine>(({ hub }) => ({ webhooks: hub.webhooks, database: hub.registry.database })),
  ...hubActivityRoutes<Engine>(({ hub }) => hub),
  'GET /hub': async (exchange) => exchange.answer(200, await hubReport(exchange.subject.hub)),
  'POST /hub/look': async (exchange) => {
    const wanted = await exchange.body(lookSchema);
    const { hub } = exchange.subject;
    exchange.answer(
      200,
      'repository' in wanted ? lookAtRepository(hub, wanted.repository) : lookAtNamespace(hub, wanted.namespace),
    );
  },
  'POST /hub/collect': async (exchange) => {
    const { registry } = exchange.subject.hub;
    exchange.answer(200, await (flag(exchange.query, 'now') ? registry.collect(0) : registry.collect()));
  },
  'POST /hub/check': (exchange) => {
    const findings = exchange.subject.hub.check();
    exchange.answer(200, { ok: findings.length === 0, findings });
  },
  'POST /hub/contents': async (exchange) => {
    const { asker, waitMs = 0, repository, reference } = await exchange.body(contentsSchema);
    const { hub, hosts } = exchange.subject;
    if (asker) new Asker(hub.accounts, asker, labAccountOf(hosts)).mustSee(repository);
    const late = AbortSignal.timeout(waitMs);
    const patience = waitMs > 0 ? AbortSignal.any([late, exchange.signal]) : AbortSignal.abort();
    exchange.answer(200, await hubContents(hub, { repository, reference }, patience));
  },
  'POST /hub/sessions': session,
};
