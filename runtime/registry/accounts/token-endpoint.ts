// `/token`: where clients get their bearer tokens. `GET` with a name and secret or without (distribution `docs/spec/auth/token.md`),
// and `POST` as in OAuth 2 (`docs/spec/auth/oauth.md`), by password or refresh token.

import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { maxTokenRequestBytes, registryClientIdleMs } from '../../limits.ts';
import { say } from '../http/exchange.ts';
import type { RegistryHandler } from '../http/serve.ts';
import { Refusal } from '../refusal.ts';
import { credentialsOf } from './basic.ts';
import { service } from './bearer.ts';
import type { EntranceOf } from './entrance.ts';
import type { HubAccounts } from './hub-accounts.ts';
import type { Person } from './rights.ts';
import { type Grant, parseScopes, textOf } from './scopes.ts';

export interface TokenService {
  readonly accounts: Pick<HubAccounts, 'bearer' | 'login' | 'rights'>;
  readonly entranceOf: EntranceOf;
  readonly log: Logger;
}

/** What a client asks for. */
interface Wish {
  readonly person: Person | null;
  readonly scopes: readonly string[];
  /** Whether it wants a refresh token too. */
  readonly offline: boolean;
  /** That it has shown, and goes on with. */
  readonly refreshToken: string | null;
}

/** RFC 6749 §5.2. */
class OAuthRefusal extends Refusal {
  readonly error: string;

  constructor(error: string, options: { readonly status: number; readonly message: string }) {
    super(options.status === 401 ? 'UNAUTHORIZED' : 'UNSUPPORTED', options);
    this.error = error;
  }
}

const noStore = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache' };

/** Answers requests whose path is `tokenPath`. Never throws. */
export function tokenHandler(given: TokenService): RegistryHandler {
  return async (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.setTimeout(registryClientIdleMs, () => request.socket.destroy());
    try {
      const wish = request.method === 'POST' ? await wishOfForm(given, request) : await wishOfQuery(given, request);
      say({ request, response }, 200, noStore, JSON.stringify(await answer(given, wish, request.method === 'POST')));
    } catch (error) {
      const refusal = refusalOf(error, given.log);
      const { code, message, status, headers } = refusal;
      const oauth = refusal instanceof OAuthRefusal ? { error: refusal.error, error_description: message } : {};
      const basic = status === 401 ? { 'WWW-Authenticate': `Basic realm="${service}"` } : {};
      // What was not read of a body would be taken for the next request.
      const rest = request.complete ? {} : { Connection: 'close' };
      const body = `${JSON.stringify({ ...oauth, errors: [{ code, message, detail: null }] })}\n`;
      say({ request, response }, status, { ...noStore, ...basic, ...rest, ...headers }, body);
    }
  };
}

async function answer(
  { accounts }: TokenService,
  { person, scopes, offline, refreshToken }: Wish,
  tellsScope: boolean,
) {
  const { rights, bearer } = accounts;
  const grants: readonly Grant[] = rights.cut(person, parseScopes(scopes));
  const { token, expiresInSeconds, issuedAt } = await bearer.issue(person, grants);
  const refresh = refreshToken ?? (person && offline ? await bearer.issueRefresh(person) : null);
  return {
    token,
    access_token: token,
    expires_in: expiresInSeconds,
    issued_at: issuedAt.toISOString(),
    ...(tellsScope && { token_type: 'Bearer', scope: grants.map(textOf).join(' ') }),
    ...(refresh !== null && { refresh_token: refresh }),
  };
}

/** Throws Refusal. */
async function wishOfQuery({ accounts, entranceOf }: TokenService, request: IncomingMessage): Promise<Wish> {
  if (request.method !== 'GET') throw new Refusal('UNSUPPORTED', { headers: { Allow: 'GET, POST' } });
  const { source, account = null } = entranceOf(request);
  const query = new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '');
  checkService(query);
  const credentials = credentialsOf(request);
  if (!credentials && request.headers.authorization !== undefined)
    throw new Refusal('UNAUTHORIZED', { message: 'the header Authorization is no name and password' });
  const person = credentials
    ? await accounts.login.enter(credentials.name, credentials.secret, source)
    : accounts.login.ofSession(account);
  const offline = query.get('offline_token') === 'true';
  return { person, scopes: query.getAll('scope'), offline, refreshToken: null };
}

/** A token is of no use at a registry that goes by another name. Throws Refusal: 400. */
function checkService(parameters: URLSearchParams): void {
  const asked = parameters.get('service') ?? '';
  if (asked !== '' && asked !== service)
    throw new OAuthRefusal('invalid_request', { status: 400, message: `tokens are given out for ${service} alone` });
}

/** Throws Refusal. */
async function wishOfForm({ accounts, entranceOf }: TokenService, request: IncomingMessage): Promise<Wish> {
  const { source } = entranceOf(request);
  const form = new URLSearchParams(await formOf(request));
  checkService(form);
  const scopes = form.getAll('scope');
  switch (form.get('grant_type')) {
    case 'password': {
      const offline = form.get('access_type') === 'offline';
      const person = await enter(accounts, form, source);
      return { person, scopes, offline, refreshToken: null };
    }
    case 'refresh_token': {
      const refreshToken = form.get('refresh_token') ?? '';
      const person = await accounts.bearer.verifyRefresh(refreshToken);
      if (!person || !accounts.login.isStill(person))
        throw new OAuthRefusal('invalid_grant', { status: 401, message: 'the login has ended; log in again' });
      return { person, scopes, offline: false, refreshToken };
    }
    default:
      throw new OAuthRefusal('unsupported_grant_type', {
        status: 400,
        message: 'the grant_type is neither password nor refresh_token',
      });
  }
}

async function enter({ login }: TokenService['accounts'], form: URLSearchParams, source: string): Promise<Person> {
  try {
    return await login.enter(form.get('username') ?? '', form.get('password') ?? '', source);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'UNAUTHORIZED') throw error;
    throw new OAuthRefusal('invalid_grant', { status: 401, message: error.message });
  }
}

/** Throws OAuthRefusal. */
async function formOf(request: IncomingMessage): Promise<string> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new OAuthRefusal('invalid_request', { status: 400, message: 'the body is no form' });
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += piece.length;
    if (bytes > maxTokenRequestBytes)
      throw new OAuthRefusal('invalid_request', { status: 413, message: 'the form is too large' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** One that is not foreseen is logged, without the request: its query and body may hold what is secret. */
function refusalOf(error: unknown, log: Logger): Refusal {
  if (error instanceof Refusal) return error;
  log.error({ err: error }, 'a request for a token failed');
  return new Refusal('UNKNOWN', { message: 'the hub failed to do this; its log says why', cause: error });
}
