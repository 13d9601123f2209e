// Telling that a container joined or left a network: events of the network, as moby has them.

import type { Container } from './container.ts';
import { networkDrivers, networkId, networkOf } from './network-settings.ts';

/** Nothing is told of a container that shares another one's network. */
export function emitNetwork(container: Container, action: 'connect' | 'disconnect'): void {
  const { host, id, record } = container;
  const name = networkOf(record);
  if (!name) return;
  host.events.emit('network', action, networkId(host, name), { container: id, name, type: networkDrivers[name] });
}
