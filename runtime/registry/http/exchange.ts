// One request to a registry and its answer, with what every end point needs of them.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { maxDropMs } from '../../limits.ts';
import { Refusal } from '../refusal.ts';
import type { Registry } from '../registry.ts';
import type { Access } from './access.ts';

export interface Exchange {
  readonly registry: Registry;
  readonly access: Access;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `HEAD` is a `GET` without the body. */
  readonly method: string;
  readonly query: URLSearchParams;
  /** Resolves when there is room for another large document of whoever asks, until it is disposed of. */
  room(): Promise<Disposable>;
}

/** Answers with `body`, or without one. */
export function say(
  { request, response }: Pick<Exchange, 'request' | 'response'>,
  status: number,
  headers: OutgoingHttpHeaders = {},
  body: string | Uint8Array = '',
): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { ...length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sayJson(exchange: Exchange, value: unknown, headers: OutgoingHttpHeaders = {}): void {
  say(exchange, 200, { 'Content-Type': 'application/json; charset=utf-8', ...headers }, JSON.stringify(value));
}

/** Distribution's form of an error. Nothing where an answer has begun: the connection ends instead. */
export async function refuse(exchange: Pick<Exchange, 'request' | 'response'>, refusal: Refusal): Promise<void> {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (!(await dropRest(request))) response.setHeader('Connection', 'close');
  const { code, message, detail, status, headers } = refusal;
  const body = `${JSON.stringify({ errors: [{ code, message, detail }] })}\n`;
  say(exchange, status, { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body);
}

/** Reads the rest of a body for some seconds: a client that still sends would lose the answer with its connection. */
async function dropRest(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, maxDropMs);
  request.once('end', resolve).once('close', resolve).resume();
  await promise;
  clearTimeout(timer);
  return request.complete;
}

/** Throws UNSUPPORTED, naming what may be asked. */
export function notAllowed(allowed: readonly string[]): never {
  throw new Refusal('UNSUPPORTED', { headers: { Allow: allowed.join(', ') } });
}
