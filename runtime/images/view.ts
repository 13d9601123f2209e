// What the verbs of one host's images work on. Internal to images/.

import type { Catalogue } from '../catalogue/catalogue.ts';
import type { NearRegistry } from '../registries/client.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Layers } from '../store/layers.ts';
import type { Turnstile } from '../turnstile.ts';
import type { Contents } from './contents.ts';
import type { Image, ImageOwner } from './image.ts';
import type { LayersInUse } from './layers-in-use.ts';
import type { OwnImages } from './own-images.ts';
import type { RememberedBases } from './remembered-bases.ts';
import type { StepCache } from './step-cache.ts';
import type { Transfers } from './transfers.ts';

export interface HostView {
  readonly owner: ImageOwner;
  readonly own: OwnImages;
  readonly steps: StepCache;
  readonly bases: RememberedBases;
  /** By its builds. */
  readonly inUse: LayersInUse;
  /** Images that steps of its builds stand on, by their IDs. */
  readonly standing: Map<string, Image>;
  /** What its builds have sent last under a name: by the canonical reference. */
  readonly sentByBuilds: Map<string, { readonly imageId: string; readonly digest: string }>;
  readonly contents: Contents;
  readonly layers: Layers;
  readonly blobs: Blobs;
  readonly catalogue: Catalogue;
  readonly transfers: Transfers;
  /** Threads that talk to registries, of all hosts. */
  readonly registries: Turnstile;
  /** The engine's own registry; null where it has none. */
  readonly near: NearRegistry | null;
  /** Where uploads are put until they are checked: this engine's alone, on the store's file system. */
  readonly uploads: string;
  /** Forgets those of these images that no host has and no container or snapshot needs any more. */
  readonly sweep: (imageIds: readonly string[]) => void;
  /** Takes back what a load or import that failed has stored of an image. */
  readonly discard: (imageId: string, diffIds: readonly string[]) => void;
}
