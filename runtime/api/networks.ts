// Networks over HTTP.

import { z } from 'zod';
import { endpointSchema } from '../containers/attachment.ts';
import { type Filters, flagFilter, matchLabels, parseFilters } from '../containers/filters.ts';
import { goObject } from '../containers/go-object.ts';
import { connectContainer } from '../containers/networks/connect.ts';
import { createNetwork } from '../containers/networks/create.ts';
import { describeNetwork } from '../containers/networks/describe.ts';
import { disconnectContainer } from '../containers/networks/disconnect.ts';
import { containersOn, pruneNetworkFilterKeys, pruneNetworks, removeNetwork } from '../containers/networks/remove.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { findNetwork } from '../networks/network.ts';
import { namePattern } from '../patterns/pattern.ts';
import { WorkBudget } from '../work-budget.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

const filterKeys = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

function danglingFilter(filters: Filters): boolean | null {
  try {
    return flagFilter(filters, 'dangling');
  } catch (error) {
    const message = 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")';
    throw new EngineError('invalid', message, { cause: error });
  }
}

function list(exchange: Exchange<Host>): void {
  const host = exchange.subject;
  const filters = parseFilters(exchange.query.get('filters'), filterKeys);
  const dangling = danglingFilter(filters);
  for (const value of filters.get('type') ?? [])
    if (value !== 'builtin' && value !== 'custom')
      throw new EngineError('invalid', `invalid filter: 'type'='${value.slice(0, 40)}'`);
  const any = (key: string, test: (value: string) => boolean) => {
    const values = filters.get(key);
    return values === undefined || values.length === 0 || values.some(test);
  };
  const budget = new WorkBudget();
  const chosen = [...host.networks.values()].filter(
    (network) =>
      any('name', (value) => namePattern(value, budget)(network.name)) &&
      any('id', (value) => network.id.startsWith(value)) &&
      any('driver', (value) => network.driver === value) &&
      any('scope', (value) => value === 'local') &&
      any('type', (value) => (value === 'custom') === (network.record !== null)) &&
      matchLabels(filters.get('label'), network.record?.labels ?? {}) &&
      (dangling === null || dangling === (network.record !== null && containersOn(host, network).length === 0)),
  );
  exchange.answer(
    200,
    chosen.map((network) => describeNetwork(host, network, { members: false })),
  );
}

function inspect(exchange: Exchange<Host>): void {
  const host = exchange.subject;
  exchange.answer(200, describeNetwork(host, findNetwork(host.networks, exchange.param('name')), { members: true }));
}

async function create(exchange: Exchange<Host>): Promise<void> {
  exchange.answer(201, await createNetwork(exchange.subject, await exchange.json()));
}

async function remove(exchange: Exchange<Host>): Promise<void> {
  await removeNetwork(exchange.subject, exchange.param('name'));
  exchange.end(204);
}

async function prune(exchange: Exchange<Host>): Promise<void> {
  const filters = parseFilters(exchange.query.get('filters'), pruneNetworkFilterKeys);
  exchange.answer(200, await pruneNetworks(exchange.subject, filters));
}

const connectSchema = goObject({ Container: z.string().max(4096).nullish(), EndpointConfig: endpointSchema.nullish() });
const disconnectSchema = goObject({ Container: z.string().max(4096).nullish(), Force: z.boolean().nullish() });

async function connect(exchange: Exchange<Host>): Promise<void> {
  const { Container, EndpointConfig } = await exchange.body(connectSchema);
  await connectContainer(exchange.subject, exchange.param('name'), Container ?? '', EndpointConfig ?? null);
  exchange.end(200);
}

async function disconnect(exchange: Exchange<Host>): Promise<void> {
  // A container is never half connected, so there is nothing to force.
  const { Container } = await exchange.body(disconnectSchema);
  await disconnectContainer(exchange.subject, exchange.param('name'), Container ?? '');
  exchange.end(200);
}

export const networkRoutes: Routes<Host> = {
  'GET /networks': list,
  'GET /networks/': list,
  'POST /networks/create': create,
  'POST /networks/prune': prune,
  'POST /networks/{name}/connect': connect,
  'POST /networks/{name}/disconnect': disconnect,
  'GET /networks/{name}': inspect,
  'DELETE /networks/{name}': remove,
};
