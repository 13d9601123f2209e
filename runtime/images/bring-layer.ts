// A layer that a host brings in by itself: hashed first, so that a claim of its digest gives nobody another's layer (B04).

import { EngineError } from '../errors.ts';
import { maxBroughtBytesPerHost, maxConfigurationBytesPerHost } from '../limits.ts';
import { type Hashed, hash, type OnBytes } from '../store/layer-work.ts';
import type { Layer } from '../store/layers.ts';
import type { HostView } from './view.ts';

/** What the host may still bring in. Throws exhausted where that is nothing. */
export function allowance(view: HostView): number {
  const left = leftFor(view);
  if (left > 0) return left;
  throw new EngineError(
    'exhausted',
    'this host has brought in as much as it may: remove images that were loaded or imported',
  );
}

/** The same for a layer of a build: those that builds under way hold are in no image yet, and may be no more than images. */
export function buildAllowance(view: HostView): number {
  const left = Math.min(allowance(view), maxBroughtBytesPerHost - view.inUse.bytes(isInOwnImage(view)));
  if (left > 0) return left;
  throw new EngineError('exhausted', 'the builds of this host that are under way have made as much as they may');
}

function leftFor(view: HostView): number {
  const kept = new Map(view.owner.keptImages().map(({ imageId, broughtBytes }) => [imageId, broughtBytes]));
  for (const { imageId } of view.own.all()) kept.delete(imageId);
  const inSnapshots = [...kept.values()].reduce((sum, bytes) => sum + bytes, 0);
  return maxBroughtBytesPerHost - Math.max(view.own.broughtBytes + inSnapshots, heldBytes(view));
}

/**
 * What the layers hold that were brought in and that the host's images need, those of its containers and snapshots too. It is more than
 * the records say where a layer came for an image that is gone, or for a build.
 */
function heldBytes({ own, owner, contents }: HostView): number {
  const images = [...own.all(), ...owner.usedImages(), ...owner.keptImages()];
  const ids = new Set(images.map(({ imageId }) => imageId));
  const layers = new Set([...ids].flatMap((imageId) => contents.get(imageId)?.diffIds ?? []));
  return layers.values().reduce((sum, diffId) => sum + contents.broughtBytes(diffId), 0);
}

/** Whether an image of the host has the layer: what it holds is counted there. */
export function isInOwnImage(view: HostView): (diffId: string) => boolean {
  const layers = new Set(view.own.all().flatMap(({ imageId }) => view.contents.get(imageId)?.diffIds ?? []));
  return (diffId) => layers.has(diffId);
}

/** The cache of builds holds no more than what images leave: what was used least lately goes. */
export function trimStepCache(view: HostView): void {
  const isCounted = isInOwnImage(view);
  view.steps.trim(Math.max(0, leftFor(view)), ({ diffId }) => !isCounted(diffId));
}

/** What the configurations of images that the host brings in may still hold together; may be 0 or less. */
export function configurationAllowance(view: HostView): number {
  const ids = new Set([...view.own.all(), ...view.owner.keptImages()].map(({ imageId }) => imageId));
  let left = maxConfigurationBytesPerHost;
  for (const imageId of ids) left -= view.contents.get(imageId)?.bytes ?? 0;
  return left;
}

/**
 * Does `work`, which brings layers and in the end the image that needs them. Meanwhile none of them goes, whoever else had it and
 * removes it. Where it fails, what nobody needs goes again.
 */
export async function bringing<T>(
  view: HostView,
  imageId: string,
  diffIds: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    using _held = view.contents.hold(diffIds);
    return await work();
  } catch (error) {
    view.discard(imageId, diffIds);
    throw error;
  }
}

/** A file that is to be a layer. */
export interface LayerFile {
  readonly path: string;
  /** What it must hash to; null where nobody has said. */
  readonly digest: string | null;
  /** It is known to hash to `digest`. */
  readonly isHashed: boolean;
  /** What the tar in it must hash to; null where nobody has said. */
  readonly diffId: string | null;
}

