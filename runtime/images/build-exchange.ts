// How the layers of a host's builds leave it and come to it: as files, to registries and from them.

import { maxReferencesPerHost } from '../limits.ts';
import type { Blob } from '../store/blobs.ts';
import type { Compression } from '../store/compression.ts';
import { allowance, bringLayer } from './bring-layer.ts';
import type { MadeLayer } from './build-images.ts';
import type { RegistryOptions } from './image.ts';
import { storedLayer } from './layer-sources.ts';
import { repositoriesWith } from './push.ts';
import { canonical, type Reference } from './reference.ts';
import { openSession, type RegistrySession } from './registry-session.ts';
import { hostHasLayer } from './remove.ts';
import type { Departure, LiveMove } from './traffic.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

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
    options: RegistryOptions,
  ): Promise<RegistrySession>;
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

export function buildExchange(view: HostView): BuildExchange {
  const { contents, layers } = view;
  return {
    openRegistry: (reference, actions, options) => openSession(view, reference, actions, options),
    newDirectory: () => new Upload(view.uploads),
    stored: (diffId) => storedLayer(view, diffId),
    compressedTo: (diffId, blob) => layers.compressedTo(diffId, blob),
    repositoriesWith: (diffId, reference) => repositoriesWith(view, diffId, reference),
    has: (diffId) => hostHasLayer(view, diffId) || view.steps.all().some((step) => step.diffId === diffId),
    bring: async ({ path, digest, diffId }, signal) => {
      using _transfer = view.transfers.beginTransfer();
      const held = contents.hold([diffId]);
      try {
        const limits = { maxBytes: allowance(view), signal, onBytes: () => undefined };
        const { size } = await bringLayer(view, { path, digest, isHashed: true, diffId }, limits);
        return { diffId, bytes: size, [Symbol.dispose]: () => held[Symbol.dispose]() };
      } catch (error) {
        held[Symbol.dispose]();
        contents.discardUnused([diffId]);
        throw error;
      }
    },
    sent: (reference, imageId, digest) => {
      const name = canonical(reference);
      view.sentByBuilds.delete(name);
      view.sentByBuilds.set(name, { imageId, digest });
      for (const oldest of view.sentByBuilds.keys()) {
        if (view.sentByBuilds.size <= maxReferencesPerHost) break;
        view.sentByBuilds.delete(oldest);
      }
      const { domain, path } = reference;
      // The name may be another image's by now, and the image gone.
      if (view.own.get(imageId)) view.own.name({ domain, path, digest }, imageId);
    },
    depart: (departure) => view.owner.traffic.begin({ ...departure, direction: 'push' }),
  };
}
