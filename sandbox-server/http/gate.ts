// The gate over HTTP: the link and the form that take the code and set a cookie, and the answer to everybody else.

import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Gate } from '../gate/gate.ts';
import { inviteBurst, inviteGuessesPerSecond, maxBodyBytes } from '../limits.ts';
import { routes } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Settings } from '../settings.ts';
import type { Addresses } from './addresses.ts';
import { inviteCookie, invitePass } from './cookie.ts';
import { isPlainTarget } from './target.ts';

export interface GateParts {
  readonly settings: Settings;
  readonly gate: Gate;
  readonly addresses: Addresses;
}

/** Files of the site that the form's page needs. None holds a lesson's text. */
const formParts = /^\/(icon\.svg|_astro\/[\w.-]+\.(css|woff2))$/;

/** Whether a request may go on: its path is open to everybody, or it carries the pass. */
export function isOpenTo(request: FastifyRequest, { gate, settings }: Omit<GateParts, 'addresses'>): boolean {
  const { url: route } = request.routeOptions;
  if (route === routes.health.path || route === routes.metrics.path || route === routes.inviteForm.path) return true;
  if (request.method === 'GET' && formParts.test(request.url)) return true;
  return hasPass(request.raw, { gate, settings });
}

/** Whether the request carries the cookie with the gate's pass. */
export function hasPass({ headers }: IncomingMessage, { gate, settings }: Omit<GateParts, 'addresses'>): boolean {
  return gate.letsIn(invitePass(settings.publicOrigin, headers.cookie));
}

type State = 'asks' | 'wrong' | 'wait';

const statusOf = { asks: 403, wrong: 403, wait: 429 } as const satisfies Record<State, number>;
const fileOf = { asks: 'invite', wrong: 'invite/wrong', wait: 'invite/wait' } as const satisfies Record<State, string>;
const plainSentence = {
  asks: 'This Drydock is for invited people.',
  wrong: 'That is not the code.',
  wait: 'Too many wrong codes came from your network. Wait a minute.',
} as const satisfies Record<State, string>;

function plainPage(state: State): string {
  return `<!doctype html><html lang="en"><title>Drydock</title><h1>${plainSentence[state]}</h1><form method="post" action="${routes.invite.path}"><label>Code <input name="code"></label><button>Go in</button></form>`;
}

/** Sends the form in place of the page that was asked for. After the right code the browser returns to that page. */
export async function askForCode(settings: Settings, reply: FastifyReply, state: State = 'asks'): Promise<void> {
  const file = join(settings.siteDirectory, fileOf[state], 'index.html');
  const page = await readFile(file, 'utf8').catch(() => plainPage(state));
  const policy = String(reply.getHeader('content-security-policy')).replace("form-action 'none'", "form-action 'self'");
  await reply
    .code(statusOf[state])
    .headers({
      'content-security-policy': policy,
      'cache-control': 'no-store',
      // Without a referrer a browser sends the form with the origin "null", which we refuse.
      'referrer-policy': 'same-origin',
    })
    .type('text/html; charset=utf-8')
    .send(page);
}

/** The path of the page that showed the form, by its Referer; `/` if that was the form's own page, or is not known. */
function pathBefore({ headers }: FastifyRequest, publicOrigin: string): string {
  const url = URL.parse(headers.referer ?? '');
  if (url === null || url.origin !== publicOrigin || !isPlainTarget(url.pathname)) return '/';
  return url.pathname === routes.invite.path || url.pathname.startsWith(`${routes.invite.path}/`) ? '/' : url.pathname;
}

export function addGateRoutes(server: FastifyInstance, { settings, gate, addresses }: GateParts): void {
  const guesses = new RateLimit({ perSecond: inviteGuessesPerSecond, burst: inviteBurst });

  const enter = async (request: FastifyRequest, reply: FastifyReply, code: string, next: string): Promise<void> => {
    const network = addresses.networkOf(request.raw);
    // The limit comes first: an attacker who is over it must not learn whether a guess was right.
    if (guesses.waitMs(network) > 0) return askForCode(settings, reply, 'wait');
    if (!gate.isCode(code)) {
      guesses.take(network);
      return askForCode(settings, reply, 'wrong');
    }
    await reply
      .code(303)
      .headers({ 'set-cookie': inviteCookie(settings.publicOrigin, gate.pass), location: next })
      .send();
  };

  server.get(routes.inviteForm.path, async (request, reply) => {
    const { code } = request.query as { readonly code?: unknown };
    if (!gate.isThere || (code === undefined && hasPass(request.raw, { gate, settings })))
      return reply.code(303).header('location', '/').send();
    return typeof code === 'string' ? enter(request, reply, code, '/') : askForCode(settings, reply);
  });

  // Only this route takes a form.
  server.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: maxBodyBytes },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    scope.post(routes.invite.path, async (request, reply) => {
      const code = request.body instanceof URLSearchParams ? request.body.get('code') : null;
      if (!gate.isThere) return reply.code(303).header('location', '/').send();
      return enter(request, reply, code ?? '', pathBefore(request, settings.publicOrigin));
    });
  });
}
