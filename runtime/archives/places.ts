// The places in a container's root file system where something is mounted: made where they are missing, as the OCI runtime makes them
// when the container is started.

import fs from 'node:fs';
import { openInView, pathOf } from '../kernel/beneath.ts';
import { SystemCallError } from '../kernel/libc.ts';

export interface PlaceOptions {
  /** Else it is a file. */
  readonly isDirectory: boolean;
  /** Owner and group of what is made, on the machine. */
  readonly owner: number;
}

/**
 * An O_PATH descriptor of `destination`, absolute, below the root `root` of a view, which the caller closes. Nobody but root of the
 * machine may change the tree meanwhile. Throws SystemCallError, and what Node's fs throws.
 */
export function openPlace(root: number, destination: string, options: PlaceOptions): number {
  try {
    return openInView(root, destination);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code !== 'ENOENT' || destination === '') throw error;
  }
  const cut = destination.lastIndexOf('/');
  const parent = openPlace(root, destination.slice(0, cut) || '/', { ...options, isDirectory: true });
  try {
    const place = `${pathOf(parent)}/${destination.slice(cut + 1)}`;
    if (options.isDirectory) fs.mkdirSync(place, { mode: 0o755 });
    else fs.writeFileSync(place, '', { flag: 'wx', mode: 0o644 });
    fs.lchownSync(place, options.owner, options.owner);
  } finally {
    fs.closeSync(parent);
  }
  return openInView(root, destination);
}
