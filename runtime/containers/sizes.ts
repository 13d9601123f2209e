// How much a container has written, and how much it sees: `docker ps --size`.

import { sizeOfTree, type TreeSize } from '../kernel/tree-size.ts';
import { maxSizedEntries } from '../limits.ts';
import { networkFileNames } from '../networks/files.ts';
import type { Container } from './container.ts';

/** Empty files that a start makes, to mount the network's files on: the container has not written them. */
const mountPoints: ReadonlySet<string> = new Set(networkFileNames.map((name) => `/etc/${name}`));

/** What a container's own layer holds, as far as `maxEntries` directory entries go. */
export async function countOwnLayer(container: Container, maxEntries: number): Promise<TreeSize> {
  return await sizeOfTree(
    `${container.directory}/upper`,
    maxEntries,
    (path, status) => !(status?.isFile() && status.size === 0 && mountPoints.has(path)),
  );
}

function imageBytes(container: Container): number {
  try {
    const body: { Size?: unknown } = container.host.images.inspect(container.record.imageId);
    return typeof body.Size === 'number' ? body.Size : 0;
  } catch {
    return 0;
  }
}

/** `SizeRw`: the container's own layer; `SizeRootFs`: with its image's. Best effort. */
export async function sizesOf(container: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const { bytes } = await countOwnLayer(container, maxSizedEntries);
  return { SizeRw: bytes, SizeRootFs: bytes + imageBytes(container) };
}
