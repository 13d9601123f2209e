// `docker pull`: POST /images/create?fromImage. Of Docker Hub's names the catalogue has some, with the cable out; all others are asked of
// their registry.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogueEntry, CatalogueLayer } from '../catalogue/layout.ts';
import { EngineError } from '../errors.ts';
import { maxCatalogueLayerBytes } from '../limits.ts';
import { nobody } from '../registries/credentials.ts';
import { hubHost } from '../registries/docker-hub.ts';
import { mayFind } from '../registries/names.ts';
import { isOwnPlatform, ownPlatform, parsePlatform, platformText } from '../registries/platform.ts';
import { isUnreachable } from '../registries/thread.ts';
import type { Progress, PullOptions } from './image.ts';
import { line, pullingLine } from './progress.ts';
import { ProgressQueue } from './progress-queue.ts';
import { pullFromRegistry } from './pull-registry.ts';
import { familiar, familiarName, type Reference, referenceOf } from './reference.ts';
import { askerOf, isNear } from './registry-session.ts';
import { hostHasLayer } from './remove.ts';
import { shortId } from './resolve.ts';
import type { LiveMove } from './traffic.ts';
import type { HostView } from './view.ts';

/** How often a client that waits for a build is told how far it is. */
const buildProgressMs = 500;

/** A name that is pulled, and the image of the catalogue that has it. */
interface Wanted {
  readonly reference: Reference;
  readonly name: string;
}

interface Admitted extends Wanted {
  /** Null where it is being built still. */
  readonly built: CatalogueEntry | null;
}

/**
 * Gives the host an image, or with null for the tag all that the repository has. Throws notFound before the first line where there
 * is none of that name; what fails later is thrown out of the lines. Idempotent: what the host has already is up to date.
 */
export async function pull(
  view: HostView,
  repository: string,
  tag: string | null,
  options: PullOptions,
): Promise<AsyncIterable<Progress>> {
  const reference = referenceOf(repository, tag ?? '');
  const everyTag = tag === null;
  const isHub = reference.domain === view.near?.domain;
  if (isHub && view.near.officialName(reference.path) !== null)
    return pullFromCatalogue(view, reference, everyTag, options);
  if (reference.domain !== 'docker.io' && nameInCatalogue(view, reference) === null)
    return await pullFromRegistry(view, reference, everyTag, options);
  let wanted: Wanted[];
  try {
    wanted = wantedOf(view, reference, everyTag);
  } catch (error) {
    return await pullFromHub(view, reference, everyTag, options, error);
  }
  return linesOf(view, reference, everyTag, wanted, options);
}

/** Throws notFound. */
function pullFromCatalogue(
  view: HostView,
  reference: Reference,
  everyTag: boolean,
  options: PullOptions,
): AsyncIterable<Progress> {
  return linesOf(view, reference, everyTag, wantedOf(view, reference, everyTag), options);
}

/** Throws notFound. */
function wantedOf(view: HostView, reference: Reference, everyTag: boolean): Wanted[] {
  const references = everyTag ? tagsInCatalogue(view, reference) : [reference];
  return references.map((one) => ({ reference: one, name: findInCatalogue(view, one) }));
}

function linesOf(
  view: HostView,
  reference: Reference,
  everyTag: boolean,
  wanted: readonly Wanted[],
  options: PullOptions,
): AsyncIterable<Progress> {
  checkOwnPlatform(options.platform);
  const shown = everyTag ? familiarName(reference) : familiar(reference);
  // Before the answer begins: the docker command then says whose the error is.
  const admitted = wanted.map((one) => ({ ...one, built: admit(view, one.reference, view.catalogue.entry(one.name)) }));
  return lines(view, admitted, shown, options.signal);
}

