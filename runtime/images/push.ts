// `docker push`: POST /images/X/push. Layers go several at a time, those that the registry has not; the manifest comes last.

import { EngineError } from '../errors.ts';
import { maxBlobsGoing } from '../limits.ts';
import { mediaTypes } from '../registries/manifest.ts';
import type { Blob } from '../store/blobs.ts';
import { type Compression, layerMediaType } from '../store/compression.ts';
import { Turnstile } from '../turnstile.ts';
import type { KnownImage } from './contents.ts';
import type { Progress, RegistryOptions } from './image.ts';
import { layerSource } from './layer-sources.ts';
import { line } from './progress.ts';
import { ProgressQueue } from './progress-queue.ts';
import { canonical, familiar, familiarName, parseReference, type Reference, referenceOf } from './reference.ts';
import { openSession, type RegistrySession } from './registry-session.ts';
import { resolve, shortId } from './resolve.ts';
import { configurationOf } from './save.ts';
import type { LiveMove } from './traffic.ts';
import type { HostView } from './view.ts';

/** Repositories that a registry is asked to take a layer from. */
const maxMounts = 3;

/** With null for the tag: all that the host has of the repository. Throws invalid at once for a name that can be none. */
export function push(
  view: HostView,
  repository: string,
  tag: string | null,
  options: RegistryOptions,
): AsyncIterable<Progress> {
  const named = parseReference(repository);
  if (named.digest !== undefined) throw new EngineError('invalid', 'cannot push a digest reference');
  const wanted =
    tag === null && named.tag === undefined ? null : referenceOf(familiarName(named), tag ?? named.tag ?? '');
  return pushLines(view, named, wanted, options);
}

async function* pushLines(
  view: HostView,
  repository: Reference,
  wanted: Reference | null,
  options: RegistryOptions,
): AsyncGenerator<Progress> {
  using _transfer = view.transfers.beginTransfer();
  const { domain, path } = repository;
  yield { status: `The push refers to repository [${domain}/${path}]` };
  const tags = tagsOf(view, repository);
  if (tags.length === 0)
    throw new EngineError('notFound', `An image does not exist locally with the tag: ${familiarName(repository)}`);
  if (wanted && view.own.find(wanted) === undefined)
    throw new EngineError('notFound', `tag does not exist: ${familiar(wanted)}`);
  await using session = await openSession(view, repository, 'pull,push', options);
  for (const reference of wanted ? [wanted] : tags) yield* pushOne(view, session, reference);
  view.owner.emit({ action: 'push', id: familiarName(repository), name: familiarName(repository) });
}

/** The host's tags of a repository, in order. */
function tagsOf(view: HostView, repository: Reference): Reference[] {
  return view.own
    .all()
    .flatMap(({ imageId }) => view.own.references(imageId))
    .filter((one) => one.digest === undefined && isSameRepository(one, repository))
    .sort((a, b) => ((a.tag ?? '') < (b.tag ?? '') ? -1 : 1));
}

function isSameRepository(one: Reference, other: Reference): boolean {
  return one.domain === other.domain && one.path === other.path;
}

async function* pushOne(view: HostView, session: RegistrySession, reference: Reference): AsyncGenerator<Progress> {
  const known = resolve(view, familiar(reference));
  const queue = new ProgressQueue();
  const sent: SentLayer[] = [];
  using move = view.owner.traffic.begin({
    direction: 'push',
    registry: reference.domain,
    repository: reference.path,
    reference: reference.tag ?? '',
    imageId: known.imageId,
    diffIds: known.diffIds,
  });
  const work = pushBlobs(view, session, { known, reference, queue, sent, move });
  try {
    yield* queue.follow(work);
  } finally {
    // The files that it reads go with the session.
    await work.catch(() => undefined);
  }
  const { domain, path, tag = '' } = reference;
  const built = await sentByBuild(view, session, known, reference);
  const { digest, size } =
    built ?? (await session.client.ask('manifest', { reference: tag, ...manifestOf(view, known, sent) }));
  // The name may be another image's by now, and the image gone.
  if (view.own.get(known.imageId)) view.own.name({ domain, path, digest }, known.imageId);
  move.arrived(digest);
  yield { status: `${tag}: digest: ${digest} size: ${size}` };
  yield { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } };
}

/**
 * `docker build --push`: some clients push a second time by themselves. What the build has sent stays then, while the tag means it: it may
 * be an index, or have annotations.
 */
async function sentByBuild(
  view: HostView,
  session: RegistrySession,
  { imageId }: KnownImage,
  reference: Reference,
): Promise<{ readonly digest: string; readonly size: number } | null> {
  const sent = view.sentByBuilds.get(canonical(reference));
  if (sent?.imageId !== imageId) return null;
  const { digest, found } = await session.client.ask('fetch', { reference: reference.tag ?? '', known: null });
  return found && digest === sent.digest ? { digest, size: found.bytes.length } : null;
}

