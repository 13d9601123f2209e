// The part of the engine's own API about the people of the hub. The shapes are those of `client-hub-people.ts`.

import { z } from 'zod';
import type { HubAccount, HubAccountDetails, HubNamespace } from '../client-hub-people.ts';
import { EngineError, type ErrorKind } from '../errors.ts';
import { stampOf } from '../hub/pages/asker.ts';
import { tokenInfo } from '../hub/pages/changes.ts';
import { maxPageEntries } from '../limits.ts';
import { tokenScopes } from '../registry/accounts/access-tokens.ts';
import type { Account } from '../registry/accounts/accounts.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import { changePassword, createAccount } from '../registry/accounts/people.ts';
import { parsePullLimit, pullLimitText } from '../registry/accounts/pull-limits.ts';
import type { Person } from '../registry/accounts/rights.ts';
import { checkRepository } from '../registry/names.ts';
import { Refusal, type RefusalCode } from '../registry/refusal.ts';
import type { Exchange } from './exchange.ts';
import { type Handler, type Routes, withEach } from './router.ts';

const text = z.string().max(1000);
const visibility = z.enum(['public', 'private']);
const accountSchema = z.strictObject({ name: text, password: text });
const passwordSchema = z.strictObject({ password: text });
const loginSchema = z.strictObject({ name: text, password: text, source: text });
const tokenSchema = z.strictObject({
  name: text,
  scope: z.enum(tokenScopes),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
});
const namespaceSchema = z.strictObject({ name: text, owner: text, visibility });
const visibilitySchema = z.strictObject({ visibility });
const ownVisibilitySchema = z.strictObject({ visibility: visibility.nullable() });
const memberSchema = z.strictObject({ access: z.enum(['read', 'write']).nullable() });
const rightsSchema = z.strictObject({ account: text.nullable(), repository: text });
const limitSchema = z.strictObject({ limit: text });
const limitsSchema = z.strictObject({ nobody: text, account: text });

const time = (ms: number): string => new Date(ms).toISOString();

const accountInfo = ({ name, kind, created }: Account): HubAccount => ({ name, kind, createdAt: time(created) });

function details(hub: HubAccounts, account: Account): HubAccountDetails {
  return { ...accountInfo(account), ...hub.namespaces.of(account) };
}

function personOf({ id, name, epoch }: Account): Person {
  return { account: id, name, epoch, token: null };
}

const kinds: Partial<Readonly<Record<RefusalCode, ErrorKind>>> = {
  UNAUTHORIZED: 'unauthorized',
  TOOMANYREQUESTS: 'exhausted',
  DENIED: 'exhausted',
  NAME_INVALID: 'invalid',
  NAME_UNKNOWN: 'notFound',
  MANIFEST_UNKNOWN: 'notFound',
};

/** What the registry refuses is told as the engine's errors are. */
export function asEngineError<Subject>(handler: Handler<Subject>): Handler<Subject> {
  return async (exchange) => {
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new EngineError(kinds[error.code] ?? 'internal', error.message, { cause: error });
    }
  };
}

