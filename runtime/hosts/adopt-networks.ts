// The links and rules of a host that is adopted, brought in step with the records: the old engine may have been killed between the two.

import type { Container } from '../containers/container.ts';
import { gatewayOfContainer, linkTo } from '../containers/endpoints.ts';
import { applyRules } from '../containers/host-rules.ts';
import { ledByOldEngine } from '../containers/published-ports.ts';
import { openResolver } from '../containers/resolver.ts';
import {
  createBridge,
  hasLinkOf,
  isWhole,
  linksOf,
  putOnBridge,
  removeBridge,
  removeLinkOf,
  setDefaultRoutes,
} from '../networks/bridge.ts';
import { endpointIn, inOrder, linkOf } from '../networks/endpoint.ts';
import { gatewaysBy } from '../networks/gateway.ts';
import { outLink, uplink } from '../networks/nat.ts';
import { bridgesOf, findNetwork, madeNetworks } from '../networks/network.ts';
import type { Host } from './host.ts';

/** Every link that the engine makes in a host; a student cannot make one there. */
export function knownLinks(host: Host): Set<string> {
  const endpoints = [...host.containers.values()].flatMap(({ record }) => Object.values(record.endpoints));
  return new Set([
    'lo',
    uplink,
    outLink,
    ...bridgesOf(host.networks).map(({ link }) => link),
    ...endpoints.map(linkOf),
  ]);
}

/** Before the host's containers are adopted. Removes the links of networks and endpoints that are gone, and makes the missing bridges. */
export async function adoptBridges(host: Host): Promise<void> {
  const { pid } = host.record;
  const known = knownLinks(host);
  const links = linksOf(pid);
  const strays = links.filter((link) => !known.has(link));
  for (const link of strays) removeLinkOf(pid, link);
  const missing = bridgesOf(host.networks).filter((bridge) => !links.includes(bridge.link) || !isWhole(pid, bridge));
  for (const bridge of missing) {
    removeBridge(pid, bridge);
    createBridge(pid, bridge);
    const endpoints = [...host.containers.values()].flatMap(
      ({ record }) => endpointIn(record.endpoints, bridge.network) ?? [],
    );
    putOnBridge(pid, bridge, endpoints);
  }
  if (strays.length + missing.length > 0 || madeNetworks(host.networks).length > 0) await applyRules(host);
}

/** Of a container that runs: makes the links that are missing, opens its name server again. */
export async function adoptEndpoints(container: Container): Promise<void> {
  const { host, record, state } = container;
  const missing = inOrder(record.endpoints).filter(([, endpoint]) => !hasLinkOf(host.record.pid, linkOf(endpoint)));
  for (const [name, endpoint] of missing)
    linkTo(container, findNetwork(host.networks, name), state.machinePid, endpoint, { link: null, routes: [] });
  if (missing.length > 0) setDefaultRoutes(state.machinePid, gatewaysBy(gatewayOfContainer(container)));
  openResolver(container, state.machinePid);
  await ledByOldEngine(container);
}