interface SentLayer extends Blob {
  readonly compression: Exclude<Compression, 'none'>;
}

interface Pushed {
  readonly known: KnownImage;
  readonly reference: Reference;
  readonly queue: ProgressQueue;
  /** Filled with what was sent, base first. */
  readonly sent: SentLayer[];
  readonly move: LiveMove;
}

/** All that the manifest will name. */
async function pushBlobs(
  view: HostView,
  session: RegistrySession,
  { known, reference, queue, sent, move }: Pushed,
): Promise<void> {
  const going = new Turnstile({ perKey: maxBlobsGoing, inAll: maxBlobsGoing });
  const layers = [...known.diffIds.entries()].reverse();
  for (const diffId of new Set(known.diffIds.toReversed())) queue.push(line(shortId(diffId), 'Preparing'));
  const first = new Map<string, Promise<SentLayer>>();
  const sending = layers.map(async ([i, diffId]) => {
    let layer = first.get(diffId);
    if (!layer) {
      layer = going.pass('', () => pushLayer(view, session, { diffId, reference, queue, move }));
      first.set(diffId, layer);
    }
    sent[i] = await layer;
  });
  const configuration = configurationOf(view, known);
  const bytes = Buffer.from(configuration);
  const upload = { blob: { digest: known.imageId, size: bytes.length }, content: { bytes }, mountFrom: [] };
  await Promise.all([...sending, session.client.ask('upload', upload)]);
}

async function pushLayer(
  view: HostView,
  session: RegistrySession,
  { diffId, reference, queue, move }: Pick<Pushed, 'reference' | 'queue' | 'move'> & { readonly diffId: string },
): Promise<SentLayer> {
  const id = shortId(diffId);
  const { sent, compression, bytes: all } = await layerSource(view, diffId);
  move.layer(diffId, { bytes: all, state: 'moving' });
  const uploaded = await session.client.ask(
    'upload',
    { ...sent, mountFrom: repositoriesWith(view, diffId, reference) },
    {
      onBytes: (bytes) => {
        queue.push(line(id, 'Pushing', bytes, all));
        move.layer(diffId, { movedBytes: bytes });
      },
      onRetry: (seconds) => queue.push(line(id, `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`)),
    },
  );
  const { blob } = uploaded;
  if ('plain' in sent && sent.blob?.digest !== blob.digest) view.layers.compressedTo(diffId, blob);
  const kinds = { there: 'there', mounted: 'elsewhere', sent: 'moved' } as const;
  const isSent = uploaded.kind === 'sent';
  move.layer(diffId, { bytes: blob.size, movedBytes: isSent ? blob.size : 0, state: kinds[uploaded.kind] });
  if (uploaded.kind === 'there') queue.push(line(id, 'Layer already exists'));
  else if (uploaded.kind === 'mounted') queue.push(line(id, `Mounted from ${uploaded.from}`));
  else {
    queue.push(line(id, 'Pushing', all, all));
    queue.push(line(id, 'Pushed'));
  }
  return { ...blob, compression };
}

/** Other repositories of the same registry that an image with this layer came from, or went to; a base of a build too. */
export function repositoriesWith(view: HostView, diffId: string, { domain, path }: Reference): string[] {
  const paths = view.own.all().flatMap(({ imageId }) =>
    view.contents.get(imageId)?.diffIds.includes(diffId)
      ? view.own
          .references(imageId)
          .filter((one) => one.digest !== undefined && one.domain === domain && one.path !== path)
          .map((one) => one.path)
      : [],
  );
  const begunWith = view.steps.all().flatMap((step) => {
    const from = step.diffId === diffId && step.pulledFrom !== null ? parseReference(step.pulledFrom) : null;
    return from?.domain === domain && from.path !== path ? from.path : [];
  });
  return [...new Set([...paths, ...begunWith])].slice(0, maxMounts);
}

/** Docker's own form; the OCI's where a layer has a compression that Docker's has no name for. */
function manifestOf(
  view: HostView,
  known: KnownImage,
  sent: readonly SentLayer[],
): { text: string; mediaType: string } {
  const isDocker = sent.every(({ compression }) => compression === 'gzip');
  const mediaType = isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
      size: Buffer.byteLength(configurationOf(view, known)),
      digest: known.imageId,
    },
    layers: sent.map(({ digest, size, compression }) => ({
      mediaType: isDocker ? mediaTypes.dockerLayer : layerMediaType[compression],
      size,
      digest,
    })),
  };
  // Indented as Docker's: the same image has the same digest then.
  return { text: JSON.stringify(manifest, null, 3), mediaType };
}
