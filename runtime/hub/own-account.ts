// What somebody in a host says about their own account, by HTTP: who may see a repository, access tokens, a limit of pulls to try out. No
// standard has a word on any of it; the paths are those of the hub's pages. Whoever shows no credentials is their lab, and an access
// token may not make others.

import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxTokenRequestBytes, registryClientIdleMs } from '../limits.ts';
import { tokenScopes } from '../registry/accounts/access-tokens.ts';
import type { Account } from '../registry/accounts/accounts.ts';
import { credentialsOf } from '../registry/accounts/basic.ts';
import type { EntranceOf } from '../registry/accounts/entrance.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import { parsePullLimit } from '../registry/accounts/pull-limits.ts';
import type { Person } from '../registry/accounts/rights.ts';
import { refuse, say } from '../registry/http/exchange.ts';
import type { RegistryHandler } from '../registry/http/serve.ts';
import { checkRepository, namespaceOf } from '../registry/names.ts';
import { Refusal } from '../registry/refusal.ts';

export const ownAccountPath = '/api/hub/';

export interface OwnAccountService {
  readonly accounts: HubAccounts;
  readonly entranceOf: EntranceOf;
  readonly log: Logger;
}

interface Ask {
  readonly hub: HubAccounts;
  readonly account: Account;
  readonly query: URLSearchParams;
  /** Throws Refusal. */
  body<T>(schema: z.ZodType<T>): Promise<T>;
}

interface Answer {
  readonly status: number;
  readonly value?: unknown;
}

const repositorySchema = z.strictObject({
  repository: z.string().max(1000),
  visibility: z.enum(['public', 'private']).nullable(),
});
const tokenSchema = z.strictObject({ name: z.string().max(1000), scope: z.enum(tokenScopes) });
const limitSchema = z.strictObject({ limit: z.string().max(100) });

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const routes: Readonly<Record<string, (ask: Ask) => Promise<Answer> | Answer>> = {
  'PUT repository': async ({ hub, account, body }) => {
    const { repository, visibility } = await body(repositorySchema);
    const namespace = namespaceOf(checkRepository(repository));
    if (namespace === repository || hub.namespaces.role(namespace, account.id) !== 'owner')
      throw new Refusal('DENIED', { message: `${repository} is not in a namespace of ${account.name}` });
    await hub.change(() => hub.setVisibility(repository, visibility));
    return { status: 200, value: { repository, visibility } };
  },
  'GET tokens': ({ hub, account }) => ({
    status: 200,
    value: hub.tokens.list(account).map(({ id, name, scope, created, used }) => ({
      ...{ id, name, scope, createdAt: time(created), usedAt: time(used) },
    })),
  }),
  'POST tokens': async ({ hub, account, body }) => {
    const wish = await body(tokenSchema);
    const { id, name, scope, secret } = await hub.change(() => hub.tokens.add(account, { ...wish, expires: null }));
    return { status: 201, value: { id, name, scope, secret } };
  },
  'DELETE tokens': async ({ hub, account, query }) => {
    await hub.change(() => hub.tokens.revoke(account, query.get('id') ?? ''));
    return { status: 204 };
  },
  'PUT pull-limit': async ({ hub, account, body }) => {
    const { limit } = await body(limitSchema);
    const endsInSeconds = hub.pulls.practise(account.id, parsePullLimit(limit));
    return { status: 200, value: { limit, endsInSeconds } };
  },
};

/** Answers requests below `ownAccountPath`. Never throws. */
export function ownAccountHandler({ accounts: hub, entranceOf, log }: OwnAccountService): RegistryHandler {
  return async (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.setTimeout(registryClientIdleMs, () => request.socket.destroy());
    try {
      const [path = '', query = ''] = (request.url ?? '').split('?', 2);
      const route = routes[`${request.method} ${path.slice(ownAccountPath.length)}`];
      if (!route) throw new Refusal('UNSUPPORTED', { status: 404, message: 'the hub has no such thing' });
      const account = await accountOf(hub, request, entranceOf);
      const body = <T>(schema: z.ZodType<T>): Promise<T> => bodyOf(request, schema);
      const { status, value } = await route({ hub, account, query: new URLSearchParams(query), body });
      const text = value === undefined ? '' : `${JSON.stringify(value)}\n`;
      say({ request, response }, status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, text);
    } catch (error) {
      await refuse({ request, response }, refusalOf(error, log));
    }
  };
}

async function accountOf(hub: HubAccounts, request: IncomingMessage, entranceOf: EntranceOf): Promise<Account> {
  const { source, account = null } = entranceOf(request);
  const shown = credentialsOf(request);
  const person: Person | null = shown
    ? await hub.login.enter(shown.name, shown.secret, source)
    : request.headers.authorization === undefined
      ? hub.login.ofSession(account)
      : null;
  if (!person) throw new Refusal('UNAUTHORIZED', { headers: { 'WWW-Authenticate': 'Basic realm="hub.drydock"' } });
  if (person.token) throw new Refusal('DENIED', { message: 'an access token is for pull and push alone' });
  return hub.accounts.need(person.name);
}

async function bodyOf<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += piece.length;
    if (bytes > maxTokenRequestBytes) throw invalid('the body is too large');
    pieces.push(piece);
  }
  const document = documentIn(Buffer.concat(pieces).toString('utf8'));
  const read = schema.safeParse(document);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(`${[...(issue?.path ?? []), ''].join(': ')}${issue?.message ?? 'invalid'}`);
}

/** JSON, or what `curl -d visibility=private` sends. Throws Refusal. */
function documentIn(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('the body is no JSON: look at its quotes');
  }
}

const invalid = (message: string): Refusal => new Refusal('UNSUPPORTED', { status: 400, message });

/** One that is not foreseen is logged, without the request: it may hold what is secret. */
function refusalOf(error: unknown, log: Logger): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof EngineError) {
    if (error.kind === 'notFound') return new Refusal('UNSUPPORTED', { status: 404, message: error.message });
    if (error.kind === 'invalid') return invalid(error.message);
    if (error.kind === 'exhausted') return new Refusal('DENIED', { message: error.message });
  }
  log.error({ err: error }, 'a request about an account of the hub failed');
  return new Refusal('UNKNOWN', { message: 'the hub failed to do this; its log says why', cause: error });
}
