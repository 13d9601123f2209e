// docker network rm, docker network prune.

import { EngineError } from '../../errors.ts';
import { type Endpoint, endpointIn } from '../../networks/endpoint.ts';
import { findNetwork, type Network } from '../../networks/network.ts';
import type { Container, ContainerHost } from '../container.ts';
import { type Filters, matchPruneLabels } from '../filters.ts';
import { applyRules, endBridge } from '../host-rules.ts';
import { untilMs } from '../timestamps.ts';

/** The endpoint of a container in the network, or that it gets back when its restart policy starts it. */
function endpointOf({ record, keptEndpoints }: Container, { name }: Network): Endpoint | null {
  return endpointIn(record.endpoints, name) ?? endpointIn(keptEndpoints, name);
}

/** The containers that use the network: they run, or are about to be restarted. */
export function containersOn(host: ContainerHost, network: Network): Container[] {
  return [...host.containers.values()].filter((container) => endpointOf(container, network) !== null);
}

/** Throws notFound, forbidden (in use, or one that every host has). */
export async function removeNetwork(host: ContainerHost, reference: string): Promise<void> {
  host.needRunning();
  const network = findNetwork(host.networks, reference);
  const { id, name, driver, bridge } = network;
  if (!network.record || !bridge)
    throw new EngineError('forbidden', `${name} is a pre-defined network and cannot be removed`);
  const users = containersOn(host, network).map(
    (user) => `name:"${user.name}" id:"${(endpointOf(user, network)?.endpointId ?? '').slice(0, 12)}"`,
  );
  if (users.length > 0)
    throw new EngineError(
      'forbidden',
      `error while removing network: network ${name} has active endpoints (${users.join(', ')})`,
    );
  host.networks.delete(name);
  // The record goes last: an engine that is killed before takes the bridge over by it, with all that belongs to the bridge.
  const rules = endBridge(host, bridge);
  host.forgetNetwork(id);
  await applyRules(host, rules);
  host.events.emit('network', 'destroy', id, { name, type: driver });
}

export const pruneNetworkFilterKeys = ['label', 'label!', 'until'];

/** Removes the networks that no container is on and the filters let go. The body of `POST /networks/prune`. */
export async function pruneNetworks(host: ContainerHost, filters: Filters): Promise<object> {
  const until = filters.get('until')?.map(untilMs) ?? [];
  if (until.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const before = until[0] ?? Number.POSITIVE_INFINITY;
  const deleted: string[] = [];
  for (const network of [...host.networks.values()]) {
    const { name, record } = network;
    if (!record || containersOn(host, network).length > 0) continue;
    if (Date.parse(record.createdAt) > before || !matchPruneLabels(filters, record.labels)) continue;
    if (host.networks.get(name) !== network) continue; // somebody was faster
    await removeNetwork(host, name);
    deleted.push(name);
  }
  host.events.emit('network', 'prune', '', { reclaimed: '0' });
  return { NetworksDeleted: deleted.length > 0 ? deleted : null };
}
