// What the embedded name server of a container knows: the containers on its networks, by their names there, and their addresses.

import { maxDnsQueriesPerSecond } from '../limits.ts';
import type { Names } from '../networks/dns/resolver.ts';
import { addressesOf as addressesOfEndpoint, endpointIn, inOrder } from '../networks/endpoint.ts';
import { hubAddress, hubName } from '../networks/hub-address.ts';
import type { Network } from '../networks/network.ts';
import type { Container, ContainerHost } from './container.ts';

/** The networks of a container that have names: all but the default one. */
function namedNetworks({ host, record }: Container): Network[] {
  return inOrder(record.endpoints).flatMap(([name]) => {
    const network = host.networks.get(name);
    return network?.record ? [network] : [];
  });
}

/** Whether it is one of `dnsNamesOf`. Queries are many, so nothing is made for the answer. */
function hasName({ id, record }: Container, network: string, wanted: string): boolean {
  const is = (name: string): boolean => name.length === wanted.length && name.toLowerCase() === wanted;
  return (
    is(record.name) ||
    is(record.config.Hostname) ||
    (wanted.length === 12 && id.startsWith(wanted)) ||
    (record.networks?.[network]?.aliases?.some(is) ?? false)
  );
}

/** The addresses of all containers on a network that have this name there. */
function addressesOn({ host }: Container, network: string, wanted: string): string[] {
  const found: string[] = [];
  for (const other of host.containers.values()) {
    const endpoint = endpointIn(other.record.endpoints, network);
    if (endpoint && hasName(other, network, wanted)) found.push(...addressesOfEndpoint(endpoint));
  }
  return found;
}

/** The address of what the container calls so by a link of its own (`--link CONTAINER:ALIAS`). */
function linkedAddress(container: Container, network: string, wanted: string): string[] {
  for (const link of container.record.networks?.[network]?.links ?? []) {
    const [reference = '', alias = reference] = link.split(':');
    if (alias.toLowerCase() === wanted) return addressesOn(container, network, reference.toLowerCase());
  }
  return [];
}

/** `a.b.c` may be the name `a.b.c`, `a.b` on the network `c`, or `a` on the network `b.c`: as moby tries them. */
function* meanings(name: string): Generator<readonly [name: string, network: string | null]> {
  yield [name, null];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1))
    yield [name.slice(0, dot), name.slice(dot + 1)];
}

function addressesOf(container: Container, wanted: string): string[] | null {
  const networks = namedNetworks(container);
  for (const [name, on] of meanings(wanted)) {
    for (const network of networks) {
      if (on !== null && network.name.toLowerCase() !== on) continue;
      const linked = linkedAddress(container, network.name, name);
      const found = linked.length > 0 ? linked : addressesOn(container, network.name, name);
      if (found.length > 0) return found;
    }
  }
  return null;
}

/** `web.backend`, as moby tells it. */
function nameOf(container: Container, address: string): string | null {
  for (const network of namedNetworks(container)) {
    for (const { name, record } of container.host.containers.values()) {
      const endpoint = endpointIn(record.endpoints, network.name);
      if (endpoint?.ipAddress === address || endpoint?.ip6Address === address) return `${name}.${network.name}`;
    }
  }
  return null;
}

/** Queries of a host that are left in this second. */
const budgets = new WeakMap<ContainerHost, { left: number; second: number }>();

function take(host: ContainerHost): boolean {
  const second = Math.floor(performance.now() / 1000);
  let budget = budgets.get(host);
  if (budget?.second !== second) {
    budget = { left: maxDnsQueriesPerSecond, second };
    budgets.set(host, budget);
  }
  return budget.left-- > 0;
}

export function namesKnownTo(container: Container): Names {
  return {
    addressesOf: (name) => addressesOf(container, name) ?? (name === hubName ? [hubAddress] : null),
    nameOf: (address) => nameOf(container, address),
    servers: () => {
      const { Dns } = container.record.hostConfig;
      return Dns.length > 0 ? Dns : container.host.nameServers;
    },
    take: () => take(container.host),
  };
}
