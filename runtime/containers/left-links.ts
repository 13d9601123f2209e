// Links of a container that has ended. They go with its network namespace; where something else is in that, such as a program of the
// workspace that entered it, the namespace stays, and the container's address with it, until the link is removed.

import { endReach, hasLinkOf, removeLinkOf } from '../networks/bridge.ts';
import { inOrder, linkOf } from '../networks/endpoint.ts';
import type { Container } from './container.ts';

/** The kernel takes a namespace away some milliseconds after its last process. To remove a link before would hold up the loop. */
const soonMs = 500;

/** In a moment, where they are still there; and at once what the host has of its addresses. */
export function removeLinksLater({ host, record, id }: Container): void {
  const links = inOrder(record.endpoints).map(([, endpoint]) => linkOf(endpoint));
  if (links.length === 0 || !host.running) return;
  const { pid } = host.record;
  for (const [name, endpoint] of inOrder(record.endpoints)) {
    const bridge = host.networks.get(name)?.bridge;
    if (bridge) endReach(pid, bridge, endpoint);
  }
  const remove = (): void => {
    if (host.record.pid !== pid) return; // the host has ended since, and all of its links
    try {
      for (const link of links) if (hasLinkOf(pid, link)) removeLinkOf(pid, link);
    } catch (error) {
      host.engine.log.warn({ error, container: id }, 'a link of a container that has ended could not be removed');
    }
  };
  setTimeout(remove, soonMs).unref();
}
