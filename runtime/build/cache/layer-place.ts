// Where layers lie that a build may need: in a repository of a registry, in the catalogue, or in a directory of the client's.

import type { CatalogueLayer } from '../../catalogue/layout.ts';
import type { ContainerHost } from '../../containers/container.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import type { Reference } from '../../images/reference.ts';
import type { Credentials } from '../../registries/credentials.ts';
import type { ClientContent } from '../outputs/client-content.ts';
import type { CacheLayer } from './cache-document.ts';

export type LayerPlace =
  | { readonly kind: 'registry'; readonly reference: Reference; readonly credentials: Credentials }
  | { readonly kind: 'catalogue'; readonly layers: readonly CatalogueLayer[] }
  | { readonly kind: 'client'; readonly content: ClientContent };

/** Fetches layers, each of which is verified, and tells of each. The layers are the caller's to let go. */
export async function fetchLayers(
  host: ContainerHost,
  place: LayerPlace,
  layers: readonly CacheLayer[],
  onLayer: (layer: MadeLayer) => void,
  signal: AbortSignal,
): Promise<void> {
  const { exchange } = host.images.builds;
  const bring = async ({ diffId, descriptor: { digest } }: CacheLayer, path: string): Promise<void> =>
    onLayer(await exchange.bring({ path, digest, diffId }, signal));
  if (place.kind === 'registry') {
    const { reference, credentials } = place;
    await using session = await exchange.openRegistry(reference, 'pull', { credentials, signal });
    for (const layer of layers) {
      const path = session.newFile();
      await session.client.ask('download', { descriptor: layer.descriptor, path });
      await bring(layer, path);
    }
    return;
  }
  if (place.kind === 'catalogue') {
    for (const { diffId } of layers) {
      const layer = place.layers.find((one) => one.diffId === diffId);
      if (layer) onLayer(await host.images.builds.catalogueLayer(layer, signal));
    }
    return;
  }
  await using directory = exchange.newDirectory();
  for (const [at, layer] of layers.entries()) {
    const path = `${directory.directory}/${at}`;
    await place.content.readInto(layer.descriptor, path);
    await bring(layer, path);
  }
}
