// What an exported cache says of itself, in BuildKit's form (cache/remotecache/v1): layers, and which step each is the result of.
//
// A step is named by a digest of this builder's own, so BuildKit reads such a cache and finds nothing in it, and the other way round.

import { z } from 'zod';
import { maxCacheRecords, maxLayers } from '../../limits.ts';
import type { Descriptor } from '../outputs/documents.ts';

export const cacheConfigType = 'application/vnd.buildkit.cacheconfig.v0';

/** A step whose result is known. */
export interface CacheRecord {
  /** A digest over all that the step was made of. */
  readonly key: string;
  readonly diffId: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** A layer as it lies where the cache is. */
export interface CacheLayer {
  readonly diffId: string;
  readonly descriptor: Descriptor;
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/);
const recordSchema = z.object({
  digest: z.string().max(200),
  layers: z
    .array(z.object({ layer: z.int().nonnegative(), createdAt: z.string().max(40).optional() }))
    .max(100)
    .optional(),
});
const recordsSchema = z.array(recordSchema).max(maxCacheRecords);
const configSchema = z.object({
  layers: z
    .array(
      z.object({
        blob: digest,
        annotations: z.object({ diffID: z.string().optional() }).nullish(),
      }),
    )
    .max(maxCacheRecords)
    .optional(),
  records: recordsSchema.optional(),
});

const descriptorSchema = z.object({
  mediaType: z.string().max(255).default(''),
  digest,
  size: z.int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
/** Of a manifest or an index, as far as a cache may be one. */
export const cacheManifestSchema = z.object({
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).max(maxCacheRecords).optional(),
  manifests: z.array(descriptorSchema).max(maxCacheRecords).optional(),
});

export const inlineImageSchema = z.object({
  rootfs: z.object({ diff_ids: z.array(digest).max(maxLayers) }),
  'moby.buildkit.cache.v0': z.string().optional(),
});

type Records = z.output<typeof recordsSchema>;

/** `diffIds`: of the layers that the records count. Steps of other builders are among them, under names that no step has here. */
function recordsOf(records: Records, diffIds: readonly (string | undefined)[]): CacheRecord[] {
  return records.flatMap(({ digest: key, layers = [] }) => {
    const last = layers.at(-1);
    const diffId = last && diffIds[last.layer];
    if (!last || diffId === undefined) return [];
    const { data: createdAt = new Date(0).toISOString() } = time.safeParse(last.createdAt);
    return [{ key, diffId, createdAt }];
  });
}

/** Of a cache's configuration. `blobs`: what names its layers. Throws ZodError. */
export function readCacheConfig(
  document: unknown,
  blobs: readonly z.output<typeof descriptorSchema>[],
): { records: CacheRecord[]; layers: CacheLayer[] } {
  const { layers = [], records = [] } = configSchema.parse(document);
  const named = new Map(blobs.map((one) => [one.digest, one]));
  const diffIds = layers.map(({ blob, annotations }) => {
    const said = annotations?.diffID ?? named.get(blob)?.annotations?.['containerd.io/uncompressed'];
    return digest.safeParse(said).data;
  });
  const known = layers.flatMap(({ blob }, at): CacheLayer[] => {
    const [diffId, descriptor] = [diffIds[at], named.get(blob)];
    if (diffId === undefined || !descriptor) return [];
    const { mediaType, size } = descriptor;
    return [{ diffId, descriptor: { mediaType, digest: blob, size } }];
  });
  return { records: recordsOf(records, diffIds), layers: known };
}

/** The records that an image's configuration holds (`type=inline`). Throws ZodError, SyntaxError. */
export function readInlineRecords(base64: string, diffIds: readonly string[]): CacheRecord[] {
  const records: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  return recordsOf(recordsSchema.parse(records), diffIds);
}

/** What `readInlineRecords` reads. */
export function inlineRecords(records: readonly CacheRecord[], diffIds: readonly string[]): string {
  return JSON.stringify(
    records
      .filter(({ diffId }) => diffIds.includes(diffId))
      .map(({ key, diffId, createdAt }) => ({
        layers: [{ layer: diffIds.indexOf(diffId), createdAt }],
        digest: key,
      })),
  );
}

/** What `readCacheConfig` reads; the layers are in the order of `layers`. */
export function cacheConfig(records: readonly CacheRecord[], layers: readonly CacheLayer[]): string {
  const places = new Map(layers.map(({ diffId }, at) => [diffId, at]));
  return JSON.stringify({
    layers: layers.map(({ diffId, descriptor: { digest: blob, mediaType, size } }) => ({
      blob,
      parent: -1,
      annotations: { mediaType, diffID: diffId, size },
    })),
    records: records.map(({ key, diffId, createdAt }) => ({
      layers: [{ layer: places.get(diffId) ?? 0, createdAt }],
      digest: key,
    })),
  });
}
