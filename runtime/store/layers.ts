// Unpacked layers, shared by every host of the engine: `DIRECTORY/NAME`, owned by root, never changed once there.
//
// A layer under its name is whole, verified against its diff ID and on the disk: it is unpacked beside and renamed. Names are
// short (16 characters) because the mount options of an overlay of 127 layers must fit into one page of 4,096 bytes.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { at, EngineError } from '../errors.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { maxLayerEntries } from '../limits.ts';
import { checkDigest } from './blobs.ts';
import { type OnBytes, unpack } from './layer-work.ts';
import { type RecordKind, type Shape, unchanged } from './record-kind.ts';
import type { Records } from './records.ts';

/** What is known of an unpacked layer. */
export interface Layer {
  readonly name: string;
  readonly diffId: string;
  /** What its files hold. */
  readonly size: number;
  /** The digest of its blob in the store; null where the catalogue has the blob. */
  readonly blob: string | null;
  /** Of its tar; null where an engine unpacked it that did not write that down. */
  readonly tarBytes: number | null;
}

/** Nothing was told of the tar. */
const version1 = z.looseObject({});

export const layerKind: RecordKind<Layer> = {
  name: 'layer',
  schema: z.object({
    name: z.string(),
    diffId: z.string(),
    size: z.number(),
    blob: z.string().nullable(),
    tarBytes: z.number().nullable(),
  } satisfies Shape<Layer>),
  upgrades: [unchanged, (body) => ({ ...version1.parse(body), tarBytes: null })],
};

export interface LayerSource {
  readonly blob: string;
  /** What the blob must hash to. */
  readonly digest: string;
  readonly diffId: string;
  readonly maxBytes: number;
  /** Whether the blob is in the store, and goes with the layer. */
  readonly stored: boolean;
  /** Gives the blob its place in the store, once it is known to be what it should be. */
  readonly keep?: () => Promise<void>;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** The directory name of a layer: the first 80 bits of its diff ID in base 32. */
export function layerName(diffId: string): string {
  let bits = BigInt(`0x${checkDigest(diffId).slice('sha256:'.length, 'sha256:'.length + 20)}`);
  let name = '';
  for (let i = 0; i < 16; i++) {
    name = alphabet[Number(bits & 31n)] + name;
    bits >>= 5n;
  }
  return name;
}

export class Layers {
  readonly directory: string;
  readonly #temporary: string;
  readonly #records: Records;
  readonly #known = new Map<string, Layer>();
  readonly #running = new Map<string, { readonly layer: Promise<Layer>; readonly listeners: Set<OnBytes> }>();

  /** Both directories are on one file system, and this engine's alone. What an unpacking cut short has left is removed. */
  constructor(options: { directory: string; temporary: string; records: Records }) {
    this.directory = options.directory;
    this.#temporary = options.temporary;
    this.#records = options.records;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    mkdirSync(this.#temporary, { recursive: true, mode: 0o700 });
    for (const layer of this.#records.list(layerKind)) {
      if (existsSync(`${this.directory}/${layer.name}`)) this.#known.set(layer.name, layer);
      else this.#records.delete(layerKind, '', layer.name);
    }
    for (const name of this.#records.complete ? readdirSync(this.directory) : []) {
      if (!this.#known.has(name)) renameSync(`${this.directory}/${name}`, `${this.#temporary}/${randomUUID()}`);
    }
    for (const name of readdirSync(this.#temporary)) void this.#discard(`${this.#temporary}/${name}`);
  }

  /** Whether the layer is unpacked, or is being. */
  isComing(diffId: string): boolean {
    return this.get(diffId) !== undefined || this.#running.has(diffId);
  }

  /** The layer, or undefined where it is not unpacked. */
  get(diffId: string): Layer | undefined {
    const layer = this.#known.get(layerName(diffId));
    return layer?.diffId === diffId ? layer : undefined;
  }

  /**
   * Unpacks a layer unless it is there. Idempotent; several callers of one layer wait for one unpacking, which goes on when
   * one of them gives up. Throws dataLoss where the blob is not what it should be, invalid or tooLarge for a hostile one.
   */
  async add(source: LayerSource, signal: AbortSignal, onBytes: OnBytes): Promise<Layer> {
    signal.throwIfAborted();
    const name = layerName(source.diffId);
    const there = this.#known.get(name);
    if (there && there.diffId !== source.diffId) {
      throw new EngineError('conflict', `layers ${there.diffId} and ${source.diffId} would have the same name`);
    }
    if (there) return there;
    let running = this.#running.get(source.diffId);
    if (!running) {
      const listeners = new Set<OnBytes>();
      const layer = this.#unpack(name, source, (bytes) => {
        for (const listener of listeners) listener(bytes);
      }).finally(() => this.#running.delete(source.diffId));
      layer.catch(() => undefined);
      running = { layer, listeners };
      this.#running.set(source.diffId, running);
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    running.listeners.add(onBytes);
    try {
      return await Promise.race([running.layer, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
      running.listeners.delete(onBytes);
    }
  }

  /** Remembers how long the layer's tar is. */
  measured(diffId: string, tarBytes: number): void {
    const layer = this.get(diffId);
    if (!layer) return;
    const told = { ...layer, tarBytes };
    this.#records.put(layerKind, '', layer.name, told);
    this.#known.set(layer.name, told);
  }

  /** Removes an unpacked layer. No container may use it. Gone for the engine at once; its files go in the background. */
  remove(diffId: string): void {
    const layer = this.get(diffId);
    if (!layer) return;
    this.#known.delete(layer.name);
    this.#records.delete(layerKind, '', layer.name);
    const away = `${this.#temporary}/${randomUUID()}`;
    renameSync(`${this.directory}/${layer.name}`, away);
    void this.#discard(away);
  }

  all(): readonly Layer[] {
    return [...this.#known.values()];
  }

  /** Where the directory and what is known of it disagree, a sentence each. */
  check(): string[] {
    const there = new Set(readdirSync(this.directory));
    const lost = [...this.#known.keys()].filter((name) => !there.has(name));
    const unknown = [...there].filter((name) => !this.#known.has(name));
    return [
      ...lost.map((name) => `the layer ${name} is not in ${this.directory}`),
      ...unknown.map((name) => `${this.directory}/${name} is no layer that is known`),
    ];
  }

  async #unpack(name: string, source: LayerSource, onBytes: OnBytes): Promise<Layer> {
    const temporary = `${this.#temporary}/${randomUUID()}`;
    mkdirSync(temporary, { mode: 0o755 });
    try {
      const { blob, digest, diffId, maxBytes } = source;
      const job = {
        kind: 'unpack',
        ...{ blob, digest, diffId, maxBytes },
        directory: temporary,
        maxEntries: maxLayerEntries,
      } as const;
      // Not the caller's signal: others may be waiting for the same layer. The limits bound how long it goes on.
      const { size, tarBytes } = await unpack(job, new AbortController().signal, onBytes);
      await source.keep?.();
      const layer = { name, diffId: source.diffId, size, blob: source.stored ? source.digest : null, tarBytes };
      // It is there where its record could not be read: whole, as all that has a name here.
      if (existsSync(`${this.directory}/${name}`)) await this.#discard(temporary);
      else renameSync(temporary, `${this.directory}/${name}`);
      this.#records.put(layerKind, '', name, layer);
      this.#known.set(name, layer);
      return layer;
    } catch (error) {
      await this.#discard(temporary);
      throw at(`layer ${source.diffId}`, error);
    }
  }

  /** What cannot be removed now is removed at the next start. */
  async #discard(path: string): Promise<void> {
    await removeTree(path).catch(() => undefined);
  }
}