/** Docker Hub, where the machine fetches from it or the host has a way there; else `why` the catalogue does not do is thrown. */
async function pullFromHub(
  view: HostView,
  reference: Reference,
  everyTag: boolean,
  options: PullOptions,
  why: unknown,
): Promise<AsyncIterable<Progress>> {
  const { proxy, namesDirectory } = view.owner.reach();
  const isMirrored = isNear(view, reference, 'pull', options.credentials ?? nobody);
  if (!isMirrored && !proxy && !mayFind(namesDirectory, hubHost)) throw why;
  try {
    return await pullFromRegistry(view, reference, everyTag, options);
  } catch (error) {
    throw isUnreachable(error) ? why : error;
  }
}

/** Throws notFound, in a registry's words: the catalogue's images are for the machine that they were built on. */
function checkOwnPlatform(platform: string | undefined): void {
  if (platform === undefined) return;
  const wanted = parsePlatform(platform);
  if (isOwnPlatform(wanted)) return;
  throw new EngineError(
    'notFound',
    `no matching manifest for ${platformText(wanted)} in the manifest list entries: the catalogue has images for ${platformText(ownPlatform)} alone`,
  );
}

/** The reference itself where the repository is not known: looking it up says why. */
function tagsInCatalogue(view: HostView, reference: Reference): Reference[] {
  const { domain, path } = reference;
  const tags = view.catalogue.tags(nameInCatalogue(view, reference) ?? '');
  return tags.length === 0 ? [reference] : tags.map((tag) => ({ domain, path, tag }));
}

function findInCatalogue(view: HostView, reference: Reference): string {
  const name = nameInCatalogue(view, reference);
  const found =
    name === null
      ? 'no repository'
      : view.catalogue.find(
          name,
          reference.digest === undefined ? { tag: reference.tag ?? 'latest' } : { digest: reference.digest },
        );
  if (found === 'no repository') {
    throw new EngineError(
      'notFound',
      `there is no image ${familiarName(reference)} in the catalogue, and this Docker host has no way to Docker Hub; the catalogue has ${view.catalogue.repositories().join(', ')}`,
    );
  }
  if (found === 'no tag') throw unknownManifest(view, reference);
  return found.name;
}

/**
 * Of Docker Hub's names those of official images; of the hub's own these and shorter ones; of all names those that images of the
 * catalogue were imported by.
 */
function nameInCatalogue({ near, catalogue }: HostView, { domain, path }: Reference): string | null {
  if (near && domain === near.domain) return near.officialName(path);
  if (domain === 'docker.io' && path.startsWith('library/')) return path.slice('library/'.length);
  const name = familiarName({ domain, path });
  return catalogue.tags(name).length > 0 ? name : null;
}

/** Docker's words, and in place of the registry's own what there is. */
function unknownManifest(view: HostView, reference: Reference): EngineError {
  const tags = view.catalogue.tags(nameInCatalogue(view, reference) ?? '');
  return new EngineError(
    'notFound',
    `manifest for ${familiar(reference)} not found: manifest unknown: the catalogue has ${familiarName(reference)} with the tags ${tags.join(', ')}`,
  );
}

async function* lines(
  view: HostView,
  wanted: readonly Admitted[],
  shown: string,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  using _transfer = view.transfers.beginTransfer();
  let upToDate = true;
  for (const one of wanted) upToDate = (yield* pullOne(view, one, signal)) && upToDate;
  const how = upToDate ? 'Image is up to date for' : 'Downloaded newer image for';
  yield { status: `Status: ${how} ${shown}` };
}

/** Throws notFound where the image has another digest, refused where whoever asks has pulled as much as they may. */
function admit<Entry extends CatalogueEntry | null>(view: HostView, reference: Reference, entry: Entry): Entry {
  if (entry === null) return entry;
  const { manifestDigest } = entry;
  if (reference.digest !== undefined && reference.digest !== manifestDigest) throw unknownManifest(view, reference);
  if (view.near?.domain === reference.domain)
    view.near.pulledOfficial(askerOf(view), reference.path, reference.tag ?? null, manifestDigest);
  return entry;
}

