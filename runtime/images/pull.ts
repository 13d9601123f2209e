// `docker pull`: POST /images/create?fromImage. Of Docker Hub's names the catalogue has some, with the cable out; all others are asked of
// their registry.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogueEntry, CatalogueLayer } from '../catalogue/layout.ts';
import { EngineError } from '../errors.ts';
import { maxCatalogueLayerBytes } from '../limits.ts';
import { isOwnPlatform, ownPlatform, parsePlatform, platformText } from '../registries/platform.ts';
import type { Progress, PullOptions } from './image.ts';
import { placeOf, reachedOr, unknownManifest, type Wanted } from './places.ts';
import { line, pullingLine } from './progress.ts';
import { ProgressQueue } from './progress-queue.ts';
import { pullFromRegistry } from './pull-registry.ts';
import { familiar, familiarName, type Reference, referenceOf } from './reference.ts';
import { askerOf } from './registry-session.ts';
import { hostHasLayer } from './remove.ts';
import { shortId } from './resolve.ts';
import type { LiveMove } from './traffic.ts';
import type { HostView } from './view.ts';

/** How often a client that waits for a build is told how far it is. */
const buildProgressMs = 500;

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
  const place = placeOf(view, reference, everyTag, options.credentials);
  if (place.kind === 'catalogue') return linesOf(view, reference, everyTag, place.wanted, options);
  return await reachedOr(place, () => pullFromRegistry(view, reference, everyTag, options));
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
    // Those that only the cache of builds has could go meanwhile.
    using _held = view.contents.hold(entry.layers.map(({ diffId }) => diffId));
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

/** An image of the catalogue, once it is built. Throws as `admit`, and unavailable where it cannot be built. */
export async function admitted(
  view: HostView,
  { reference, name }: Wanted,
  signal: AbortSignal,
): Promise<CatalogueEntry> {
  const built = admit(view, reference, view.catalogue.entry(name));
  if (built) return built;
  const waiting = waitForBuild(view, name, '', signal);
  let next = await waiting.next();
  while (!next.done) next = await waiting.next();
  return admit(view, reference, next.value);
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
