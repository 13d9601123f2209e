// Requests that are about registries: push, login, search, and what a registry has. A pull is `POST /images/create`.

import { z } from 'zod';
import { parseFilters } from '../containers/filters.ts';
import type { Host } from '../hosts/host.ts';
import type { RegistryOptions } from '../images/image.ts';
import { credentialsIn, credentialsInHeader, nobody } from '../registries/credentials.ts';
import type { Exchange } from './exchange.ts';
import { checkPlatform } from './platform.ts';
import { report } from './progress.ts';
import { integer, text } from './query.ts';
import type { Routes } from './router.ts';

/** A token may be long. */
const maxLoginBytes = 256 * 1024;

/** What a client says of itself to the registry. */
export function registryOptions({ request, signal }: Exchange<Host>): RegistryOptions {
  return { signal, credentials: credentialsInHeader(request.headers['x-registry-auth']) };
}

async function push(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, request } = exchange;
  const name = exchange.param('name');
  const tag = text(query, 'tag');
  for await (const _ of request); // a body means nothing here
  if (query.has('platform')) checkPlatform(query, name);
  await report(exchange, subject.images.push(name, tag === '' ? null : tag, registryOptions(exchange)));
}

async function login(exchange: Exchange<Host>): Promise<void> {
  const { subject, signal } = exchange;
  const body = await exchange.body(z.looseObject({ serveraddress: z.string().max(2048).default('') }), maxLoginBytes);
  const credentials = credentialsIn(body) ?? nobody;
  const identityToken = await subject.images.login(body.serveraddress, { signal, credentials });
  exchange.answer(200, { IdentityToken: identityToken, Status: 'Login Succeeded' });
}

function search(exchange: Exchange<Host>): void {
  const { query, subject } = exchange;
  const filters = parseFilters(query.get('filters'));
  exchange.answer(200, subject.images.search(text(query, 'term'), integer(query, 'limit'), filters));
}

async function describe(exchange: Exchange<Host>): Promise<void> {
  exchange.answer(200, await exchange.subject.images.describe(exchange.param('name'), registryOptions(exchange)));
}

export const registryRoutes: Routes<Host> = {
  'POST /auth': login,
  'GET /images/search': search,
  'POST /images/{name}/push': push,
  'GET /distribution/{name}/json': describe,
};
