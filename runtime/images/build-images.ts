// What a builder needs of one host's images: one to stand on, new layers on top, and in the end an image of them.

import type { MadeOwnLayer } from '../archives/tree-jobs.ts';
import type { CatalogueEntry, CatalogueLayer } from '../catalogue/layout.ts';
import type { BaseTold } from '../client-inside.ts';
import type { Credentials } from '../registries/credentials.ts';
import type { Reach } from '../registries/reach.ts';
import type { Packed } from '../store/layer-work.ts';
import type { BuildExchange } from './build-exchange.ts';
import type { HistoryStep, ImageDetails } from './configuration.ts';
import type { BasePlatform, FoundBase } from './found-base.ts';
import type { Image, ImageConfig } from './image-config.ts';
import type { MadeLayer } from './made-layer.ts';
import type { Reference } from './reference.ts';
import type { StepCache } from './step-cache.ts';

export type { MadeLayer } from './made-layer.ts';

/** An image that a build stands on. */
export interface BaseImage {
  readonly imageId: string;
  readonly diffIds: readonly string[];
  readonly details: ImageDetails;
  readonly history: readonly HistoryStep[];
}

/** Of the OCI image configuration, what builds go by. */
export interface BaseDocument {
  readonly created: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly config: { readonly [Key in keyof ImageConfig]?: NonNullable<ImageConfig[Key]> };
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: true;
}

export interface BuildImages {
  /** Throws notFound where the host has none of that name. */
  base(reference: string): BaseImage;
  /** The image's configuration, as far as the engine knows it. Throws notFound. */
  document(reference: string): BaseDocument;
  /** What a registry or the catalogue has by that name, of which the host has no image then. Throws what they say. */
  findBase(
    reference: Reference,
    platform: BasePlatform,
    options: { readonly signal: AbortSignal; readonly credentials?: Credentials },
  ): Promise<FoundBase>;
  /** An image of the host, or one that its builds have found by that name; null where there is neither. Throws invalid for no name. */
  baseNamed(name: string): BaseTold | null;
  /** Unpacks a layer of the catalogue, unless it is. */
  catalogueLayer(layer: CatalogueLayer, signal: AbortSignal): Promise<MadeLayer>;
  /** Names of the unpacked layers, base first. */
  layerNames(diffIds: readonly string[]): readonly string[];
  /** How the host reaches what is outside of it. Throws unavailable where it is stopped, conflict where it is frozen. */
  reach(): Reach;
  /** What builds have made before. */
  readonly steps: StepCache;
  readonly exchange: BuildExchange;
  /** Keeps these layers until it is disposed of: those that nobody else needs go then. */
  hold(diffIds: readonly string[]): Disposable;
  /**
   * An image that only the engine knows, for one container to stand on: there until it is disposed of, and in memory alone.
   * Its layers must be held meanwhile.
   */
  stand(diffIds: readonly string[], config: ImageConfig): Disposable & { readonly image: Image };
  /** Packs a layer into a file and unpacks it for everybody. */
  layer(pack: (file: string, maxBytes: number) => Promise<Packed>, signal: AbortSignal): Promise<MadeLayer>;
  /** The same for one that `make` makes in `own`, a new directory on the store's file system: what is in its `upper` becomes the layer. */
  ownLayer(
    make: (own: string, file: string, maxBytes: number) => Promise<MadeOwnLayer>,
    signal: AbortSignal,
  ): Promise<MadeLayer>;
  /** Tells of layers whether an image of the host has them, as it is now. */
  isInOwnImage(): (diffId: string) => boolean;
  /** The host has an image of the catalogue by a name, also one that is not offered. */
  take(entry: CatalogueEntry, reference: Reference, signal: AbortSignal): Promise<void>;
  /** A layer's blob, compressed or not. Throws unavailable where it is gone from the catalogue. */
  blobOf(diffId: string): { readonly path: string; readonly digest: string };
  /** The catalogue has these layers now: the store's own blobs of them go. */
  giveToCatalogue(diffIds: readonly string[]): void;
  /** What the files of these layers hold. */
  bytesOf(diffIds: readonly string[]): number;
  /** The same of those that were brought in: the catalogue's cost a host nothing. */
  broughtBytesOf(diffIds: readonly string[]): number;
  /** The host has the image of this configuration from then on; `bytes` of it are its own. Its layers must be there. */
  finish(configuration: string, bytes: number): Promise<void>;
  /** Gives an image of the host a name, which another one loses. */
  name(reference: Reference, imageId: string): void;
}
