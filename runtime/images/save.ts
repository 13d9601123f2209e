// `docker save`: GET /images/get. One archive in two forms, as Docker 28 writes it: its own (manifest.json) and the OCI image layout
// (index.json), which share the blobs.

import type { GivenFile } from '../archives/tree-jobs.ts';
import { readTree } from '../archives/tree-work.ts';
import { EngineError } from '../errors.ts';
import { maxCatalogueLayerBytes, maxManifestBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { hash } from '../store/layer-work.ts';
import type { KnownImage } from './contents.ts';
import { canonical, familiar, familiarName, parseReference, type Reference } from './reference.ts';
import { resolve } from './resolve.ts';
import type { HostView } from './view.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** An image that is saved, with those of its names that were asked for. */
interface Chosen {
  readonly known: KnownImage;
  readonly references: Reference[];
}

/** Throws notFound for a name that no image has, before anything is sent. */
export async function save(
  view: HostView,
  names: readonly string[],
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const chosen = new Map<string, Chosen>();
  for (const name of names) for (const [known, reference] of imagesNamed(view, name)) choose(chosen, known, reference);
  for (const { known } of chosen.values()) await measureLayers(view, known.diffIds, signal);
  const files = filesOf(view, [...chosen.values()]);
  for (const imageId of chosen.keys()) view.owner.emit({ action: 'save', id: imageId, name: imageId });
  return readTree({ kind: 'files', directories: ['blobs/', 'blobs/sha256/'], files }, signal);
}

function choose(chosen: Map<string, Chosen>, known: KnownImage, reference: Reference | null): void {
  const one = chosen.get(known.imageId) ?? { known, references: [] };
  if (reference && !one.references.some((other) => canonical(other) === canonical(reference)))
    one.references.push(reference);
  chosen.set(known.imageId, one);
}

/** As moby has it: a name without a tag means all tags of the repository; an ID means the image without names. */
function imagesNamed(view: HostView, name: string): (readonly [KnownImage, Reference | null])[] {
  const reference = /^(sha256:|[0-9a-f]{64}$)/.test(name) ? null : parseReference(name);
  if (reference && reference.tag === undefined && reference.digest === undefined) {
    const tagged = view.own.all().flatMap(({ imageId }) =>
      view.own
        .references(imageId)
        .filter((one) => one.digest === undefined && familiarName(one) === familiarName(reference))
        .map((one) => [resolve(view, imageId), one] as const),
    );
    if (tagged.length > 0) return tagged;
    return [[resolveAsWritten(view, name), null]];
  }
  return [[resolveAsWritten(view, name), reference && reference.digest === undefined ? reference : null]];
}

/** A name that no image has is told as it was written. */
function resolveAsWritten(view: HostView, name: string): KnownImage {
  try {
    return resolve(view, name);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
    throw new EngineError('notFound', `No such image: ${name.slice(0, 300)}`, { cause: error });
  }
}

function filesOf(view: HostView, chosen: readonly Chosen[]): GivenFile[] {
  const blobs = new Map<string, GivenFile>();
  const manifests: object[] = [];
  const documents: object[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  const ids = new Set(chosen.map(({ known }) => known.imageId));
  for (const { known, references } of chosen) {
    const { imageId, image } = known;
    const mtimeSeconds = Math.max(0, Math.floor(Date.parse(image.created) / 1000) || 0);
    const configuration = configurationOf(view, known);
    const add = (file: GivenFile): void => void blobs.set(file.name, file);
    add({ name: blobName(imageId), mtimeSeconds, content: configuration });
    const layers = known.diffIds.map((diffId) => layerOf(view, diffId));
    for (const { digest, blob, size } of layers)
      add({ name: blobName(digest), mtimeSeconds, blob, digest, bytes: size });
    const descriptors = layers.map(({ digest, size }) => ({ mediaType: layerType, digest, size }));
    const sources = layers.map(({ digest, size }) => [digest, { mediaType: layerType, size, digest }]);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, digest: imageId, size: Buffer.byteLength(configuration) },
      layers: descriptors,
    });
    const digest = digestOf(manifest);
    add({ name: blobName(digest), mtimeSeconds: 0, content: manifest });
    const descriptor = { mediaType: manifestType, digest, size: Buffer.byteLength(manifest) };
    const named = references.map((reference) => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': canonical(reference),
        'org.opencontainers.image.ref.name': reference.tag ?? '',
      },
    }));
    manifests.push(...(named.length > 0 ? named : [descriptor]));
    const parent = view.own.get(imageId)?.parentId;
    documents.push({
      Config: blobName(imageId),
      RepoTags: references.length > 0 ? references.map(familiar) : null,
      Layers: known.diffIds.map(blobName),
      ...(parent && ids.has(parent) && { Parent: parent }),
      LayerSources: Object.fromEntries(sources),
    });
    const top = known.diffIds.at(-1);
    for (const reference of top === undefined ? [] : references) {
      const repository = familiarName(reference);
      repositories[repository] = { ...repositories[repository], [reference.tag ?? '']: hexOf(top ?? '') };
    }
  }
  const document = (name: string, content: string): GivenFile => ({ name, mtimeSeconds: 0, content });
  return [
    ...[...blobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    document(
      'index.json',
      JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
    ),
    document('manifest.json', `${JSON.stringify(documents)}\n`),
    document('oci-layout', '{"imageLayoutVersion": "1.0.0"}'),
    ...(Object.keys(repositories).length > 0 ? [document('repositories', `${JSON.stringify(repositories)}\n`)] : []),
  ];
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

function blobName(digest: string): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** Byte for byte as hashed. Throws unavailable where the catalogue has it no more. */
export function configurationOf(view: HostView, { imageId, bytes }: KnownImage): string {
  if (bytes > 0) return view.blobs.read(imageId, maxManifestBytes).toString('utf8');
  const entry = view.catalogue.withId(imageId);
  if (entry) return entry.configuration;
  throw goneFromCatalogue(imageId);
}

function layerOf(view: HostView, diffId: string): { digest: string; blob: string; size: number } {
  const layer = view.layers.get(diffId);
  const blob = layer?.blob ? view.blobs.path(layer.blob) : view.catalogue.layerBlob(diffId);
  if (!layer || blob === undefined) throw goneFromCatalogue(diffId);
  return { digest: diffId, blob, size: layer.tarBytes ?? 0 };
}

/** Finds out what layers expand to that an older engine unpacked. */
async function measureLayers(view: HostView, diffIds: readonly string[], signal: AbortSignal): Promise<void> {
  for (const diffId of diffIds) {
    if (view.layers.get(diffId)?.tarBytes !== null) continue;
    const { blob } = layerOf(view, diffId);
    const job = { kind: 'hash', blob, maxBytes: maxCatalogueLayerBytes, digest: null } as const;
    const hashed = await hash(job, signal, () => undefined);
    if (hashed.diffId !== diffId) throw new EngineError('dataLoss', `the layer ${diffId} has changed on the disk`);
    view.layers.measured(diffId, hashed.tarBytes);
  }
}

export function goneFromCatalogue(what: string): EngineError {
  return new EngineError(
    'unavailable',
    `${what} is of an image that the catalogue has in a newer version by now: pull the image again, and save that`,
  );
}
