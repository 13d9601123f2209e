// The manifests and indexes of images (image-spec manifest.md, image-index.md), in the OCI's types or in Docker's.

import { mediaTypes } from '../../registries/manifest.ts';
import { digestOf } from '../../store/blobs.ts';
import { type Compression, layerMediaType } from '../../store/compression.ts';
import type { Platform } from '../language/platforms.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: object;
}

/** What a descriptor names. */
export interface Document {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly text: string;
}

export function documentOf(mediaType: string, text: string): Document {
  return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text), text };
}

export const descriptorOf = ({ mediaType, digest, size }: Document): Descriptor => ({ mediaType, size, digest });

interface Layer {
  readonly digest: string;
  readonly size: number;
  readonly compression: Compression;
  readonly annotations?: Readonly<Record<string, string>>;
}

const dockerLayerTypes: Partial<Record<Compression, string>> = {
  none: 'application/vnd.docker.image.rootfs.diff.tar',
  gzip: mediaTypes.dockerLayer,
};

/** Docker's types have no name for zstd. */
export const needsOci = (layers: readonly Layer[]): boolean =>
  layers.some(({ compression }) => dockerLayerTypes[compression] === undefined);

export function layerDescriptor({ digest, size, compression, annotations }: Layer, isOci: boolean): Descriptor {
  const mediaType = (isOci ? undefined : dockerLayerTypes[compression]) ?? layerMediaType[compression];
  return { mediaType, size, digest, ...(annotations && { annotations }) };
}

export function configDocument(configuration: string, isOci: boolean): Document {
  return documentOf(isOci ? mediaTypes.ociConfig : mediaTypes.dockerConfig, configuration);
}

export function manifestOf(
  config: Descriptor,
  layers: readonly Layer[],
  {
    isOci,
    annotations,
  }: { readonly isOci: boolean; readonly annotations?: Readonly<Record<string, string>> | undefined },
): Document {
  const mediaType = isOci ? mediaTypes.ociManifest : mediaTypes.dockerManifest;
  return json(mediaType, {
    schemaVersion: 2,
    mediaType,
    config,
    layers: layers.map((layer) => layerDescriptor(layer, isOci)),
    ...(annotations && { annotations }),
  });
}

export function indexOf(
  manifests: readonly Descriptor[],
  {
    isOci,
    annotations,
  }: { readonly isOci: boolean; readonly annotations?: Readonly<Record<string, string>> | undefined },
): Document {
  const mediaType = isOci ? mediaTypes.ociIndex : mediaTypes.dockerIndex;
  return json(mediaType, { schemaVersion: 2, mediaType, manifests, ...(annotations && { annotations }) });
}

/** Written as `docker push` writes them: the same image has the same digest then. */
function json(mediaType: string, value: object): Document {
  return documentOf(mediaType, JSON.stringify(value, null, 3));
}

/** As the OCI writes a platform. */
export function platformDescriptor({ os, architecture, variant, osVersion }: Platform): object {
  return {
    architecture,
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(variant !== undefined && { variant }),
  };
}
