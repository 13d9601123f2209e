// What the pages tell of an official image: it is trusted, small and in memory.

import type { CatalogueEntry } from '../../catalogue/layout.ts';
import type { HubContents, HubSeenConfig, HubStep } from '../../client-hub-pages.ts';
import { platformOf, readConfig, readManifest, shownConfig, stepsOf } from './contents.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

const configOf = ({ configuration }: CatalogueEntry) => readConfig(JSON.parse(configuration));

export function officialContents(entry: CatalogueEntry): HubContents {
  const config = configOf(entry);
  return {
    ...{ digest: entry.manifestDigest, mediaType: manifestType, kind: 'image' },
    bytes: readManifest(JSON.parse(entry.manifest), manifestType)?.bytes ?? entry.sizeBytes,
    platforms: config ? [platformOf(config)] : [],
  };
}

export function officialSteps(entry: CatalogueEntry): { steps: HubStep[]; config: HubSeenConfig | null } {
  const config = configOf(entry);
  const layers = entry.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, bytes: size }));
  return {
    steps: stepsOf(layers, config),
    config: config && shownConfig(entry.imageId, config),
  };
}
