// The three networks that every host has, to look at. Networks of one's own come later.

import { type Filters, flagFilter, parseFilters } from '../containers/filters.ts';
import { networkOf } from '../containers/network-settings.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { type Bridge, defaultBridge, subnetInWords } from '../networks/bridge.ts';
import { endpointIn } from '../networks/endpoint.ts';
import { findNetwork, type Network } from '../networks/network.ts';
import { namePattern } from '../patterns/pattern.ts';
import { WorkBudget } from '../work-budget.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

const bridgeOptions = (bridge: Bridge): Record<string, string> => ({
  'com.docker.network.bridge.default_bridge': String(bridge === defaultBridge),
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
  'com.docker.network.bridge.name': bridge.link,
  'com.docker.network.driver.mtu': '1500',
});

/** The running containers on a network, as `docker network inspect` lists them. */
function members(host: Host, network: Network): Record<string, object> {
  const running = [...host.containers.values()].filter(
    (container) => container.running && networkOf(container) === network,
  );
  return Object.fromEntries(
    running.map(({ id, name, record }) => {
      const endpoint = endpointIn(record.endpoints, network.name);
      const address = endpoint && network.bridge ? `${endpoint.ipAddress}/${network.bridge.subnet.prefixLength}` : '';
      const told = {
        Name: name,
        EndpointID: endpoint?.endpointId ?? '',
        MacAddress: endpoint?.macAddress ?? '',
        IPv4Address: address,
        IPv6Address: '',
      };
      return [id, told];
    }),
  );
}

function describe(host: Host, network: Network, withMembers: boolean): object {
  const { bridge } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: bridge ? [{ Subnet: subnetInWords(bridge), Gateway: bridge.gateway }] : null,
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: withMembers ? members(host, network) : {},
    Options: bridge ? bridgeOptions(bridge) : {},
    Labels: {},
  };
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
  const chosen = [...host.networks.values()].filter(
    ({ name, id, driver }) =>
      any('name', (value) => namePattern(value, budget)(name)) &&
      any('id', (value) => id.startsWith(value)) &&
      any('driver', (value) => driver === value) &&
      any('scope', (value) => value === 'local') &&
      any('type', (value) => value === 'builtin') &&
      any('label', () => false) &&
      dangling !== true,
  );
  exchange.answer(
    200,
    chosen.map((network) => describe(host, network, false)),
  );
}

function inspect(exchange: Exchange<Host>): void {
  const host = exchange.subject;
  exchange.answer(200, describe(host, findNetwork(host.networks, exchange.param('name')), true));
}

/** There are no others to remove. */
function remove(exchange: Exchange<Host>): void {
  const { name } = findNetwork(exchange.subject.networks, exchange.param('name'));
  throw new EngineError('forbidden', `${name} is a pre-defined network and cannot be removed`);
}

export const networkRoutes: Routes<Host> = {
  'GET /networks': list,
  'GET /networks/{name}': inspect,
  'DELETE /networks/{name}': remove,
};
