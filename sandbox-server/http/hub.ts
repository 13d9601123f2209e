// The hub from outside: `/v2/` and `/token` of the site's address are passed on to the engine and its answers back, as they stream. The
// engine decides who may what, by tokens and passwords alone: cookies are not passed on, so no page can ask in its reader's name.

import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { hubHeaders, hubSocketName } from '@drydock/runtime';
import type { Logger } from 'pino';
import { messageOf } from '../errors.ts';
import type { Gate } from '../gate/gate.ts';
import {
  hubIdleMs,
  hubRequestBurstPerAddress,
  hubRequestsPerSecondPerAddress,
  maxHubRequests,
  maxHubRequestsPerAddress,
} from '../limits.ts';
import { RateLimit } from '../rate-limit.ts';
import { allowedOrigins, type Settings } from '../settings.ts';
import { Tally } from '../tally.ts';
import type { Addresses } from './addresses.ts';
import { hasPass } from './gate.ts';

/** Of one connection, not of the message (RFC 9110 §7.6.1), and what only we may say. */
const notForward =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|expect|cookie|host|forwarded|via|x-forwarded-.*|x-real-ip|drydock-.*)$/;
const notBack = /^(connection|keep-alive|transfer-encoding|upgrade|trailer|set-cookie.*)$/;

export interface HubParts {
  readonly settings: Settings;
  readonly gate: Gate;
  readonly addresses: Addresses;
  readonly log: Logger;
}

type Code = 'DENIED' | 'TOOMANYREQUESTS' | 'UNAVAILABLE' | 'UNSUPPORTED' | 'UNAUTHORIZED';

export class HubProxy {
  readonly #parts: HubParts;
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: maxHubRequests, timeout: hubIdleMs });
  readonly #rate = new RateLimit({ perSecond: hubRequestsPerSecondPerAddress, burst: hubRequestBurstPerAddress });
  /** Requests that are being answered. */
  readonly #going = new Tally();
  #all = 0;
  /** By the name that a client has come by. */
  readonly #origins: ReadonlyMap<string, string>;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#socketPath = join(dirname(parts.settings.engineSocket), hubSocketName);
    this.#origins = new Map([...allowedOrigins(parts.settings)].map((origin) => [new URL(origin).host, origin]));
  }

  takes({ url = '' }: IncomingMessage): boolean {
    const [path = ''] = url.split('?', 1);
    return path === '/token' || path === '/v2' || path.startsWith('/v2/');
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const { addresses } = this.#parts;
    const origin = this.#origins.get(request.headers.host?.toLowerCase() ?? '');
    if (origin === undefined) {
      refuse(request, response, 400, 'UNSUPPORTED', 'the hub does not answer at this address');
      return;
    }
    const address = addresses.keyOf(request);
    const waitMs = this.#rate.take(address);
    if (waitMs > 0 || this.#going.count(address) >= maxHubRequestsPerAddress || this.#all >= maxHubRequests) {
      response.setHeader('retry-after', String(Math.max(1, Math.ceil(waitMs / 1000))));
      refuse(request, response, 429, 'TOOMANYREQUESTS', 'too many requests came from your address');
      return;
    }
    if (!this.#isOpenTo(request)) {
      refuse(request, response, 401, 'UNAUTHORIZED', 'this hub is for people with an account: log in first');
      return;
    }
    this.#all += 1;
    const left = this.#going.add(address);
    response.once('close', () => {
      this.#all -= 1;
      left();
    });
    this.#pass(request, response, { [hubHeaders.origin]: origin, [hubHeaders.source]: address });
  }

  /**
   * With a code at the site's door nobody gets a token who neither has an account, which they were given inside, nor has shown the code.
   * All other requests want a token.
   */
  #isOpenTo(request: IncomingMessage): boolean {
    const { gate, settings } = this.#parts;
    const { url = '', method, headers } = request;
    const isAnonymous = method !== 'POST' && headers.authorization === undefined;
    return !gate.isThere || !url.startsWith('/token') || !isAnonymous || hasPass(request, { gate, settings });
  }

  #pass(request: IncomingMessage, response: ServerResponse, own: OutgoingHttpHeaders): void {
    const { log } = this.#parts;
    const { method, url: path, headers: given } = request;
    const headers: OutgoingHttpHeaders = {};
    for (const [name, values] of Object.entries(request.headersDistinct))
      if (!notForward.test(name)) headers[name] = values;
    if (given['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
    const upstream = httpRequest({
      ...{ socketPath: this.#socketPath, agent: this.#agent, method, path },
      headers: { ...headers, host: given.host, ...own },
    });
    const idle = (): void => void upstream.destroy(new Error('nothing came or went for too long'));
    upstream.setTimeout(hubIdleMs, idle);
    upstream.once('error', (error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else {
        log.warn({ error: messageOf(error) }, 'the hub does not answer');
        refuse(request, response, 503, 'UNAVAILABLE', 'the hub does not answer at the moment: try again');
      }
    });
    upstream.once('response', (answer) => {
      const back: OutgoingHttpHeaders = {};
      for (const [name, values] of Object.entries(answer.headersDistinct)) if (!notBack.test(name)) back[name] = values;
      // What the engine has not read of a body would be taken for the next request.
      if (!request.complete) back.connection = 'close';
      response.writeHead(answer.statusCode ?? 502, { ...back, ...harmless });
      pipeline(answer, response, () => undefined);
    });
    // Whichever side goes takes the other one with it.
    response.once('close', () => upstream.destroy());
    pipeline(request, upstream, () => undefined);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Should a browser open something that is in the registry. */
const harmless = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Distribution's form of an error. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: Code, message: string): void {
  const body = `${JSON.stringify({ errors: [{ code, message, detail: null }] })}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...harmless,
    ...(!request.complete && { connection: 'close' }),
  });
  response.end(body);
  request.resume();
}
