// The part of the engine's own API about the hub: what is in it, its collection, its accounts. Who pushes and pulls does so elsewhere.

import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { hubReport } from '../hub/report.ts';
import { tokenScopes } from '../registry/accounts/access-tokens.ts';
import { createAccount } from '../registry/accounts/people.ts';
import type { Exchange } from './exchange.ts';
import { flag } from './query.ts';
import type { Routes } from './router.ts';

const name = z.string().min(1).max(100);
const accountSchema = z.strictObject({ name, password: z.string().max(1000) });
const sessionSchema = z.strictObject({ name: name.optional() });
const tokenSchema = z.strictObject({
  name,
  scope: z.enum(tokenScopes),
  days: z.number().int().min(1).max(3650).nullable(),
});
const dayMs = 24 * 3600 * 1000;

async function session(exchange: Exchange<Engine>): Promise<void> {
  const { accounts } = exchange.subject.hub;
  const { name } = await exchange.body(sessionSchema);
  exchange.answer(201, await accounts.change(() => accounts.sessions.ensure(name ?? accounts.sessions.freeName())));
}

async function create(exchange: Exchange<Engine>): Promise<void> {
  await createAccount(exchange.subject.hub.accounts, await exchange.body(accountSchema));
  exchange.end(204);
}

async function remove(exchange: Exchange<Engine>): Promise<void> {
  const { accounts } = exchange.subject.hub;
  await accounts.change(() => accounts.removeAccount(exchange.param('account')));
  exchange.end(204);
}

async function token(exchange: Exchange<Engine>): Promise<void> {
  const { accounts } = exchange.subject.hub;
  const { days, ...wish } = await exchange.body(tokenSchema);
  const expires = days === null ? null : Date.now() + days * dayMs;
  const { secret } = await accounts.change(() =>
    accounts.tokens.add(accounts.accounts.need(exchange.param('account')), { ...wish, expires }),
  );
  exchange.answer(201, { secret });
}

export const hubRoutes: Routes<Engine> = {
  'GET /hub': async (exchange) => exchange.answer(200, await hubReport(exchange.subject.hub)),
  'POST /hub/collect': async (exchange) => {
    const { registry } = exchange.subject.hub;
    exchange.answer(200, await (flag(exchange.query, 'now') ? registry.collect(0) : registry.collect()));
  },
  'POST /hub/sessions': session,
  'POST /hub/accounts': create,
  'DELETE /hub/accounts/{account}': remove,
  'POST /hub/accounts/{account}/tokens': token,
};
