// Removes a container's files and record.

import { removeTree } from '../kernel/remove-tree.ts';
import type { Container } from './container.ts';
import { containerKind } from './container-record.ts';
import { emit } from './events.ts';
import { removeUnused } from './mounts/choose-mounts.ts';
import { imagesOf } from './mounts/mount-point.ts';

/** Removes a container that does not run, with all that it wrote: with `volumes` also its anonymous volumes. */
export async function discard(container: Container, { volumes }: { readonly volumes: boolean }): Promise<void> {
  const { host, id } = container;
  await container.fileUses.end(`container ${container.name} is removed`);
  await removeTree(container.directory);
  host.engine.exits.forget(id);
  host.containers.delete(id);
  host.execs.forgetOf(container);
  host.engine.records.delete(containerKind, host.id, id);
  for (const imageId of imagesOf(container.record)) host.images.release(imageId);
  try {
    const anonymous = container.record.mounts.filter((point) => point.anonymous).map(({ name }) => name);
    if (volumes) await removeUnused(host, anonymous);
  } finally {
    emit(container, 'destroy');
    container.removed();
  }
}