export function hubPeopleRoutes<Subject>(hubOf: (subject: Subject) => HubAccounts): Routes<Subject> {
  type Ask = Exchange<Subject>;
  const hub = ({ subject }: Ask): HubAccounts => hubOf(subject);
  const account = (exchange: Ask): Account => hub(exchange).accounts.need(exchange.param('account'));
  const namespaceInfo = (exchange: Ask, name = exchange.param('namespace')): HubNamespace =>
    hub(exchange).namespaces.need(name);
  /** Does it in one transaction, and answers with `status` and what `answer` gives. */
  const change = async (exchange: Ask, work: () => void): Promise<void> => {
    await hub(exchange).change(work);
    exchange.end(204);
  };
  const changeNamespace = async (exchange: Ask, work: () => void): Promise<void> => {
    await hub(exchange).change(work);
    hub(exchange).registry.audit.touch(exchange.param('namespace'));
    exchange.answer(200, namespaceInfo(exchange));
  };
  const routes: Routes<Subject> = {
    'GET /hub/people/accounts': (exchange) =>
      exchange.answer(
        200,
        hub(exchange)
          .accounts.list(maxPageEntries, exchange.query.get('last') ?? '')
          .map(accountInfo),
      ),
    'POST /hub/people/accounts': async (exchange) => {
      const made = await createAccount(hub(exchange), await exchange.body(accountSchema));
      exchange.answer(201, details(hub(exchange), made));
    },
    'POST /hub/people/login': async (exchange) => {
      const { name, password, source } = await exchange.body(loginSchema);
      const { token } = await hub(exchange).login.enter(name, password, source);
      // It may less than the account, and whoever is signed in may all.
      if (token) throw new EngineError('unauthorized', 'an access token is for programs; sign in with the password');
      const account = hub(exchange).accounts.need(name);
      exchange.answer(200, { ...accountInfo(account), stamp: stampOf(account) });
    },
    'PUT /hub/people/accounts/{account}/password': async (exchange) => {
      const { password } = await exchange.body(passwordSchema);
      await changePassword(hub(exchange), exchange.param('account'), password);
      exchange.end(204);
    },
    'PUT /hub/people/accounts/{account}/pull-limit': async (exchange) => {
      const limit = parsePullLimit((await exchange.body(limitSchema)).limit);
      const { accounts } = hub(exchange);
      await change(exchange, () => accounts.setPulls(account(exchange), limit && pullLimitText(limit)));
    },
    'GET /hub/people/accounts/{account}/tokens': (exchange) =>
      exchange.answer(200, hub(exchange).tokens.list(account(exchange)).map(tokenInfo)),
    'POST /hub/people/accounts/{account}/tokens': async (exchange) => {
      const { expiresAt, ...wish } = await exchange.body(tokenSchema);
      const expires = expiresAt === null ? null : Date.parse(expiresAt);
      const { tokens } = hub(exchange);
      const made = await hub(exchange).change(() => tokens.add(account(exchange), { ...wish, expires }));
      exchange.answer(201, { ...tokenInfo(made), secret: made.secret });
    },
    'DELETE /hub/people/accounts/{account}/tokens/{token}': async (exchange) =>
      await change(exchange, () => hub(exchange).tokens.revoke(account(exchange), exchange.param('token'))),
    'GET /hub/people/accounts/{account}': (exchange) => exchange.answer(200, details(hub(exchange), account(exchange))),
    'DELETE /hub/people/accounts/{account}': async (exchange) =>
      await change(exchange, () => hub(exchange).removeAccount(exchange.param('account'))),
    'POST /hub/people/namespaces': async (exchange) => {
      const { name, owner, visibility } = await exchange.body(namespaceSchema);
      const { accounts, namespaces } = hub(exchange);
      await hub(exchange).change(() => namespaces.add(name, accounts.need(owner), visibility));
      exchange.answer(201, namespaceInfo(exchange, name));
    },
    'PUT /hub/people/namespaces/{namespace}/visibility': async (exchange) => {
      const { visibility } = await exchange.body(visibilitySchema);
      const { namespaces } = hub(exchange);
      await changeNamespace(exchange, () => namespaces.setVisibility(exchange.param('namespace'), visibility));
    },
    'PUT /hub/people/namespaces/{namespace}/members/{account}': async (exchange) => {
      const { access } = await exchange.body(memberSchema);
      const { namespaces } = hub(exchange);
      await changeNamespace(exchange, () =>
        namespaces.setMember(exchange.param('namespace'), account(exchange), access),
      );
    },
    'GET /hub/people/namespaces/{namespace}': (exchange) => exchange.answer(200, namespaceInfo(exchange)),
    'DELETE /hub/people/namespaces/{namespace}': async (exchange) => {
      const name = exchange.param('namespace');
      if (hub(exchange).accounts.find(name))
        throw new EngineError('conflict', `the namespace ${name} is that of an account, and goes with it`);
      await change(exchange, () => hub(exchange).removeNamespace(name));
    },
    'PUT /hub/people/repositories/{repository}/visibility': async (exchange) => {
      const { visibility } = await exchange.body(ownVisibilitySchema);
      const name = checkRepository(exchange.param('repository'));
      await change(exchange, () => hub(exchange).setVisibility(name, visibility));
    },
    'DELETE /hub/people/repositories/{repository}': async (exchange) => {
      const name = checkRepository(exchange.param('repository'));
      await change(exchange, () => hub(exchange).registry.removeRepository(name));
    },
    'POST /hub/people/rights': async (exchange) => {
      const { account: name, repository } = await exchange.body(rightsSchema);
      const { accounts, rights } = hub(exchange);
      const person = name === null ? null : personOf(accounts.need(name));
      const may = (action: 'pull' | 'push' | 'delete'): boolean => rights.allow(person, repository, [action]);
      exchange.answer(200, { pull: may('pull'), push: may('push'), delete: may('delete') });
    },
    'POST /hub/people/keys': async (exchange) => {
      await hub(exchange).keys.rotate();
      exchange.end(204);
    },
    'GET /hub/people/pull-limits': (exchange) => {
      const { nobody, account: each } = hub(exchange).pulls.limits;
      exchange.answer(200, {
        nobody: nobody ? pullLimitText(nobody) : '',
        account: each ? pullLimitText(each) : '',
      });
    },
    'PUT /hub/people/pull-limits': async (exchange) => {
      const { nobody, account: each } = await exchange.body(limitsSchema);
      hub(exchange).pulls.limits = { nobody: parsePullLimit(nobody), account: parsePullLimit(each) };
      exchange.end(204);
    },
  };
  return withEach(routes, asEngineError);
}
