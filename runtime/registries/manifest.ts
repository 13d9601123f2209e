// What the documents of a registry say: image manifests and indexes, of Docker and of the OCI (image-spec manifest.md, image-index.md).

import { z } from 'zod';
import { parseJson } from '../json.ts';
import { maxLayers, maxManifestsPerIndex } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { RegistryFailure } from './failure.ts';

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
} as const;

const indexTypes: readonly string[] = [mediaTypes.dockerIndex, mediaTypes.ociIndex];
const manifestTypes: readonly string[] = [mediaTypes.dockerManifest, mediaTypes.ociManifest];
/** Docker takes these, and those of old tools that gave none or a layer's. */
const configTypes: readonly string[] = [
  mediaTypes.dockerConfig,
  mediaTypes.ociConfig,
  'application/octet-stream',
  'application/json',
  'text/html',
  '',
];

/** For the header `Accept`. */
export const accepted = [...manifestTypes, ...indexTypes].join(', ');

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Of one image. */
export interface ImageManifest {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Of the images of several platforms. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly manifests: readonly (Descriptor & { readonly platform: Platform | null })[];
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Empty where there is none. */
  readonly variant: string;
}

const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no sha256 digest, the only ones that this engine has');
const descriptor = z.object({
  mediaType: z.string().max(255).default(''),
  digest: sha256,
  size: z.int().nonnegative(),
});
const platform = z.object({
  os: z.string().max(100).default(''),
  architecture: z.string().max(100).default(''),
  variant: z.string().max(100).default(''),
});
const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  config: descriptor,
  layers: z.array(descriptor).max(maxLayers),
});
const indexSchema = z.object({
  schemaVersion: z.literal(2),
  manifests: z.array(descriptor.extend({ platform: platform.nullish() })).max(maxManifestsPerIndex),
});

/** Parses a document of the media type that came with it. Throws RegistryFailure for what is none of these, or two at once (B03). */
export function parseDocument(bytes: Buffer, contentType: string): ImageManifest | ImageIndex {
  let json: unknown;
  try {
    json = parseJson(bytes);
  } catch (cause) {
    throw new RegistryFailure('the manifest is not JSON', { kind: 'broken', cause });
  }
  const said = z.object({ mediaType: z.string().optional(), schemaVersion: z.unknown() }).safeParse(json).data;
  const type = said?.mediaType ?? contentType.split(';', 1)[0]?.trim() ?? '';
  if (said?.schemaVersion === 1 || type.startsWith('application/vnd.docker.distribution.manifest.v1'))
    throw new RegistryFailure(
      'Docker Image Format v1 and Docker Image manifest version 2, schema 1 are not supported: push the image anew with a newer Docker',
      { kind: 'broken' },
    );
  const shape = z.looseObject({}).safeParse(json).data ?? {};
  if ('manifests' in shape && ('layers' in shape || 'config' in shape))
    throw new RegistryFailure('the manifest is both an index and a manifest', { kind: 'broken' });
  if (indexTypes.includes(type) || (!manifestTypes.includes(type) && 'manifests' in shape))
    return { kind: 'index', manifests: parsed(indexSchema, json).manifests.map(withPlatform) };
  const { config, layers } = parsed(manifestSchema, json);
  if (!configTypes.includes(config.mediaType))
    throw new RegistryFailure(`unsupported media type ${config.mediaType}: it is no image of containers`, {
      kind: 'broken',
    });
  return { kind: 'manifest', config, layers };
}

function withPlatform({ platform, ...one }: z.output<typeof indexSchema>['manifests'][number]) {
  return { ...one, platform: platform ?? null };
}

function parsed<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(json);
  if (data !== undefined) return data as z.output<Schema>;
  const issues = new z.ZodError(error?.issues.slice(0, 3) ?? []);
  throw new RegistryFailure(`the manifest is not well formed: ${z.prettifyError(issues)}`, { kind: 'broken' });
}

/** Throws RegistryFailure where the bytes are not what the digest says. */
export function verifyDigest(bytes: Buffer, digest: string, what: string): void {
  const found = digestOf(bytes);
  if (found !== digest)
    throw new RegistryFailure(`${what} verification failed for digest ${digest}: its content has ${found}`, {
      kind: 'broken',
    });
}
