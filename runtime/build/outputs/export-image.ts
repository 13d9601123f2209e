// The usual output of a build: an image of the host, which a registry may be sent as well.

import type { ContainerHost } from '../../containers/container.ts';
import { goArchitecture } from '../../images/architecture.ts';
import { canonical, type Reference } from '../../images/reference.ts';
import type { Build } from '../builds.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import type { ImageAttributes, OutputName } from './attributes.ts';
import { type Built, finishedImage, type ImageParts } from './finished-image.ts';
import { doing } from './in-vertex.ts';
import type { LayerFiles } from './layer-files.ts';
import { packImages, toldOf } from './packed-images.ts';
import { pushImage } from './push-image.ts';

export interface ImageRequest {
  readonly built: readonly Built[];
  readonly isIndex: boolean;
  readonly attributes: ImageAttributes;
}

/** What the client is told. Throws invalid for a name that can be none, exhausted, what a registry says. */
export async function exportImage(
  host: ContainerHost,
  build: Build<Result>,
  vertex: Vertex,
  files: LayerFiles,
  { built, isIndex, attributes }: ImageRequest,
): Promise<Record<string, string>> {
  const { names, push, isByDigest } = attributes;
  if (built.length > 1 && !push)
    throw new GrpcError(
      codes.unknown,
      'docker exporter does not currently support exporting manifest lists: push it with --push, or write it to a file with -o type=oci',
    );
  const told = names.length === 0 ? {} : { 'image.name': names.map(shown).join(',') };
  const own = built.find(({ result }) => result.platform.architecture === goArchitecture) ?? built[0];
  const id = own ? await keepImage(host, vertex, own, names) : '';
  // The ID is that of the configuration, as in every other answer of the host.
  if (!push) return { ...told, 'containerimage.digest': id, 'containerimage.config.digest': id };
  const packed = await packImages(vertex, files, { built, isIndex, attributes, isOci: false });
  for (const reference of names) {
    try {
      await pushImage(host, build, vertex, { reference, imageId: id, isByDigest }, packed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GrpcError(codes.unknown, `failed to push ${shown(reference)}: ${why}`);
    }
  }
  return { ...told, ...toldOf(packed, isIndex) };
}

const shown = (reference: Reference & Partial<OutputName>): string => reference.written ?? canonical(reference);

/** The host has the image then; gives its ID. Throws invalid for a configuration that is none, exhausted. */
export async function keepImage(
  host: ContainerHost,
  vertex: Vertex,
  parts: ImageParts,
  names: readonly Reference[],
): Promise<string> {
  const { builds } = host.images;
  const { configuration, id } = await doing(vertex, 'exporting layers', () => finishedImage(parts));
  const own = parts.layers.filter(({ createdAt }) => createdAt !== null);
  // Those of its base are its own where no other image of the host has them.
  const isCounted = builds.isInOwnImage();
  const base = parts.layers.filter(({ createdAt, diffId }) => createdAt === null && !isCounted(diffId));
  const bytes =
    builds.bytesOf(own.map(({ diffId }) => diffId)) + builds.broughtBytesOf(base.map(({ diffId }) => diffId));
  await doing(vertex, `writing image ${id}`, () => builds.finish(configuration, bytes));
  for (const reference of names) await doing(vertex, `naming to ${shown(reference)}`, () => builds.name(reference, id));
  return id;
}
