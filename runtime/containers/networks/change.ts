// What connecting a container to a network and disconnecting it have in common.

import { EngineError } from '../../errors.ts';
import { disconnectFromBridge, endReach, setDefaultRoutes } from '../../networks/bridge.ts';
import type { Endpoint, Endpoints } from '../../networks/endpoint.ts';
import { gatewaysBy } from '../../networks/gateway.ts';
import type { Network } from '../../networks/network.ts';
import type { Attachments } from '../attachment.ts';
import type { Container, ContainerHost } from '../container.ts';
import { attachmentsOf, gatewayOfContainer } from '../endpoints.ts';
import { networkModeOf } from '../joined.ts';
import { changeNames } from '../names-in-files.ts';
import { choosePublishedPorts, publishPorts, unpublishPorts } from '../published-ports.ts';
import { openResolver } from '../resolver.ts';

/** Throws invalid for no name at all, notFound. */
export function namedContainer(host: ContainerHost, reference: string): Container {
  if (reference === '') throw new EngineError('invalid', 'invalid name or ID supplied: ""');
  return host.findContainer(reference);
}

/** Throws conflict where the container is about to go. */
export function needThere({ id, state, host }: Container): void {
  if (state.status === 'removing' || state.status === 'dead' || !host.containers.has(id))
    throw new EngineError(
      'conflict',
      `container ${id} is marked for removal and cannot be connected or disconnected to the network`,
    );
}

/** Throws what moby says where the container cannot be on that network beside what it is on. */
export function needRoomFor(container: Container, network: Network): void {
  const { kind } = networkModeOf(container.record);
  if (kind === 'host' || kind === 'container')
    throw new EngineError(
      'invalid',
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  if (network.driver === 'host')
    throw new EngineError(
      'invalid',
      'cannot connect container to host network - container must be created in host network mode',
    );
  if (network.driver === 'null' || Object.hasOwn(attachmentsOf(container), 'none'))
    throw new EngineError(
      'invalid',
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
}

/**
 * Stores the change of a container that runs, calls `act`, and leads its default route and its published ports by the network that
 * has them then. Throws refused where a port is not free for that network.
 */
export async function changeEndpoints(
  container: Container,
  change: { readonly networks: Attachments; readonly endpoints: Endpoints },
  act: () => void,
): Promise<void> {
  const before = gatewayOfContainer(container);
  const { endpoints } = container.record;
  container.save(change);
  act();
  openResolver(container, container.state.machinePid);
  changeNames(container, endpoints);
  const after = gatewayOfContainer(container);
  if (before?.endpoint === after?.endpoint) return;
  setDefaultRoutes(container.state.machinePid, gatewaysBy(after));
  const published = container.record.ports;
  if (published.length > 0) await unpublishPorts(container, before);
  container.save({ ports: [] });
  container.save({
    ports: choosePublishedPorts(container, container.record.endpoints, published.length > 0 ? published : null),
  });
  await publishPorts(container);
}

/** Takes the link to one network from a container that runs. Idempotent. */
export function unlink({ host, state }: Container, { bridge }: Network, endpoint: Endpoint): void {
  if (!bridge) return;
  disconnectFromBridge(host.record.pid, state.machinePid, bridge, endpoint);
  endReach(host.record.pid, bridge, endpoint);
}
