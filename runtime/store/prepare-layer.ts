// A layer that is unpacked beside the others, before it is one of them.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { at } from '../errors.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { maxLayerEntries } from '../limits.ts';
import { type OnBytes, type Unpacked, unpack } from './layer-work.ts';

export interface PreparedSource {
  readonly blob: string;
  /** What the blob must hash to; null where nobody has said. */
  readonly digest: string | null;
  /** The blob is known to hash to `digest`. */
  readonly isHashed?: boolean;
  readonly diffId: string;
  readonly maxBytes: number;
  /** The blob is being written still, and so long in the end; left out where it is whole. */
  readonly growsTo?: number;
}

/** Disposing removes it, unless it has got another place. */
export interface PreparedLayer extends AsyncDisposable {
  readonly directory: string;
  readonly unpacked: Unpacked;
}

/**
 * Into a new directory in `parent`. Throws dataLoss where the blob is not what it should be, invalid or tooLarge for a hostile one,
 * and the reason of `signal`, with which it ends; nothing is left then.
 */
export async function prepareLayer(
  parent: string,
  { blob, digest, isHashed = false, diffId, maxBytes, growsTo }: PreparedSource,
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<PreparedLayer> {
  const directory = `${parent}/${randomUUID()}`;
  mkdirSync(directory, { mode: 0o755 });
  // What cannot be removed now is removed at the next start.
  const discard = (): Promise<void> => removeTree(directory).catch(() => undefined);
  try {
    const job = {
      kind: 'unpack',
      ...{ blob, digest, isHashed, diffId, maxBytes, directory, maxEntries: maxLayerEntries },
      ...(growsTo !== undefined && { growsTo }),
    } as const;
    return { directory, unpacked: await unpack(job, signal, onBytes), [Symbol.asyncDispose]: discard };
  } catch (error) {
    await discard();
    throw at(`layer ${diffId}`, error);
  }
}
