// `docker pull` from a registry that the host reaches: layers come several at a time, each into a file, and are unpacked in order.

import { EngineError } from '../errors.ts';
import { maxBlobsComing } from '../limits.ts';
import type { FoundImage, RegistryJobs } from '../registries/jobs.ts';
import type { Descriptor } from '../registries/manifest.ts';
import { ownPlatform, parsePlatform, platformText } from '../registries/platform.ts';
import { Turnstile } from '../turnstile.ts';
import { allowance, bringComing, bringing, bringLayer, configurationAllowance } from './bring-layer.ts';
import type { Progress, PullOptions } from './image.ts';
import { line, pullingLine } from './progress.ts';
import { ProgressQueue } from './progress-queue.ts';
import { canonical, familiar, familiarName, type Reference } from './reference.ts';
import { openSession, type RegistrySession } from './registry-session.ts';
import { hostHasLayer } from './remove.ts';
import { shortId } from './resolve.ts';
import type { LiveMove } from './traffic.ts';
import type { HostView } from './view.ts';

/** Of a layer so much has come when it is begun to be unpacked: to start a thread for less is not worth it, nor for one that comes slowly. */
const beginBytes = 16 * 1024 * 1024;

/** A reference, and what the registry has by it. */
interface Wanted {
  readonly reference: Reference;
  /** What the tag or digest names: an index, or the manifest. */
  readonly top: RegistryJobs['top']['answer'];
}

interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly path: string;
  /** Resolves when so much of it has come that it is worth to begin with. */
  readonly begun: PromiseWithResolvers<'begun'>;
}

/**
 * With `everyTag`: all that the repository has. That the registry has no such thing, or why it cannot be asked, is thrown before the
 * first line; what is wrong with the image is thrown out of the lines.
 */
export async function pullFromRegistry(
  view: HostView,
  reference: Reference,
  everyTag: boolean,
  options: PullOptions,
): Promise<AsyncIterable<Progress>> {
  await using stack = new AsyncDisposableStack();
  stack.use(view.transfers.beginTransfer());
  const session = stack.use(await openSession(view, reference, 'pull', options));
  const { domain, path } = reference;
  const references = everyTag
    ? (await session.client.ask('tags', {})).map((tag): Reference => ({ domain, path, tag }))
    : [reference];
  const [first, ...others] = references;
  if (!first) throw new EngineError('notFound', `the registry has no tags of ${familiarName(reference)}`);
  const found = await find(session, first);
  const held = stack.move();
  const shown = everyTag ? familiarName(reference) : familiar(reference);
  return (async function* (): AsyncGenerator<Progress> {
    await using _held = held;
    let { upToDate, warning } = yield* pullOne(view, session, found, options);
    for (const other of others) {
      const next = yield* pullOne(view, session, await find(session, other), options);
      upToDate &&= next.upToDate;
      warning ??= next.warning;
    }
    yield { status: `Status: ${upToDate ? 'Image is up to date for' : 'Downloaded newer image for'} ${shown}` };
    if (warning !== null) yield { status: `WARNING: ${warning}` };
  })();
}

async function find(session: RegistrySession, reference: Reference): Promise<Wanted> {
  return { reference, top: await session.client.ask('top', { reference: askedFor(reference) }) };
}

function askedFor({ digest, tag = 'latest' }: Reference): string {
  return digest ?? tag;
}

interface Pulled {
  /** Whether the host had it already. */
  readonly upToDate: boolean;
  readonly warning: string | null;
}

async function* pullOne(
  view: HostView,
  session: RegistrySession,
  { reference, top }: Wanted,
  options: PullOptions,
): AsyncGenerator<Progress, Pulled> {
  const { domain, path } = reference;
  yield pullingLine(reference);
  if (top.note !== undefined) yield { status: top.note };
  const platform = options.platform === undefined ? ownPlatform : parsePlatform(options.platform);
  const configuration = session.newFile();
  const image = await session.client.ask('image', {
    reference: askedFor(reference),
    platform,
    maxConfigurationBytes: configurationAllowance(view),
    path: configuration,
  });
  const { imageId } = image.configuration;
  const byDigest = { domain, path, digest: top.digest };
  const upToDate = view.own.find(reference) === imageId && view.own.find(byDigest) === imageId;
  using move = view.owner.traffic.begin({
    direction: 'pull',
    registry: domain,
    repository: path,
    reference: askedFor(reference),
    imageId,
    diffIds: image.configuration.diffIds,
  });
  if (upToDate) tellThere(image, move);
  else {
    const queue = new ProgressQueue();
    const work = bringImage(view, session, { image, configuration }, { queue, move }, options.signal);
    try {
      yield* queue.follow(work);
    } finally {
      // The files that it works on go with the session.
      await work.catch(() => undefined);
    }
    view.own.name(reference, imageId);
    view.own.name(byDigest, imageId);
  }
  move.arrived(top.digest);
  view.owner.emit({ action: 'pull', id: familiar(reference), name: familiarName(reference) });
  yield { status: `Digest: ${top.digest}` };
  // Docker does not refuse an image that has no index and is for another platform.
  const warning =
    options.platform === undefined || image.fits
      ? null
      : `image with reference ${canonical(reference)} was found but its platform (${image.platform}) does not match the specified platform (${platformText(platform)})`;
  return { upToDate, warning };
}

