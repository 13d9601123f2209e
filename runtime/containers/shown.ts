// The containers that clients know of: all but the steps of builds.

import type { Container, ContainerHost } from './container.ts';

export function shownContainers(host: Pick<ContainerHost, 'containers'>): Container[] {
  return [...host.containers.values()].filter(({ record }) => !record.isStep);
}
