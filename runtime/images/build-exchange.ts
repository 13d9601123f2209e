// How the layers of a host's builds leave it and come to it: as files, to registries and from them.

import type { RegistryClient } from '../registries/client.ts';
import type { Credentials } from '../registries/credentials.ts';
import type { Blob } from '../store/blobs.ts';
import type { Compression } from '../store/compression.ts';
import type { MadeLayer } from './made-layer.ts';
import type { Reference } from './reference.ts';
import type { Departure, LiveMove } from './traffic.ts';

/** A registry that is asked, until this is disposed of. */
export interface RegistryWay extends AsyncDisposable {
  readonly client: RegistryClient;
  /** A new file's name, on the store's file system. The file goes with this. */
  newFile(): string;
}

/** A layer's file in the store. */
export interface StoredLayer {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  readonly compression: Compression;
  /** What a file that is not compressed was compressed to the last time, as registries are sent it; null where it never was. */
  readonly compressed: Blob | null;
}

/** A layer's file that came from elsewhere: it has this digest. */
export interface ComeLayer {
  readonly path: string;
  readonly digest: string;
  /** What it must expand to. */
  readonly diffId: string;
}

export interface BuildExchange {
  /** Waits for a place. Throws unavailable where the host is stopped. */
  openRegistry(
    reference: Pick<Reference, 'domain' | 'path'>,
    actions: 'pull' | 'pull,push',
    options: { readonly signal: AbortSignal; readonly credentials?: Credentials },
  ): Promise<RegistryWay>;
  /** A new directory on the store's file system, for files that come. Gone when disposed of. */
  newDirectory(): AsyncDisposable & { readonly directory: string };
  /** Of one that is unpacked. Throws unavailable where the catalogue has it no more. */
  stored(diffId: string): Promise<StoredLayer>;
  /** Remembers what `stored` gives as `compressed`. */
  compressedTo(diffId: string, blob: Blob): void;
  /** Other repositories of the same registry that have the layer. */
  repositoriesWith(diffId: string, reference: Reference): readonly string[];
  /** Whether the host itself has the layer, in an image or in the cache of its builds. What others have does not count. */
  has(diffId: string): boolean;
  /**
   * Makes a layer of the file, which is moved or left. That the store has such a layer already gives it to nobody: the file is
   * expanded and hashed first (B04). Throws dataLoss, invalid, tooLarge, exhausted.
   */
  bring(file: ComeLayer, signal: AbortSignal): Promise<MadeLayer>;
  /** A registry has an image of the host by this name and digest from now on. */
  sent(reference: Reference, imageId: string, digest: string): void;
  /** Tells the host's traffic that an image leaves. */
  depart(departure: Omit<Departure, 'direction'>): LiveMove;
}
