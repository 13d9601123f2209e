// The API's routes by which somebody signs in to the hub's pages, and out again. The token is in a cookie that no script can read.

import type { HubAsker } from '@drydock/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { HubShelf } from '../hub/shelf.ts';
import type { SignIns } from '../hub/sign-ins.ts';
import { hubSignInMs } from '../limits.ts';
import { type HubMe, routes } from '../protocol.ts';
import type { Settings } from '../settings.ts';
import type { Addresses } from './addresses.ts';
import { hubCookie, hubToken } from './cookie.ts';
import { password, signIn } from './hub-wishes.ts';

export interface HubSignInParts {
  readonly settings: Settings;
  readonly addresses: Addresses;
  readonly shelf: HubShelf;
  readonly signIns: SignIns;
  readonly askerOf: (request: FastifyRequest) => HubAsker;
}

export function addHubSignIn(server: FastifyInstance, parts: HubSignInParts): void {
  const { settings, addresses, shelf, signIns, askerOf } = parts;
  const tokenOf = ({ headers }: FastifyRequest) => hubToken(settings.publicOrigin, headers.cookie);
  const cookie = (token: string | null) => hubCookie(settings.publicOrigin, token, hubSignInMs);

  server.get(routes.hubMe.path, async (request): Promise<HubMe> => {
    return await shelf.ask((hub) => hub.pages.me(askerOf(request)));
  });

  server.post(routes.hubSignIn.path, async (request, reply): Promise<HubMe> => {
    const { name, password } = signIn.parse(request.body);
    const source = addresses.keyOf(request.raw);
    const { stamp } = await shelf.ask((hub) => hub.checkPassword(name, password, source));
    const login = { account: name, stamp };
    signIns.remove(tokenOf(request));
    reply.header('set-cookie', cookie(signIns.add(login)));
    return await shelf.ask((hub) => hub.pages.me({ ...askerOf(request), login }));
  });

  server.delete(routes.hubSignOut.path, async (request, reply) => {
    signIns.remove(tokenOf(request));
    return reply.code(204).header('set-cookie', cookie(null)).send();
  });

  server.put(routes.hubPassword.path, async (request, reply) => {
    const asker = askerOf(request);
    const { login } = asker;
    if (login === null) throw new ServerError('forbidden', 'Sign in to the hub first.');
    const wish = { ...password.parse(request.body), source: addresses.keyOf(request.raw) };
    const { stamp } = await shelf.ask((hub) => hub.pages.setPassword(asker, wish));
    signIns.remove(tokenOf(request));
    reply.header('set-cookie', cookie(signIns.add({ ...login, stamp })));
    return reply.code(204).send();
  });
}
