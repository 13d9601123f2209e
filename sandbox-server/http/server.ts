// The HTTP server: the checks that each request passes before a route gets it, and the answer to each error.

import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import { kindOf, messageOf, ServerError, sentences, statusOfFailure } from '../errors.ts';
import type { Gate } from '../gate/gate.ts';
import {
  apiRequestBurst,
  apiRequestsPerSecond,
  maxBodyBytes,
  requestBurstPerAddress,
  requestsPerSecondPerAddress,
} from '../limits.ts';
import type { Failure, FailureKind } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Settings } from '../settings.ts';
import { isOfRecords } from '../store/bookkeeping.ts';
import type { Student } from '../students/students.ts';
import type { Addresses } from './addresses.ts';
import { setCookie, tokenFrom } from './cookie.ts';
import { askForCode, isOpenTo } from './gate.ts';
import type { Guard } from './guard.ts';
import type { HubProxy } from './hub.ts';
import { createNodeServer } from './node-server.ts';
import type { PreviewServer } from './preview-server.ts';
import { securityHeaders } from './security-headers.ts';
import { pageNotFound } from './site.ts';
import { isPlainTarget } from './target.ts';

const unsafe = (method: string): boolean => method !== 'GET' && method !== 'HEAD';
/** By the matched route or, without one, by the URL. */
const isApi = ({ routeOptions, url }: FastifyRequest): boolean =>
  [routeOptions.url ?? '', url].some((path) => /^\/(api|healthz|metrics)(?![\w.-])/.test(path));

/** Throws ServerError tooMany with the wait when the key has no token left. */
export function limitRate(limit: RateLimit, key: string, what: string): void {
  const waitMs = limit.take(key);
  if (waitMs === 0) return;
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  throw new ServerError('tooMany', `${what} Try again in ${seconds} s.`, { retryAfterSeconds: seconds });
}

function asServerError(error: unknown, maxBytes: number, log: Logger): ServerError {
  if (error instanceof ServerError) return error;
  if (error instanceof ZodError)
    return new ServerError('invalid', 'The request is not one of this version’s. Reload the page.');
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return new ServerError('tooLarge', `What was sent is too large: ${maxBytes} bytes at most.`);
  if (status >= 400 && status < 500)
    return new ServerError('invalid', 'The request could not be read. Reload the page.');
  if (kindOf(error) === 'unavailable')
    return new ServerError('unavailable', sentences.engineAway, { retryAfterSeconds: 2 });
  if (isOfRecords(error)) {
    log.error({ error: messageOf(error) }, 'the records failed');
    return new ServerError('unavailable', sentences.noRecords, { retryAfterSeconds: 30 });
  }
  log.error({ error: messageOf(error), stack: error instanceof Error ? error.stack : undefined }, 'a request failed');
  return new ServerError('internal', sentences.internal);
}

async function fail(reply: FastifyReply, error: ServerError): Promise<void> {
  if (error.retryAfterSeconds !== null) reply.header('retry-after', String(error.retryAfterSeconds));
  const body: Failure = { error: error.kind, message: error.message };
  await reply.code(statusOfFailure[error.kind]).type('application/json').send(body);
}

/** Refuses malformed targets, and TRACE, before they reach the router. */
function refuseTarget(response: ServerResponse, { publicOrigin }: Settings): void {
  const message = `This is not written as an address of a Drydock. Open ${publicOrigin} instead.`;
  const body: Failure = { error: 'invalid', message };
  response.writeHead(statusOfFailure.invalid, {
    ...securityHeaders('api', publicOrigin, null),
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  response.end(JSON.stringify(body));
}

export interface ServerParts {
  readonly settings: Settings;
  readonly guard: () => Guard;
  readonly gate: Gate;
  readonly addresses: Addresses;
  /** Null without a valid cookie of a student. */
  readonly studentOf: (request: IncomingMessage) => Student | null;
  /** Answers on the origins of previews; null if there are none. */
  readonly previews: PreviewServer | null;
  readonly hub: HubProxy;
  /** The origins of previews, as a source of a content security policy. */
  readonly previewSource: string | null;
  /** Called when a request was refused, or failed. */
  readonly failed: (kind: FailureKind) => void;
  readonly log: Logger;
}

/** A server with hooks and error handling. `addApi` and the `add…Route` functions add the routes. */
export function createServer(parts: ServerParts): FastifyInstance {
  const { settings, guard, gate, addresses, studentOf, previews, previewSource, hub, log } = parts;
  const server = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    serverFactory: (listener) =>
      createNodeServer(
        addresses,
        (request, response) => {
          if (previews?.takes(request)) previews.answer(request, response);
          else if (!isPlainTarget(request.url) || request.method === 'TRACE') refuseTarget(response, settings);
          else if (hub.takes(request)) hub.answer(request, response);
          else listener(request, response);
        },
        (request) => hub.takes(request) && previews?.takes(request) !== true,
      ),
    routerOptions: { maxParamLength: 64 },
    exposeHeadRoutes: false,
  });
  // Only JSON is read. Pages of other sites can send text/plain or a form without asking, but not JSON.
  server.removeContentTypeParser('text/plain');

  const perAddress = new RateLimit({ perSecond: requestsPerSecondPerAddress, burst: requestBurstPerAddress });
  const perCaller = new RateLimit({ perSecond: apiRequestsPerSecond, burst: apiRequestBurst });
  server.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const api = isApi(request);
    reply.headers(securityHeaders(api ? 'api' : 'page', settings.publicOrigin, previewSource));
    if (!guard().host(request.headers)) {
      throw new ServerError('invalid', `This is not the address of a Drydock. Open ${settings.publicOrigin} instead.`);
    }
    if (unsafe(request.method) && !guard().sameOrigin(request.headers)) {
      throw new ServerError('forbidden', 'Only Drydock’s own pages may do this.');
    }
    const address = addresses.keyOf(request.raw);
    limitRate(perAddress, address, 'Too many requests came from your address.');
    if (!isOpenTo(request, { gate, settings })) {
      if (api || unsafe(request.method)) throw new ServerError('forbidden', sentences.closed);
      return askForCode(settings, reply);
    }
    if (!api) return;
    const student = studentOf(request.raw);
    const token = tokenFrom(settings.publicOrigin, request.headers.cookie);
    if (student?.returns && token !== undefined) reply.header('set-cookie', setCookie(settings.publicOrigin, token));
    limitRate(perCaller, student === null ? address : `student ${student.id}`, 'Too many requests came from you.');
  });
  server.setErrorHandler((error, request, reply) => {
    const maxBytes = request.routeOptions.bodyLimit ?? maxBodyBytes;
    const failure = asServerError(
      error,
      maxBytes,
      log.child({ method: request.method, route: request.routeOptions.url }),
    );
    parts.failed(failure.kind);
    return fail(reply, failure);
  });
  server.setNotFoundHandler((request, reply) => {
    if (!isApi(request) && !unsafe(request.method)) return pageNotFound(settings.siteDirectory, reply);
    return fail(reply, new ServerError('notFound', 'There is no such address in this version. Reload the page.'));
  });
  return server;
}
