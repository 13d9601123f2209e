// The registry of Drydock, served on a loopback port by the test's own process: open to everybody, or as the test's gate says.

import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { Access, Gate } from '../../runtime/registry/http/access.ts';
import { type RegistryHandler, registryHandler } from '../../runtime/registry/http/serve.ts';
import type { QuotaOf } from '../../runtime/registry/quota.ts';
import { Refusal } from '../../runtime/registry/refusal.ts';
import { Registry } from '../../runtime/registry/registry.ts';
import { Blobs } from '../../runtime/store/blobs.ts';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parsed body. */
  json(): unknown;
  header(name: string): string;
}

export interface AskOptions {
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** Everybody may do everything. */
export const openAccess: Access = {
  who: null,
  allows: () => true,
  refuse: () => new Refusal('DENIED'),
};

export const sha256 = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;
export const sha512 = (content: string | Uint8Array): string =>
  `sha512:${createHash('sha512').update(content).digest('hex')}`;

export async function askRegistry(
  url: string,
  method: string,
  target: string,
  options: AskOptions = {},
): Promise<Answer> {
  const path = target.startsWith('http://') ? target.replace(/^http:\/\/[^/]*/, '') : target;
  const request = http.request(new URL(url), { method, path, headers: options.headers ?? {}, agent: false });
  // A connection that is cut may tell so more than once.
  request.on('error', () => undefined);
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    json: () => JSON.parse(body.toString()),
    header: (name) => String(response.headers[name.toLowerCase()] ?? ''),
  };
}

export interface OwnRegistryOptions {
  readonly gate?: Gate;
  readonly quotaOf?: QuotaOf;
  /** Kept when it is closed; a new one, which is removed, where left out. */
  readonly directory?: string;
  /** A socket that is bound already. */
  readonly fd?: number;
}

const log = pino({ level: 'error' });

function openIn(directory: string, blobs: Blobs, { quotaOf }: OwnRegistryOptions): Promise<Registry> {
  return Registry.open({
    databasePath: `${directory}/registry.db`,
    directory: `${directory}/registry`,
    blobs,
    ...(quotaOf && { quotaOf }),
    log,
  });
}

export class OwnRegistry implements AsyncDisposable {
  readonly directory: string;
  readonly blobs: Blobs;
  /** Told of each request by its method, when its handler has begun. */
  readonly seen = new EventEmitter();
  /** Requests that are being answered. */
  inHand = 0;
  readonly #options: OwnRegistryOptions;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  #registry: Registry;
  #handle: RegistryHandler;

  private constructor(registry: Registry, blobs: Blobs, directory: string, options: OwnRegistryOptions) {
    this.directory = directory;
    this.blobs = blobs;
    this.#options = options;
    this.#registry = registry;
    this.#handle = this.#handler(registry);
  }

  #handler(registry: Registry): RegistryHandler {
    const { gate = { admit: () => openAccess } } = this.#options;
    return registryHandler({ registry, gate, log });
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.inHand++;
    const answered = this.#handle(request, response);
    this.seen.emit(request.method ?? '', request);
    await answered;
    this.inHand--;
  }

  static async open(options: OwnRegistryOptions = {}): Promise<OwnRegistry> {
    const directory = options.directory ?? path.join(os.tmpdir(), `drydock-registry-${randomUUID()}`);
    fs.mkdirSync(directory, { recursive: true });
    const blobs = new Blobs(`${directory}/registry/blobs`);
    const served = new OwnRegistry(await openIn(directory, blobs, options), blobs, directory, options);
    served.#server.listen(options.fd === undefined ? { port: 0, host: '127.0.0.1' } : { fd: options.fd });
    await once(served.#server, 'listening');
    return served;
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** Closes the registry and opens it again, as a restart does. No request is in hand. */
  async reopen(): Promise<void> {
    await this.#registry[Symbol.asyncDispose]();
    this.#registry = await openIn(this.directory, this.blobs, this.#options);
    this.#handle = this.#handler(this.#registry);
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    await this.registry[Symbol.asyncDispose]();
    if (this.#options.directory === undefined) fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
