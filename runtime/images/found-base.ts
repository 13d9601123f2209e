// What a registry, or the catalogue, says of an image that a build begins with.

import type { CatalogueLayer } from '../catalogue/layout.ts';
import type { BaseLayer } from './remembered-bases.ts';

export interface BasePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** An image that a build may begin with. */
export interface FoundBase {
  /** Of the index or the manifest that its name stands for. */
  readonly digest: string;
  /** Byte for byte as hashed. */
  readonly configuration: string;
  readonly layers: readonly BaseLayer[];
  /** Where the catalogue has them; null for a registry. */
  readonly catalogue: readonly CatalogueLayer[] | null;
}
