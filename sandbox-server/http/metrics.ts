// The route of metrics: told to this machine alone, or to who has the operator's token.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { routes } from '../protocol.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();
const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackName = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
/** What proxies add: with any of these it is somebody else who asks. */
const ofProxies = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/** With a token, whoever sends it; without one, a program on this machine that asks us, not a proxy. */
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
