// Starts to read the caches that a build is to import. One that cannot be read is told of, and holds nothing up.

import type { ContainerHost } from '../../containers/container.ts';
import type { Build } from '../builds.ts';
import { inVertex } from '../outputs/in-vertex.ts';
import type { Result } from '../result.ts';
import type { CacheEntry } from './cache-entries.ts';
import { nameOf, type ReadCache, readCache } from './read-cache.ts';
import { RemoteLayers } from './remote-layers.ts';

/** What comes of them is kept as long as the build is. */
export function importCaches(host: ContainerHost, build: Build<Result>, entries: readonly CacheEntry[]): RemoteLayers {
  const reading = entries.map(async (entry): Promise<ReadCache | null> => {
    try {
      const name = `importing cache manifest from ${nameOf(entry)}`;
      return await inVertex(build.progress, name, (vertex) => readCache(host, build, entry, vertex));
    } catch {
      return null;
    }
  });
  return new RemoteLayers(host, build, reading);
}
