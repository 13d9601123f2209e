// Reads what a cache of a registry, or of a directory of the client's, says that it has. Its layers stay there until they are needed.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { canonical, parseReference, type Reference, withDefaultTag } from '../../images/reference.ts';
import { parseJson } from '../../json.ts';
import { maxCacheDocumentBytes, maxInlineImages } from '../../limits.ts';
import { RegistryFailure } from '../../registries/failure.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { ClientContent, type Sized } from '../outputs/client-content.ts';
import type { Status, Vertex } from '../progress.ts';
import { type AskedClient, credentialsOf } from '../session-credentials.ts';
import {
  type CacheLayer,
  type CacheRecord,
  cacheConfigType,
  cacheManifestSchema,
  inlineImageSchema,
  readCacheConfig,
  readInlineRecords,
} from './cache-document.ts';
import type { CacheEntry } from './cache-entries.ts';
import type { LayerPlace } from './layer-place.ts';

export interface ReadCache {
  readonly records: readonly CacheRecord[];
  readonly layers: readonly CacheLayer[];
  readonly place: LayerPlace;
}

/** Small documents of one place, verified. */
interface Source {
  /** What the cache's name means. */
  readonly top: { readonly bytes: Uint8Array; readonly type: string };
  document(blob: Sized): Promise<Uint8Array>;
  manifest(blob: Sized): Promise<Uint8Array>;
}

/** What progress calls it. */
export function nameOf({ type, attributes }: CacheEntry): string {
  return type === 'local' ? `local:${attributes.digest ?? ''}` : (attributes.ref ?? type);
}

/** Throws GrpcError in BuildKit's words. */
export async function readCache(
  host: ContainerHost,
  build: AskedClient,
  entry: CacheEntry,
  vertex: Vertex,
): Promise<ReadCache> {
  switch (entry.type) {
    case 'registry':
      return await readRegistry(host, build, referenceOf(entry), vertex);
    case 'local':
      return await readDirectory(build, entry, vertex);
    default:
      throw new GrpcError(codes.unknown, `unknown cache importer: ${entry.type.slice(0, 40)}`);
  }
}

export function referenceOf({ attributes: { ref = '' } }: CacheEntry): Reference {
  if (ref === '') throw new GrpcError(codes.unknown, 'missing ref');
  return withDefaultTag(parseReference(ref));
}

async function readRegistry(
  host: ContainerHost,
  build: AskedClient,
  reference: Reference,
  vertex: Vertex,
): Promise<ReadCache> {
  const failed = (error: unknown): GrpcError => {
    const cause = error instanceof EngineError ? error.cause : error;
    const isGone = cause instanceof RegistryFailure ? cause.status === 404 : isNotFound(error);
    const why = isGone ? `${canonical(reference)}: not found` : messageOf(error);
    return new GrpcError(codes.unknown, `failed to configure registry cache importer: ${why}`);
  };
  const credentials = await credentialsOf(build, reference.domain);
  const { exchange } = host.images.builds;
  await using session = await exchange.openRegistry(reference, 'pull', { credentials, signal: build.signal });
  const fetched = async (asked: string) => {
    const { found } = await session.client.ask('fetch', { reference: asked, known: null });
    if (!found) throw new EngineError('internal', 'a registry answered nothing');
    return found;
  };
  const top = await fetched(reference.digest ?? reference.tag ?? 'latest').catch((error: unknown) => {
    throw failed(error);
  });
  const read = await readFrom(
    {
      top,
      manifest: async ({ digest }) => (await fetched(digest)).bytes,
      document: async ({ digest, size }) => {
        checkSize({ digest, size });
        const path = session.newFile();
        await session.client.ask('download', { descriptor: { mediaType: '', digest, size }, path });
        return await readFile(path);
      },
    },
    vertex,
  );
  return { ...read, place: { kind: 'registry', reference, credentials } };
}

async function readDirectory(build: AskedClient, { attributes }: CacheEntry, vertex: Vertex): Promise<ReadCache> {
  const { src = '', digest = '' } = attributes;
  if (src === '') throw new GrpcError(codes.unknown, 'local cache importer requires src');
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new GrpcError(codes.unknown, 'local cache importer requires explicit digest');
  const content = new ClientContent(await build.session(), `local:${src}`, build.signal);
  const document = async (blob: Sized): Promise<Uint8Array> => {
    checkSize(blob);
    return await content.read(blob, maxCacheDocumentBytes);
  };
  const top = { bytes: await content.read({ digest }, maxCacheDocumentBytes), type: '' };
  return { ...(await readFrom({ top, document, manifest: document }, vertex)), place: { kind: 'client', content } };
}

async function readFrom(source: Source, vertex: Vertex): Promise<Omit<ReadCache, 'place'>> {
  const manifest = parsed(cacheManifestSchema, source.top.bytes);
  const { config, layers = [], manifests = [] } = manifest;
  inferred(vertex, source.top).done();
  const all = [...layers, ...manifests];
  const configBlob = [...(config ? [config] : []), ...manifests].find(({ mediaType }) => mediaType === cacheConfigType);
  if (configBlob) return readCacheConfig(json(await source.document(configBlob)), all);
  // Images, which may have a cache inline.
  const images = config
    ? [manifest]
    : await Promise.all(
        manifests.slice(0, maxInlineImages).map(async (one) => parsed(cacheManifestSchema, await source.manifest(one))),
      );
  const read = await Promise.all(images.map((image) => readInline(source, image)));
  return { records: read.flatMap(({ records }) => records), layers: read.flatMap(({ layers }) => layers) };
}

async function readInline(
  source: Source,
  { config, layers = [] }: z.output<typeof cacheManifestSchema>,
): Promise<Omit<ReadCache, 'place'>> {
  if (!config) return { records: [], layers: [] };
  const image = parsed(inlineImageSchema, await source.document(config));
  const { 'moby.buildkit.cache.v0': cache, rootfs } = image;
  const { diff_ids: diffIds } = rootfs;
  if (cache === undefined || diffIds.length !== layers.length) return { records: [], layers: [] };
  return {
    records: readInlineRecords(cache, diffIds),
    layers: layers.map(({ mediaType, digest, size }, at) => ({
      diffId: diffIds[at] ?? '',
      descriptor: { mediaType, digest, size },
    })),
  };
}

function inferred(vertex: Vertex, { type, bytes }: Source['top']): Status {
  const { mediaType = type } = parsed(z.object({ mediaType: z.string().max(255).optional() }), bytes);
  return vertex.status(`inferred cache manifest type: ${mediaType}`);
}

function checkSize({ digest, size }: Sized): void {
  if (size > maxCacheDocumentBytes)
    throw new GrpcError(codes.unknown, `blob ${digest} is too large (${size} > ${maxCacheDocumentBytes})`);
}

function parsed<Schema extends z.ZodType>(schema: Schema, bytes: Uint8Array): z.output<Schema> {
  return schema.parse(json(bytes)) as z.output<Schema>;
}

const json = (bytes: Uint8Array): unknown => parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isNotFound = (error: unknown): boolean => error instanceof EngineError && error.kind === 'notFound';
