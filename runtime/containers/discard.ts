// The last of a container: its files and its record go.

import { removeTree } from '../kernel/remove-tree.ts';
import type { Container } from './container.ts';
import { containerKind } from './container-record.ts';
import { emit } from './events.ts';

/** Forgets a container that does not run, and what it wrote. */
export async function discard(container: Container): Promise<void> {
  const { host, id } = container;
  await removeTree(container.directory);
  host.engine.exits.forget(id);
  host.containers.delete(id);
  host.execs.forgetOf(container);
  host.engine.records.delete(containerKind, host.id, id);
  host.images.release(container.record.imageId);
  emit(container, 'destroy');
  container.removed();
}
