// `--cache-to`: the results of a build's steps go to a registry, or to a directory of the client's, for other builds to import.

import type { ContainerHost } from '../../containers/container.ts';
import type { Build } from '../builds.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { booleanIn, compressionIn } from '../outputs/attributes.ts';
import { ClientContent } from '../outputs/client-content.ts';
import { type Document, descriptorOf, documentOf, indexOf, layerDescriptor, manifestOf } from '../outputs/documents.ts';
import { doing, inVertex } from '../outputs/in-vertex.ts';
import type { LayerFile, LayerFiles } from '../outputs/layer-files.ts';
import { sendBlobs } from '../outputs/push-image.ts';
import type { Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import { credentialsOf } from '../session-credentials.ts';
import { type CacheRecord, cacheConfig, cacheConfigType } from './cache-document.ts';
import type { CacheEntry } from './cache-entries.ts';
import { referenceOf } from './read-cache.ts';

/** What a build can export. */
export interface CacheToExport {
  /** Of all its steps. */
  readonly records: readonly CacheRecord[];
  /** Layers of what it has made: `mode=min` exports these alone. */
  readonly resultDiffIds: ReadonlySet<string>;
}

const names: Readonly<Record<string, string>> = {
  registry: 'exporting cache to registry',
  local: 'exporting cache to client directory',
};

/** Throws for what makes no sense, before anything is built. */
export function checkCacheExport({ type, attributes }: CacheEntry): void {
  if (type === 'inline') return;
  if (!Object.hasOwn(names, type)) throw new GrpcError(codes.unknown, `unknown cache exporter: "${type.slice(0, 40)}"`);
  compressionIn(attributes, null);
  for (const name of ['oci-mediatypes', 'image-manifest', 'ignore-error']) booleanIn(attributes, name, true);
  const { mode = 'min' } = attributes;
  if (mode !== 'min' && mode !== 'max')
    throw new GrpcError(codes.unknown, `invalid cache export mode: ${mode.slice(0, 40)}`);
  if (type === 'registry') referenceOf({ type, attributes });
  else if ((attributes.dest ?? '') === '') throw new GrpcError(codes.unknown, 'local cache exporter requires dest');
}

/** What the client is told. Throws what the registry or the client says, unless such errors are to be ignored. */
export async function exportCache(
  host: ContainerHost,
  build: Build<Result>,
  files: LayerFiles,
  entry: CacheEntry,
  cache: CacheToExport,
): Promise<Record<string, string>> {
  try {
    return await inVertex(build.progress, names[entry.type] ?? '', (vertex) =>
      exportTo(host, build, vertex, files, entry, cache),
    );
  } catch (error) {
    if (!build.signal.aborted && booleanIn(entry.attributes, 'ignore-error', false)) return {};
    throw error;
  }
}

interface Prepared {
  readonly layers: readonly LayerFile[];
  readonly config: Document;
  readonly manifest: Document;
  /** What is told of the manifest. */
  readonly kind: string;
}

async function prepare(files: LayerFiles, { attributes }: CacheEntry, cache: CacheToExport): Promise<Prepared> {
  const isAll = attributes.mode === 'max';
  const records = cache.records.filter(({ diffId }) => isAll || cache.resultDiffIds.has(diffId));
  const isOci = booleanIn(attributes, 'oci-mediatypes', true);
  const isManifest = isOci && booleanIn(attributes, 'image-manifest', true);
  const distinct = [...new Map(records.map((record) => [record.diffId, record])).values()];
  const layers = await files.files(distinct, compressionIn(attributes, null));
  const described = layers.map((layer) => ({
    ...layer,
    annotations: { 'containerd.io/uncompressed': layer.diffId },
  }));
  const descriptors = described.map((layer) => layerDescriptor(layer, isOci));
  const known = layers.flatMap(({ diffId }, at) => {
    const descriptor = descriptors[at];
    return descriptor ? [{ diffId, descriptor }] : [];
  });
  const config = documentOf(cacheConfigType, cacheConfig(records, known));
  if (isManifest)
    return {
      layers,
      config,
      manifest: manifestOf(descriptorOf(config), described, { isOci }),
      kind: 'cache image manifest',
    };
  const manifest = indexOf([...descriptors, descriptorOf(config)], { isOci });
  return { layers, config, manifest, kind: 'manifest' };
}

async function exportTo(
  host: ContainerHost,
  build: Build<Result>,
  vertex: Vertex,
  files: LayerFiles,
  entry: CacheEntry,
  cache: CacheToExport,
): Promise<Record<string, string>> {
  const prepared = await doing(vertex, 'preparing build cache for export', () => prepare(files, entry, cache));
  const { layers, config, manifest, kind } = prepared;
  if (entry.type === 'registry') {
    const reference = referenceOf(entry);
    const credentials = await credentialsOf(build, reference.domain);
    const { exchange } = host.images.builds;
    await using session = await exchange.openRegistry(reference, 'pull,push', { credentials, signal: build.signal });
    const statuses = layers.map(({ digest }) => vertex.status(`writing layer ${digest}`));
    await sendBlobs(host, session, reference, { layers, blobs: [config] }, null);
    for (const status of statuses) status.done();
    await doing(vertex, `writing config ${config.digest}`, () => undefined);
    await doing(vertex, `writing ${kind} ${manifest.digest}`, () =>
      session.client.ask('manifest', {
        reference: reference.tag ?? manifest.digest,
        mediaType: manifest.mediaType,
        text: manifest.text,
      }),
    );
  } else {
    const content = new ClientContent(await build.session(), `local:${entry.attributes.dest}`, build.signal);
    for (const layer of layers) await doing(vertex, `writing layer ${layer.digest}`, () => content.write(layer, layer));
    for (const [what, document] of [
      ['config', config],
      [kind, manifest],
    ] as const)
      await doing(vertex, `writing ${what} ${document.digest}`, () =>
        content.write(document, { bytes: Buffer.from(document.text) }),
      );
  }
  return { 'cache.manifest': JSON.stringify(descriptorOf(manifest)) };
}
