// `-o type=oci` and `type=docker`: the image as a tar, or its blobs for a directory of the client's.

import type { GivenFile } from '../../archives/tree-jobs.ts';
import { readTree } from '../../archives/tree-work.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { canonical, familiar, type Reference } from '../../images/reference.ts';
import type { Build } from '../builds.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import { ClientContent } from './client-content.ts';
import type { ImageRequest } from './export-image.ts';
import { exporterCall, sendBytes } from './exporter-call.ts';
import { doing } from './in-vertex.ts';
import type { LayerFiles } from './layer-files.ts';
import { type PackedImages, packImages, toldOf } from './packed-images.ts';

export interface ArchiveRequest extends ImageRequest {
  readonly type: 'oci' | 'docker';
  /** Which of the client's outputs it is. */
  readonly id: number;
}

/** What the client is told. Throws what it says. */
export async function exportArchive(
  host: ContainerHost,
  build: Build<Result>,
  vertex: Vertex,
  files: LayerFiles,
  { type, id, built, isIndex, attributes }: ArchiveRequest,
): Promise<Record<string, string>> {
  if (type === 'docker' && isIndex)
    throw new GrpcError(codes.unknown, 'docker exporter does not currently support exporting manifest lists');
  const packed = await packImages(vertex, files, { built, isIndex, attributes, isOci: type === 'oci' });
  const { names, isTar } = attributes;
  if (isTar) {
    await doing(vertex, 'sending tarball', async () => {
      using call = await exporterCall(build, id);
      await host.engine.archives.pass(host.name, async () => {
        const archive = {
          kind: 'files',
          directories: ['blobs/', 'blobs/sha256/'],
          madeAtSeconds: mtimeSeconds,
          files: filesOf(packed, type, names),
        };
        await sendBytes(call, readTree({ ...archive, kind: 'files' }, build.signal));
      });
    });
  } else {
    await doing(vertex, 'copying blobs', async () => {
      const content = new ClientContent(await build.session(), 'export', build.signal);
      for (const layer of packed.layers) await content.write(layer, layer);
      for (const blob of [...packed.blobs, ...packed.manifests])
        await content.write(blob, { bytes: Buffer.from(blob.text) });
    });
  }
  return { ...toldOf(packed, isIndex), ...(names.length > 0 && { 'image.name': names.map(canonical).join(',') }) };
}

/** Made at no time: the same image gives the same archive. */
const mtimeSeconds = 0;

function filesOf(packed: PackedImages, type: 'oci' | 'docker', names: readonly Reference[]): GivenFile[] {
  const blobs = new Map<string, GivenFile>();
  for (const { digest, size: bytes, path: blob } of packed.layers)
    blobs.set(digest, { name: blobName(digest), mtimeSeconds, blob, digest, bytes, isWhole: true });
  for (const { digest, text: content } of [...packed.blobs, ...packed.manifests])
    blobs.set(digest, { name: blobName(digest), mtimeSeconds, content });
  const named = names.map((reference) => ({
    ...packed.top,
    annotations: {
      ...packed.top.annotations,
      'io.containerd.image.name': canonical(reference),
      'org.opencontainers.image.ref.name': reference.tag ?? '',
    },
  }));
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: named.length > 0 ? named : [packed.top],
  };
  const document = (name: string, value: object): GivenFile => ({ name, mtimeSeconds, content: JSON.stringify(value) });
  return [
    ...[...blobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    document('index.json', index),
    ...(type === 'docker' ? [document('manifest.json', dockerManifest(packed, names))] : []),
    document('oci-layout', { imageLayoutVersion: '1.0.0' }),
  ];
}

/** What `docker load` reads, of one image. */
function dockerManifest({ imageIds, own }: PackedImages, names: readonly Reference[]): object {
  const Config = blobName(imageIds[0] ?? '');
  const RepoTags = names.length > 0 ? names.map(familiar) : null;
  return [{ Config, RepoTags, Layers: own.map(({ digest }) => blobName(digest)) }];
}

const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
