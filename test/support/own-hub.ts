// The hub with its accounts, served on a loopback port by the test's own process, with a clock that the test sets.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { EngineError } from '../../runtime/errors.ts';
import { Mirrors } from '../../runtime/hub/mirrors/mirrors.ts';
import type { Mirror } from '../../runtime/hub/mirrors/mirrors-file.ts';
import { entranceAmong, tokenPath } from '../../runtime/registry/accounts/entrance.ts';
import { accountsGate } from '../../runtime/registry/accounts/gate.ts';
import { HubAccounts } from '../../runtime/registry/accounts/hub-accounts.ts';
import type { PullLimits } from '../../runtime/registry/accounts/pull-limits.ts';
import { tokenHandler } from '../../runtime/registry/accounts/token-endpoint.ts';
import { registryHandler } from '../../runtime/registry/http/serve.ts';
import { defaultQuota } from '../../runtime/registry/quota.ts';
import { Registry } from '../../runtime/registry/registry.ts';
import { type WebhookOptions, Webhooks } from '../../runtime/registry/webhooks/webhooks.ts';
import { Blobs } from '../../runtime/store/blobs.ts';
import { type Answer, type AskOptions, askRegistry } from './own-registry.ts';

export class TestClock {
  /** Milliseconds since 1970. */
  wallMs = Date.UTC(2026, 0, 1);
  monotonicMs = 0;

  /** Time goes by. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }
}

export interface OwnHubOptions {
  readonly clock?: TestClock;
  readonly pullLimits?: PullLimits;
  /** Where its webhooks may go to, and how they are tried again. */
  readonly webhooks?: Partial<Pick<WebhookOptions, 'places' | 'pausesMs' | 'paceMs'>>;
  /** Registries that it fetches from, what it keeps of each, and how long a tag is taken for fresh. */
  readonly mirrors?: { readonly of: readonly Mirror[]; readonly bytes?: number; readonly freshMs?: number };
  /** Kept when it is closed; a new one, which is removed, where left out. */
  readonly directory?: string;
  /** A socket that is bound already. */
  readonly fd?: number;
  /** Where clients reach it, where not at its own loopback port. */
  readonly origins?: readonly string[];
}

export interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

export const basic = (name: string, secret: string): http.OutgoingHttpHeaders => ({
  Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
});
export const bearer = (token: string): http.OutgoingHttpHeaders => ({ Authorization: `Bearer ${token}` });

export class OwnHub implements AsyncDisposable {
  readonly accounts: HubAccounts;
  readonly webhooks: Webhooks;
  readonly mirrors: Mirrors;
  readonly clock: TestClock;
  readonly directory: string;
  /** Each line of the log. */
  readonly log: readonly string[];
  readonly #server: http.Server;
  readonly #isTemporary: boolean;

  private constructor(
    parts: Pick<OwnHub, 'accounts' | 'webhooks' | 'mirrors' | 'clock' | 'directory' | 'log'>,
    server: http.Server,
    isTemporary: boolean,
  ) {
    this.accounts = parts.accounts;
    this.webhooks = parts.webhooks;
    this.mirrors = parts.mirrors;
    this.clock = parts.clock;
    this.directory = parts.directory;
    this.log = parts.log;
    this.#server = server;
    this.#isTemporary = isTemporary;
  }

  static async open(options: OwnHubOptions = {}): Promise<OwnHub> {
    const { clock = new TestClock() } = options;
    const directory = options.directory ?? path.join(os.tmpdir(), `drydock-hub-${randomUUID()}`);
    fs.mkdirSync(directory, { recursive: true });
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const registry = await Registry.open({
      databasePath: `${directory}/registry.db`,
      directory: `${directory}/registry`,
      blobs: new Blobs(`${directory}/registry/blobs`),
      quotaOf: (namespace) => (mirrors.names.includes(namespace) ? bytes : defaultQuota(namespace)),
      log,
    });
    const { of: mirrorsOf = [], bytes = 1024 * 1024 * 1024, freshMs = 60_000 } = options.mirrors ?? {};
    const mirrors: Mirrors = new Mirrors({ registry, directory, mirrors: mirrorsOf, freshMs, log });
    const accounts = await HubAccounts.open({
      registry,
      keysPath: `${directory}/hub-keys.json`,
      isOfficial: (repository) => mirrors.has(repository),
      clocks: { now: () => clock.wallMs, monotonicMs: () => clock.monotonicMs },
      ...(options.pullLimits && { pullLimits: options.pullLimits }),
    });
    const webhooks = new Webhooks({
      registry,
      needNamespace: (name) => accounts.namespaces.need(name),
      derive: (text) => accounts.keys.derive(text),
      places: [],
      dialLab: async () => {
        throw new EngineError('notFound', 'this hub has no labs');
      },
      paceMs: 0,
      log,
      ...options.webhooks,
    });
    webhooks.start();
    let origins = options.origins ?? [];
    const entranceOf = (request: http.IncomingMessage) =>
      entranceAmong(origins, request, String(request.headers['x-test-source'] ?? 'loopback'));
    const handle = registryHandler({ registry, gate: accountsGate(accounts, entranceOf), mirrored: mirrors, log });
    const giveToken = tokenHandler({ accounts, entranceOf, log });
    const server = http.createServer((request, response) => {
      const isToken = (request.url ?? '').split('?', 1)[0] === tokenPath;
      void (isToken ? giveToken : handle)(request, response);
    });
    server.listen(options.fd === undefined ? { port: 0, host: '127.0.0.1' } : { fd: options.fd });
    await once(server, 'listening');
    const hub = new OwnHub(
      { accounts, webhooks, mirrors, clock, directory, log: lines },
      server,
      options.directory === undefined,
    );
    if (options.origins === undefined) origins = [hub.url];
    return hub;
  }

  get registry(): Registry {
    return this.accounts.registry;
  }

  get domain(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.domain}`;
  }

  ask(line: string, options: AskOptions = {}): Promise<Answer> {
    const [method = '', target = ''] = line.split(' ');
    return askRegistry(this.url, method, target, options);
  }

  /** `GET /token`, as the docker command asks it. */
  askToken(scopes: readonly string[], headers: http.OutgoingHttpHeaders = {}, more = ''): Promise<Answer> {
    const query = scopes.map((scope) => `&scope=${encodeURIComponent(scope)}`).join('');
    return this.ask(`GET ${tokenPath}?service=hub.drydock${query}${more}`, { headers });
  }

  /** The header with a token for these scopes. */
  async tokenHeader(
    scopes: readonly string[],
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<http.OutgoingHttpHeaders> {
    const answer = await this.askToken(scopes, headers);
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.body}`);
    return bearer((answer.json() as TokenAnswer).token);
  }

  /** `POST /token`. */
  postToken(form: Readonly<Record<string, string>>, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask(`POST ${tokenPath}`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: String(new URLSearchParams(form)),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    await this.webhooks[Symbol.asyncDispose]();
    await this.mirrors[Symbol.asyncDispose]();
    await this.registry[Symbol.asyncDispose]();
    if (this.#isTemporary) fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