/** Gives back whether the host had it already. */
async function* pullOne(
  view: HostView,
  { reference, name, built }: Admitted,
  signal: AbortSignal,
): AsyncGenerator<Progress, boolean> {
  const first = pullingLine(reference);
  yield first;
  const entry = built ?? admit(view, reference, yield* waitForBuild(view, name, first.id, signal));
  const upToDate = view.own.find(reference) === entry.imageId;
  using move = view.owner.traffic.begin({
    direction: 'pull',
    registry: reference.domain,
    repository: reference.path,
    reference: reference.digest ?? reference.tag ?? '',
    imageId: entry.imageId,
    diffIds: entry.layers.map(({ diffId }) => diffId),
  });
  if (upToDate) for (const { diffId, size } of entry.layers) move.layer(diffId, { bytes: size, state: 'there' });
  else {
    const queue = new ProgressQueue();
    yield* queue.follow(pullLayers(view, entry, { queue, move }, signal));
    signal.throwIfAborted();
    record(view, reference, entry);
  }
  move.arrived(entry.manifestDigest);
  view.owner.emit({ action: 'pull', id: familiar(reference), name: familiarName(reference) });
  yield { status: `Digest: ${entry.manifestDigest}` };
  return upToDate;
}

async function* waitForBuild(
  view: HostView,
  name: string,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Progress, CatalogueEntry> {
  const ready = view.catalogue.ready(name);
  ready.catch(() => undefined);
  let told = '';
  for (;;) {
    const { step } = view.catalogue.progress(name);
    const status = `This machine makes the image on its first use${step === '' ? '' : `: ${step}`}`;
    if (status !== told) yield line(id, status);
    told = status;
    const timer = new AbortController();
    const pause = sleep(buildProgressMs, null, { signal: AbortSignal.any([signal, timer.signal]) });
    try {
      const entry = await Promise.race([ready, pause]);
      if (entry) return entry;
    } finally {
      timer.abort();
      pause.catch(() => undefined);
    }
  }
}

/** Layers that another host has are unpacked already; what this host is told is as if it were alone. */
async function pullLayers(
  view: HostView,
  entry: CatalogueEntry,
  { queue, move }: { readonly queue: ProgressQueue; readonly move: LiveMove },
  signal: AbortSignal,
): Promise<void> {
  const missing: CatalogueLayer[] = [];
  for (const layer of entry.layers) {
    const exists = hostHasLayer(view, layer.diffId);
    queue.push(line(shortId(layer.digest), exists ? 'Already exists' : 'Pulling fs layer'));
    move.layer(layer.diffId, { bytes: layer.size, state: exists ? 'there' : 'moving' });
    if (!exists) missing.push(layer);
  }
  for (const layer of missing) {
    const id = shortId(layer.digest);
    queue.push(line(id, 'Downloading', layer.size, layer.size));
    queue.push(line(id, 'Verifying Checksum'));
    queue.push(line(id, 'Download complete'));
  }
  for (const layer of missing) {
    const id = shortId(layer.digest);
    await addCatalogueLayer(view, layer, signal, (bytes) => queue.push(line(id, 'Extracting', bytes, layer.size)));
    queue.push(line(id, 'Extracting', layer.size, layer.size));
    move.layer(layer.diffId, { movedBytes: layer.size, state: 'moved' });
    queue.push(line(id, 'Pull complete'));
  }
}

/** Unpacks a layer of the catalogue unless it is. */
export async function addCatalogueLayer(
  view: Pick<HostView, 'layers'>,
  layer: CatalogueLayer,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { blob, digest, diffId } = layer;
  await view.layers.add({ blob, digest, diffId, maxBytes: maxCatalogueLayerBytes, keep: null }, signal, onBytes);
}

function record(view: HostView, reference: Reference, entry: CatalogueEntry): void {
  const { imageId } = view.contents.add(entry.configuration);
  view.own.add(imageId);
  view.own.name(reference, imageId);
  view.own.name({ domain: reference.domain, path: reference.path, digest: entry.manifestDigest }, imageId);
}
