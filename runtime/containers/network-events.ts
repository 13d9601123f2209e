// Sends the network's events when a container joins or leaves it, as moby does.

import type { Network } from '../networks/network.ts';
import type { Container } from './container.ts';
import { networksOfContainer } from './network-settings.ts';

export function emitNetwork(container: Container, network: Network, action: 'connect' | 'disconnect'): void {
  if (container.record.isStep) return;
  const { id, name, driver } = network;
  container.host.events.emit('network', action, id, { container: container.id, name, type: driver });
}

/** Of each network that the container is on. Nothing is told of one that shares another one's network. */
export function emitNetworks(container: Container, action: 'connect' | 'disconnect'): void {
  for (const network of networksOfContainer(container)) emitNetwork(container, network, action);
}
