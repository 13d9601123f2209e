// The route of metrics: for direct requests from this machine or, if the operator has set a token, for requests with that token.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { routes } from '../protocol.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();
const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackName = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
/** Headers that proxies add. With any of them the request is not a direct one. */
const ofProxies = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/** `token` null: only direct requests from this machine may. Else only requests with the token may. */
export function mayMeasure({ socket, headers }: IncomingMessage, token: string | null): boolean {
  if (token !== null) {
    const given = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), digest(token));
  }
  if (ofProxies.some((name) => headers[name] !== undefined)) return false;
  return loopback.test(socket.remoteAddress ?? '') && loopbackName.test(headers.host ?? '');
}

export function addMetricsRoute(server: FastifyInstance, metrics: Metrics, token: string | null): void {
  server.get(routes.metrics.path, async (request, reply) => {
    if (!mayMeasure(request.raw, token))
      throw new ServerError('notFound', 'There is no such address in this version. Reload the page.');
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text());
  });
}
