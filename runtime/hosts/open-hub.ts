// The hub in a host's network namespace, for programs that are not the docker command: HTTP and HTTPS at `hub.drydock`.

import { portsAreMoved } from '../containers/moved-ports.ts';
import { listenForHub } from '../networks/hub-address.ts';
import type { Host } from './host.ts';

/** The host's workspace runs, and its sockets are open. A host without it, whose program has the port, runs all the same. */
export async function openHub(host: Host): Promise<void> {
  const { engine, record, sockets, id, turns } = host;
  if (!sockets || !portsAreMoved(host)) return;
  try {
    const guest = { id, turns, account: () => host.record.hubAccount?.name ?? null };
    sockets.own(await engine.hub.door.open(listenForHub(record.pid), guest));
  } catch (error) {
    engine.log.warn({ error, host: host.name }, 'programs in a host do not reach the hub');
  }
}
