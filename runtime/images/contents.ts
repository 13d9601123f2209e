// What images are made of, known once for all hosts: the configuration and the layers. Who has an image is not known here.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxLayers } from '../limits.ts';
import { type Blobs, digestOf } from '../store/blobs.ts';
import type { Layers } from '../store/layers.ts';
import type { Records } from '../store/records.ts';
import type { Image } from './image.ts';

/** An image's documents and layers, as stored. */
export interface Content {
  readonly imageId: string;
  /** Byte for byte as hashed. */
  readonly configuration: string;
  readonly diffIds: readonly string[];
}

/** `Content`, and what is read out of it. */
export interface KnownImage extends Content {
  readonly image: Image;
  readonly details: ImageDetails;
}

const strings = z.array(z.string()).nullish();
const emptyObjects = z.record(z.string(), z.object({})).nullish();

const configSchema = z.object({
  User: z.string().nullish(),
  ExposedPorts: emptyObjects,
  Env: strings,
  Entrypoint: strings,
  Cmd: strings,
  Volumes: emptyObjects,
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
  OnBuild: strings,
});

/** OCI image-spec config.md, and the fields that Docker adds. What the engine does not know it ignores. */
const imageSchema = z.object({
  architecture: z.string(),
  os: z.string().default('linux'),
  variant: z.string().optional(),
  created: z.string().nullish(),
  author: z.string().default(''),
  comment: z.string().default(''),
  docker_version: z.string().default(''),
  config: configSchema.nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).max(maxLayers) }),
  history: z
    .array(
      z.object({
        created: z.string().nullish(),
        created_by: z.string().default(''),
        comment: z.string().default(''),
        empty_layer: z.boolean().default(false),
      }),
    )
    .nullish(),
});

export type ImageDetails = z.output<typeof imageSchema>;

/** What Docker shows for an image that does not say when it was made. */
const neverCreated = '0001-01-01T00:00:00Z';

/** The IDs that Docker knows layers by when others lie below: each is a hash over the one before (image-spec config.md). */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}

/** Parses an image configuration. Throws invalid, saying what is wrong with it, also for another operating system. */
export function parseConfiguration(configuration: string): ImageDetails {
  let document: unknown;
  try {
    document = JSON.parse(configuration);
  } catch (error) {
    throw new EngineError('invalid', 'image configuration is not JSON', { cause: error });
  }
  const parsed = imageSchema.safeParse(document);
  if (!parsed.success) throw new EngineError('invalid', `image configuration: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.os !== 'linux') {
    throw new EngineError('invalid', `the image is for the operating system "${parsed.data.os}", not for linux`);
  }
  return parsed.data;
}

export class Contents {
  readonly #records: Records;
  readonly #layers: Layers;
  readonly #blobs: Blobs;
  readonly #known = new Map<string, KnownImage>();

  /** Knows what was known before. Forgets images whose layers are gone, and removes what a load cut short has left. */
  constructor(records: Records, layers: Layers, blobs: Blobs) {
    this.#records = records;
    this.#layers = layers;
    this.#blobs = blobs;
    for (const content of records.list<Content>('image', '')) {
      if (content.diffIds.every((diffId) => layers.get(diffId))) this.#known.set(content.imageId, this.#read(content));
      else records.delete('image', '', content.imageId);
    }
    this.discardUnused(layers.all().map((layer) => layer.diffId));
    const kept = new Set(layers.all().map((layer) => layer.blob));
    for (const digest of blobs.all()) if (!kept.has(digest)) blobs.remove(digest);
  }

  get(imageId: string): KnownImage | undefined {
    return this.#known.get(imageId);
  }

  /** Remembers an image whose layers are all unpacked. Idempotent. Throws invalid for a configuration that is none. */
  add(configuration: string): KnownImage {
    const imageId = digestOf(configuration);
    const known = this.#known.get(imageId);
    if (known) return known;
    const diffIds = parseConfiguration(configuration).rootfs.diff_ids;
    const content = { imageId, configuration, diffIds };
    const added = this.#read(content);
    this.#records.put('image', '', imageId, content);
    this.#known.set(imageId, added);
    return added;
  }

  /**
   * Forgets the images for which `used` is false, and removes the layers that no other needs. What is the catalogue's stays:
   * it costs once what one host would, and hosts' workspaces stand on it.
   */
  sweep(used: (imageId: string) => boolean): void {
    const isBrought = (diffId: string): boolean => (this.#layers.get(diffId)?.blob ?? null) !== null;
    const unused = [...this.#known.values()].filter((known) => known.diffIds.some(isBrought) && !used(known.imageId));
    for (const { imageId } of unused) {
      this.#records.delete('image', '', imageId);
      this.#known.delete(imageId);
    }
    this.discardUnused(unused.flatMap((known) => known.diffIds));
  }

  /** Removes those of these layers that a host brought in and that no image needs, with their blobs. */
  discardUnused(diffIds: readonly string[]): void {
    const needed = new Set([...this.#known.values()].flatMap((known) => known.diffIds));
    for (const diffId of new Set(diffIds)) {
      const blob = this.#layers.get(diffId)?.blob;
      if (!blob || needed.has(diffId)) continue;
      this.#layers.remove(diffId);
      this.#blobs.remove(blob);
    }
  }

  /** Where images, layers and blobs disagree, a sentence each. */
  check(): string[] {
    const findings: string[] = [];
    const needed = new Set<string>();
    for (const known of this.#known.values()) {
      for (const diffId of known.diffIds) {
        needed.add(diffId);
        if (!this.#layers.get(diffId))
          findings.push(`image ${known.imageId} needs the layer ${diffId}, which is not unpacked`);
      }
    }
    for (const { name, diffId, blob } of this.#layers.all()) {
      if (blob === null) continue;
      if (!needed.has(diffId)) findings.push(`the layer ${name} was brought in by a host and belongs to no image`);
      if (!this.#blobs.has(blob)) findings.push(`the layer ${name} has lost its blob ${blob}`);
    }
    return findings;
  }

  /** What the image's layers hold together. */
  size(known: KnownImage): number {
    return known.diffIds.reduce((sum, diffId) => sum + (this.#layers.get(diffId)?.size ?? 0), 0);
  }

  layerSize(diffId: string): number {
    return this.#layers.get(diffId)?.size ?? 0;
  }

  #read(content: Content): KnownImage {
    const details = parseConfiguration(content.configuration);
    // A layer that occurs twice hides itself, and overlayfs takes no directory twice: the upper one is enough.
    const distinct = content.diffIds.filter((diffId, i) => content.diffIds.lastIndexOf(diffId) === i);
    const layers = distinct.map((diffId) => {
      const layer = this.#layers.get(diffId);
      if (!layer) throw new EngineError('internal', `layer ${diffId} of image ${content.imageId} is not unpacked`);
      return layer.name;
    });
    const config = Object.fromEntries(Object.entries(details.config ?? {}).filter(([, value]) => value != null));
    const { architecture, os } = details;
    const created = details.created ?? neverCreated;
    return { ...content, details, image: { id: content.imageId, config, architecture, os, created, layers } };
  }
}
