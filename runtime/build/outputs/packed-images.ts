// Images as registries and archives have them: layers in files, configurations, manifests, and for several platforms an index.

import type { Vertex } from '../progress.ts';
import { annotationsOf } from './annotations.ts';
import type { ImageAttributes } from './attributes.ts';
import {
  configDocument,
  type Descriptor,
  type Document,
  descriptorOf,
  indexOf,
  manifestOf,
  needsOci,
  platformDescriptor,
} from './documents.ts';
import { type Built, finishedImage } from './finished-image.ts';
import { doing } from './in-vertex.ts';
import type { LayerFile, LayerFiles } from './layer-files.ts';
import type { Sending } from './push-image.ts';

export interface PackedImages extends Sending {
  /** What names all of it. */
  readonly top: Descriptor;
  /** The IDs of the images, by their platforms' order. */
  readonly imageIds: readonly string[];
  /** Of one image that is no index: its layers, the base first. */
  readonly own: readonly LayerFile[];
}

export interface PackRequest {
  readonly built: readonly Built[];
  /** Also one image has an index. */
  readonly isIndex: boolean;
  readonly attributes: ImageAttributes;
  /** Where the attributes do not say. */
  readonly isOci: boolean;
}

/** Annotations of an index are passed over where there is none. Throws noSpace. */
export async function packImages(vertex: Vertex, files: LayerFiles, request: PackRequest): Promise<PackedImages> {
  const { built, isIndex, attributes } = request;
  const { annotations } = attributes;
  const layersOf: LayerFile[][] = [];
  await doing(vertex, 'exporting layers', async () => {
    for (const { layers, result } of built) {
      const to = attributes.rewriteTo === 'own' ? result.epoch : attributes.rewriteTo;
      layersOf.push(await files.files(layers, attributes.compression, to));
    }
  });
  const isOci = (attributes.isOci ?? request.isOci) || layersOf.some(needsOci);
  const blobs: Document[] = [];
  const manifests: Document[] = [];
  const descriptors: Descriptor[] = [];
  for (const [at, one] of built.entries()) {
    const { platform } = one.result;
    const config = configDocument(finishedImage(asWritten(one, layersOf[at] ?? [])).configuration, isOci);
    const manifest = manifestOf(descriptorOf(config), layersOf[at] ?? [], {
      isOci,
      annotations: annotationsOf(annotations, 'manifest', platform),
    });
    await doing(vertex, `exporting manifest ${manifest.digest}`, () => manifests.push(manifest));
    await doing(vertex, `exporting config ${config.digest}`, () => blobs.push(config));
    const own = annotationsOf(annotations, 'manifest-descriptor', platform);
    descriptors.push({
      ...descriptorOf(manifest),
      ...(own && { annotations: own }),
      platform: platformDescriptor(platform),
    });
  }
  const packed = {
    layers: layersOf.flat(),
    blobs,
    imageIds: blobs.map(({ digest }) => digest),
    own: layersOf.length === 1 && !isIndex ? (layersOf[0] ?? []) : [],
  };
  const [only] = descriptors;
  if (!isIndex && only) return { ...packed, manifests, top: only };
  const index = indexOf(descriptors, { isOci, annotations: annotationsOf(annotations, 'index', null) });
  await doing(vertex, `exporting manifest list ${index.digest}`, () => manifests.push(index));
  const own = annotationsOf(annotations, 'index-descriptor', null);
  return { ...packed, manifests, top: { ...descriptorOf(index), ...(own && { annotations: own }) } };
}

/** Layers whose times were changed are others than those that were built. */
function asWritten(built: Built, files: readonly LayerFile[]): Built {
  const layers = built.layers.map((layer, at) => ({ ...layer, diffId: files[at]?.diffId ?? layer.diffId }));
  return { ...built, layers };
}

/** What the client is told of them. */
export function toldOf({ top, imageIds }: PackedImages, isIndex: boolean): Record<string, string> {
  const [imageId] = imageIds;
  return {
    'containerimage.digest': top.digest,
    ...(!isIndex && imageId !== undefined && { 'containerimage.config.digest': imageId }),
    'containerimage.descriptor': Buffer.from(JSON.stringify(top)).toString('base64'),
  };
}
