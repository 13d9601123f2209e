// docker export and docker diff: a container's whole file system as a tar, and what it has changed of its image.

import { readTree } from '../archives/tree-work.ts';
import type { Container } from './container.ts';
import { openFiles, openOwnLayer } from './container-files.ts';
import { emit } from './events.ts';

/** What is read piece by piece. */
type Take = (content: AsyncIterable<Uint8Array>) => Promise<void>;

/** Calls `take` with a tar of the container's file system, without what is mounted on it. */
export async function exportContainer(container: Container, signal: AbortSignal, take: Take): Promise<void> {
  const { engine, name, record } = container.host;
  await engine.archives.pass(name, async () => {
    using files = await openFiles(container, { mounts: false, signal }, () => undefined);
    const { mounts, root } = files.view;
    await take(readTree({ kind: 'pack', mounts, root, uidBase: record.uidBase, path: '/', name: '' }, files.signal));
    emit(container, 'export');
  });
}

/** Calls `take` with a JSON list of the changes. */
export async function tellChanges(container: Container, signal: AbortSignal, take: Take): Promise<void> {
  const { engine, name } = container.host;
  await engine.archives.pass(name, async () => {
    using own = await openOwnLayer(container, signal);
    const { mounts, own: path, image } = own.layers;
    await take(readTree({ kind: 'changes', mounts, own: path, image }, own.signal));
  });
}
