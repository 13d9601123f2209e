// What becomes of a build: each output that the client asks for, one after the other, and then its cache.

import type { ContainerHost } from '../../containers/container.ts';
import type { Build } from '../builds.ts';
import { type CacheRecord, inlineRecords } from '../cache/cache-document.ts';
import { checkCacheExport, exportCache } from '../cache/export-cache.ts';
import type { BuiltLayer } from '../execute/made.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { Result } from '../result.ts';
import type { Output, Outputs } from '../served-builder.ts';
import { imageAttributes, isSplit } from './attributes.ts';
import { exportArchive } from './export-archive.ts';
import { exportFiles } from './export-files.ts';
import { exportImage } from './export-image.ts';
import type { Built } from './finished-image.ts';
import { inVertex } from './in-vertex.ts';
import { LayerFiles } from './layer-files.ts';

/** A result that was built, and what of it a cache holds. */
export interface MadeResult {
  readonly result: Result;
  readonly layers: readonly BuiltLayer[];
  readonly records: readonly CacheRecord[];
}

const names: Readonly<Record<string, string>> = {
  moby: 'exporting to image',
  image: 'exporting to image',
  oci: 'exporting to oci image format',
  docker: 'exporting to docker image format',
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
};

/** Throws, in BuildKit's words, for what makes no sense: before anything is built. */
export function checkOutputs({ outputs, caches }: Outputs): void {
  for (const { type, attributes } of outputs) {
    if (!Object.hasOwn(names, type))
      throw new GrpcError(codes.unknown, `exporter ${JSON.stringify(type.slice(0, 40))} could not be found`);
    if (type === 'local' || type === 'tar') {
      isSplit(attributes);
      continue;
    }
    const { rewriteTo } = imageAttributes(attributes, null);
    if (rewriteTo !== null && (type === 'image' || type === 'moby'))
      throw new GrpcError(codes.unknown, 'exporter option "rewrite-timestamp" conflicts with "unpack"');
  }
  for (const cache of caches) checkCacheExport(cache);
}

/** What the client is told. Throws what the client or a registry says. */
export async function exportOutputs(
  host: ContainerHost,
  build: Build<Result>,
  { made, isIndex }: { readonly made: readonly MadeResult[]; readonly isIndex: boolean },
  { outputs, caches }: Outputs,
): Promise<Record<string, string>> {
  await using files = new LayerFiles(host, build.signal);
  const isInline = caches.some(({ type }) => type === 'inline');
  const built = made.map(({ result, layers, records }): Built => {
    const diffIds = layers.map(({ diffId }) => diffId);
    return { result, image: result.image, layers, inlineCache: isInline ? inlineRecords(records, diffIds) : null };
  });
  const told: Record<string, string> = {};
  for (const [id, { type, attributes }] of outputs.entries())
    Object.assign(told, await exportOne(host, build, files, { id, type, attributes, built, isIndex }));
  const cache = {
    records: made.flatMap(({ records }) => records),
    resultDiffIds: new Set(made.flatMap(({ layers }) => layers.map(({ diffId }) => diffId))),
  };
  for (const entry of caches)
    if (entry.type !== 'inline') Object.assign(told, await exportCache(host, build, files, entry, cache));
  return told;
}

interface OneOutput extends Output {
  readonly id: number;
  readonly built: readonly Built[];
  readonly isIndex: boolean;
}

async function exportOne(
  host: ContainerHost,
  build: Build<Result>,
  files: LayerFiles,
  { id, type, attributes, built, isIndex }: OneOutput,
): Promise<Record<string, string>> {
  return await inVertex(build.progress, names[type] ?? type, async (vertex) => {
    switch (type) {
      case 'local':
      case 'tar':
        await exportFiles(host, build, vertex, { type, id, built, isSplit: isIndex || isSplit(attributes) });
        return {};
      case 'oci':
      case 'docker':
        return await exportArchive(host, build, vertex, files, {
          ...{ type, id, built, isIndex },
          // As BuildKit: who reads a file may be older than zstd.
          attributes: imageAttributes(attributes, 'gzip'),
        });
      default:
        return await exportImage(host, build, vertex, files, {
          built,
          isIndex,
          // As `docker push` sends them.
          attributes: imageAttributes(attributes, null),
        });
    }
  });
}
