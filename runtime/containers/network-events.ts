// Telling that a container joined or left a network: events of the network, as moby has them.

import type { Container } from './container.ts';
import { networkOf } from './network-settings.ts';

/** Nothing is told of a container that shares another one's network. */
export function emitNetwork(container: Container, action: 'connect' | 'disconnect'): void {
  const network = networkOf(container);
  if (!network) return;
  const { id, name, driver } = network;
  container.host.events.emit('network', action, id, { container: container.id, name, type: driver });
}
