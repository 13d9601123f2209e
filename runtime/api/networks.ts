// The three networks that every host has, to look at. Networks of one's own come later.

import { type Filters, flagFilter, parseFilters } from '../containers/filters.ts';
import { type DefaultNetwork, networkDrivers, networkId, networkOf } from '../containers/network-settings.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { gateway, prefixLength, subnet } from '../networks/bridge.ts';
import { namePattern } from '../patterns/pattern.ts';
import { WorkBudget } from '../work-budget.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

const names: readonly DefaultNetwork[] = ['bridge', 'host', 'none'];

const bridgeOptions = {
  'com.docker.network.bridge.default_bridge': 'true',
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
  'com.docker.network.bridge.name': 'docker0',
  'com.docker.network.driver.mtu': '1500',
};

/** The running containers on a network, as `docker network inspect` lists them. */
function members(host: Host, network: DefaultNetwork): Record<string, object> {
  const running = [...host.containers.values()].filter(
    (container) => container.running && networkOf(container.record) === network,
  );
  return Object.fromEntries(
    running.map(({ id, name, record: { endpoint } }) => [
      id,
      {
        Name: name,
        EndpointID: endpoint?.endpointId ?? '',
        MacAddress: endpoint?.macAddress ?? '',
        IPv4Address: endpoint ? `${endpoint.ipAddress}/${prefixLength}` : '',
        IPv6Address: '',
      },
    ]),
  );
}

function describe(host: Host, network: DefaultNetwork, withMembers: boolean): object {
  const isBridge = network === 'bridge';
  return {
    Name: network,
    Id: networkId(host, network),
    Created: host.record.createdAt,
    Scope: 'local',
    Driver: networkDrivers[network],
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: isBridge ? [{ Subnet: subnet, Gateway: gateway }] : null },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: withMembers ? members(host, network) : {},
    Options: isBridge ? bridgeOptions : {},
    Labels: {},
  };
}

function find(host: Host, reference: string): DefaultNetwork {
  const byName = names.find((name) => name === reference);
  const byId = names.filter((name) => reference !== '' && networkId(host, name).startsWith(reference));
  const found = byName ?? (byId.length === 1 ? byId[0] : undefined);
  if (!found) throw new EngineError('notFound', `network ${reference.slice(0, 80)} not found`);
  return found;
}

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
  const chosen = names.filter(
    (name) =>
      any('name', (value) => namePattern(value, budget)(name)) &&
      any('id', (value) => networkId(host, name).startsWith(value)) &&
      any('driver', (value) => networkDrivers[name] === value) &&
      any('scope', (value) => value === 'local') &&
      any('type', (value) => value === 'builtin') &&
      any('label', () => false) &&
      dangling !== true,
  );
  exchange.answer(
    200,
    chosen.map((name) => describe(host, name, false)),
  );
}

function inspect(exchange: Exchange<Host>): void {
  const host = exchange.subject;
  exchange.answer(200, describe(host, find(host, exchange.param('name')), true));
}

/** There are no others to remove. */
function remove(exchange: Exchange<Host>): void {
  const network = find(exchange.subject, exchange.param('name'));
  throw new EngineError('forbidden', `${network} is a pre-defined network and cannot be removed`);
}

export const networkRoutes: Routes<Host> = {
  'GET /networks': list,
  'GET /networks/{name}': inspect,
  'DELETE /networks/{name}': remove,
};
