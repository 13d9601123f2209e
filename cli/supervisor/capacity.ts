// What is taken from the machine where no setting says it: how many students at once, and how large the store may grow.

import { existsSync, statfsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import { Failure } from '../failure.ts';
import { storeImage } from '../paths.ts';
import type { Settings } from '../settings.ts';
import { formatSize } from '../sizes.ts';

const gibibyte = 1024 ** 3;
/** Engine, server, page cache of the images. */
const ownMemoryBytes = 2 * gibibyte;
/** A student who reads uses some MB, one with a web server in a container some tens; few use all that they may. */
const usualShareOfLimit = 1 / 8;
/** The first images, unpacked and as built, and room to use them. */
const leastFirstDiskBytes = 4 * gibibyte;
/** Below this the next write of a student would meet a full disk under the store, which btrfs answers by going read-only. */
const leastDiskBytes = 0.5 * gibibyte;

export function capacityOf(settings: Settings): number {
  if (settings.capacity !== null) return settings.capacity;
  const forStudents = os.totalmem() - ownMemoryBytes;
  const places = Math.floor(forStudents / (settings.hostMemory * usualShareOfLimit));
  return Math.max(1, Math.min(places, settings.uidRanges));
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** How large the store is, or may become where it is made now. Makes the data directory. Throws Failure where the disk is full. */
export async function storeBytesOf(settings: Settings): Promise<number> {
  await mkdir(settings.data, { recursive: true, mode: 0o711 });
  const free = freeBytes(settings.data);
  const image = storeImage(settings.data);
  const exists = existsSync(image);
  const least = exists ? leastDiskBytes : leastFirstDiskBytes;
  if (free < least) {
    throw new Failure(
      `The disk that holds ${settings.data} has ${formatSize(free)} free, and Drydock needs ${formatSize(least)} to start. ` +
        'Make room, or put DRYDOCK_DATA on a larger disk.',
    );
  }
  if (exists) return statSync(image).size;
  return settings.storeSize ?? Math.floor((free * 0.8) / gibibyte) * gibibyte;
}