/**
 * Unpacks the layer in a file, which is moved or left. A layer that another host has, or is bringing, is not had by naming it: the
 * file is expanded and hashed first (B04). One that is new is hashed while it is unpacked. Throws dataLoss where the file is not
 * what was said, invalid or tooLarge where it cannot be a layer. Where `signal` ends it meanwhile the layer is there all the same,
 * for the caller to discard.
 */
export async function bringLayer(
  view: HostView,
  file: LayerFile,
  options: { maxBytes: number; signal: AbortSignal; onBytes: OnBytes },
): Promise<Layer> {
  const { path, digest, isHashed, diffId } = file;
  if (diffId !== null && (!view.layers.isComing(diffId) || isProven(view, file, diffId)))
    return await unpackFile(view, { ...file, diffId }, options);
  const { maxBytes, signal, onBytes } = options;
  const job = { kind: 'hash', blob: path, maxBytes, digest: isHashed ? digest : null } as const;
  const hashed = await hash(job, signal, onBytes);
  check(hashed, file);
  return await bringHashed(view, path, hashed, { maxBytes, signal });
}

/** Whether the engine has seen before that a file with this digest, which the host has, expands to the layer. */
function isProven({ layers, catalogue }: HostView, { digest, isHashed }: LayerFile, diffId: string): boolean {
  if (digest === null || !isHashed) return false;
  return (
    layers.isFrom(diffId, digest) || (layers.get(diffId)?.blob === null && catalogue.layer(diffId)?.digest === digest)
  );
}

/** A layer's file that is coming still. */
export interface ComingFile {
  readonly path: string;
  /** How long it will be. */
  readonly size: number;
  readonly digest: string;
  readonly diffId: string;
  /** Resolves once all of it has come and has the digest; rejects where it has not. */
  readonly whole: Promise<unknown>;
}

/** The same while the file is coming: of a layer that nobody has nor brings. It is had by others only when it is whole. */
export async function bringComing(
  view: HostView,
  { path, size, digest, diffId, whole }: ComingFile,
  { maxBytes, signal, onBytes }: { maxBytes: number; signal: AbortSignal; onBytes: OnBytes },
): Promise<Layer> {
  const broken = new AbortController();
  whole.catch((error: unknown) => broken.abort(error));
  const source = { blob: path, digest, isHashed: true, diffId, maxBytes };
  const either = AbortSignal.any([signal, broken.signal]);
  const preparing = view.layers.prepare({ ...source, growsTo: size }, either, onBytes);
  // What is wrong with the file itself is told before what that has made of it.
  await using prepared = await preparing.catch(async (error: unknown) => {
    await whole;
    throw error;
  });
  await whole;
  signal.throwIfAborted();
  return await view.layers.adopt(prepared, { ...source, keep: (hashed) => view.blobs.place(path, hashed) });
}

/** The same for a file that was hashed here already. */
export async function bringHashed(
  view: HostView,
  path: string,
  { digest, diffId }: Pick<Hashed, 'digest' | 'diffId'>,
  options: { maxBytes: number; signal: AbortSignal },
): Promise<Layer> {
  const file = { path, digest, isHashed: true, diffId };
  return await unpackFile(view, file, { ...options, onBytes: () => undefined });
}

async function unpackFile(
  view: HostView,
  { path, ...file }: LayerFile & { readonly diffId: string },
  { maxBytes, signal, onBytes }: { maxBytes: number; signal: AbortSignal; onBytes: OnBytes },
): Promise<Layer> {
  signal.throwIfAborted();
  const keep = (digest: string): void => view.blobs.place(path, digest);
  // Not to be given up half-way: another host may be waiting for what is unpacked here, out of this file.
  const never = new AbortController().signal;
  return await view.layers.add({ blob: path, ...file, maxBytes, keep }, never, onBytes);
}

function check(hashed: Hashed, expected: { readonly digest: string | null; readonly diffId: string | null }): void {
  if (expected.digest !== null && hashed.digest !== expected.digest) {
    throw new EngineError(
      'dataLoss',
      `a layer has the digest ${hashed.digest}, but its manifest says ${expected.digest}`,
    );
  }
  if (expected.diffId !== null && hashed.diffId !== expected.diffId) {
    throw new EngineError(
      'dataLoss',
      `a layer has the diff ID ${hashed.diffId}, but its image says ${expected.diffId}`,
    );
  }
}