/** Where progress is told: to the client, and to the host's traffic. */
interface Telling {
  readonly queue: ProgressQueue;
  readonly move: LiveMove;
}

function tellThere({ layers, configuration: { diffIds } }: FoundImage, move: LiveMove): void {
  for (const [i, { size }] of layers.entries()) move.layer(diffIds[i] ?? '', { bytes: size, state: 'there' });
}

interface Brought {
  readonly image: FoundImage;
  /** The file of its configuration. */
  readonly configuration: string;
}

/** The image is the host's then, whole, without a name of its own yet; or nothing of it is. */
async function bringImage(
  view: HostView,
  session: RegistrySession,
  { image, configuration }: Brought,
  telling: Telling,
  signal: AbortSignal,
): Promise<void> {
  const { imageId, diffIds } = image.configuration;
  await bringing(view, imageId, diffIds, async () => {
    const missing = missingLayers(view, session, image, telling);
    const broughtBytes = missing.length === 0 ? 0 : await bringLayers(view, session, missing, telling, signal);
    signal.throwIfAborted();
    await view.contents.bring(image.configuration, configuration);
    view.own.add(imageId, broughtBytes);
  });
}

/** Those that the host does not have, base first; each is told of. */
function missingLayers(
  view: HostView,
  session: RegistrySession,
  { layers, configuration: { diffIds } }: FoundImage,
  { queue, move }: Telling,
): Layer[] {
  const missing: Layer[] = [];
  for (const [i, descriptor] of layers.entries()) {
    const diffId = diffIds[i] ?? '';
    const exists = hostHasLayer(view, diffId);
    queue.push(line(shortId(descriptor.digest), exists ? 'Already exists' : 'Pulling fs layer'));
    if (diffIds.indexOf(diffId) === i)
      move.layer(diffId, { bytes: descriptor.size, state: exists ? 'there' : 'waiting' });
    if (!exists && diffIds.indexOf(diffId) === i)
      missing.push({ descriptor, diffId, path: session.newFile(), begun: Promise.withResolvers() });
  }
  return missing;
}

/** How many bytes the layers hold. */
async function bringLayers(
  view: HostView,
  session: RegistrySession,
  layers: readonly Layer[],
  { queue, move }: Telling,
  signal: AbortSignal,
): Promise<number> {
  const packedBytes = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const most = allowance(view);
  if (packedBytes > most)
    throw new EngineError(
      'exhausted',
      `the image has ${packedBytes} bytes, and this host may still bring in ${most}: remove images that were pulled or loaded`,
    );
  const coming = new Turnstile({ perKey: maxBlobsComing, inAll: maxBlobsComing });
  const downloads = layers.map((layer) => coming.pass('', () => download(session, layer, { queue, move })));
  // One that fails ends the session, and so the others.
  for (const each of downloads) each.catch(() => undefined);
  let broughtBytes = 0;
  for (const [i, layer] of layers.entries()) {
    const { descriptor, diffId } = layer;
    const whole = downloads[i] ?? Promise.resolve();
    const maxBytes = allowance(view) - broughtBytes;
    const { size } = await bringWhileComing(view, layer, whole, queue, { maxBytes, signal });
    broughtBytes += size;
    const id = shortId(descriptor.digest);
    queue.push(line(id, 'Extracting', descriptor.size, descriptor.size));
    move.layer(diffId, { movedBytes: descriptor.size, state: 'moved' });
    queue.push(line(id, 'Pull complete'));
  }
  return broughtBytes;
}

/** A large layer is unpacked while it comes; docker is told of that once it has come, as it is used to. */
async function bringWhileComing(
  view: HostView,
  { descriptor: { digest, size }, diffId, path, begun }: Layer,
  whole: Promise<unknown>,
  queue: ProgressQueue,
  limits: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<{ readonly size: number }> {
  let isWhole = false;
  const come = whole.then(() => {
    isWhole = true;
  });
  come.catch(() => undefined);
  const onBytes = (bytes: number): void => {
    if (isWhole) queue.push(line(shortId(digest), 'Extracting', bytes, size));
  };
  const state = await Promise.race([come, begun.promise]);
  if (state === 'begun' && !view.layers.isComing(diffId))
    return await bringComing(view, { path, size, digest, diffId, whole: come }, { ...limits, onBytes });
  await come;
  return await bringLayer(view, { path, digest, isHashed: true, diffId }, { ...limits, onBytes });
}

async function download(
  session: RegistrySession,
  { descriptor, diffId, path, begun }: Layer,
  { queue, move }: Telling,
): Promise<void> {
  move.layer(diffId, { state: 'moving' });
  const id = shortId(descriptor.digest);
  await session.client.ask(
    'download',
    { descriptor, path },
    {
      onBytes: (bytes) => {
        queue.push(line(id, 'Downloading', bytes, descriptor.size));
        move.layer(diffId, { movedBytes: bytes });
        if (bytes >= beginBytes && descriptor.size >= 2 * beginBytes) begun.resolve('begun');
      },
      onRetry: (seconds) => queue.push(line(id, `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`)),
    },
  );
  queue.push(line(id, 'Verifying Checksum'));
  queue.push(line(id, 'Download complete'));
}
