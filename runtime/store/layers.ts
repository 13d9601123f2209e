// Unpacked layers, shared by every host of the engine: `DIRECTORY/NAME`, owned by root, never changed once there.
//
// A layer under its name is whole and verified against its diff ID: it is unpacked beside and renamed. It reaches the disk a little
// later; one that a power loss has caught before that is removed at the next start (settling.ts). Names are
// short (16 characters) because the mount options of an overlay of 127 layers must fit into one page of 4,096 bytes (kernel/mounts.ts).

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { at, EngineError } from '../errors.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { type Blob, checkDigest } from './blobs.ts';
import type { OnBytes } from './layer-work.ts';
import { type PreparedLayer, type PreparedSource, prepareLayer } from './prepare-layer.ts';
import { type RecordKind, type Shape, unchanged } from './record-kind.ts';
import type { Records } from './records.ts';
import { Settling } from './settling.ts';

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
  /** What a registry was sent in place of a blob that is not compressed; null where nothing was. */
  readonly compressed: Blob | null;
}

/** Without `tarBytes`. */
const version1 = z.looseObject({});
/** Without `compressed`. */
const version2 = z.looseObject({});

export const layerKind: RecordKind<Layer> = {
  name: 'layer',
  schema: z.object({
    name: z.string(),
    diffId: z.string(),
    size: z.number(),
    blob: z.string().nullable(),
    tarBytes: z.number().nullable(),
    compressed: z.object({ digest: z.string(), size: z.number() }).nullable(),
  } satisfies Shape<Layer>),
  upgrades: [
    unchanged,
    (body) => ({ ...version1.parse(body), tarBytes: null }),
    (body) => ({ ...version2.parse(body), compressed: null }),
  ],
};

export interface LayerSource extends Omit<PreparedSource, 'growsTo'> {
  /**
   * Gives the blob, which is what it should be and has this digest, its place in the store; it goes with the layer. Null for a blob
   * that is kept elsewhere.
   */
  readonly keep: ((digest: string) => void) | null;
}

type Prepared = Pick<PreparedLayer, 'directory' | 'unpacked'>;

/** A layer that is being unpacked, and who is told how far it is. */
interface Running {
  /** What the blob is known to hash to; null where that is yet to be seen. */
  readonly digest: string | null;
  readonly layer: Promise<Layer>;
  readonly listeners: Set<OnBytes>;
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
  readonly #running = new Map<string, Running>();
  readonly #settling: Settling;

  /** Both directories are on one file system, and this engine's alone. What an unpacking cut short has left is removed. */
  constructor(options: { directory: string; temporary: string; records: Records; boot?: string }) {
    this.directory = options.directory;
    this.#temporary = options.temporary;
    this.#records = options.records;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    mkdirSync(this.#temporary, { recursive: true, mode: 0o700 });
    this.#settling = new Settling(options);
    for (const name of this.#settling.lost()) {
      this.#records.delete(layerKind, '', name);
      const place = `${this.directory}/${name}`;
      if (existsSync(place)) renameSync(place, `${this.#temporary}/${randomUUID()}`);
      this.#settling.forget(name);
    }
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

  /** Whether it is known, or about to be, that a blob with this digest expands to the layer: it is, or is being, unpacked from one. */
  isFrom(diffId: string, digest: string): boolean {
    const layer = this.get(diffId);
    if (layer) return layer.blob === digest || layer.compressed?.digest === digest;
    return this.#running.get(diffId)?.digest === digest;
  }

  /** The layer, or undefined where it is not unpacked. */
  get(diffId: string): Layer | undefined {
    const layer = this.#known.get(layerName(diffId));
    return layer?.diffId === diffId ? layer : undefined;
  }

  /**
   * Unpacks a layer unless it is there. Idempotent; several callers of one layer wait for one unpacking, which goes on when
   * one of them gives up. Throws dataLoss where the blob is not what it should be, invalid or tooLarge for a hostile one: for who
   * brought that blob alone, others go on with their own.
   */
  async add(source: LayerSource, signal: AbortSignal, onBytes: OnBytes): Promise<Layer> {
    signal.throwIfAborted();
    const name = layerName(source.diffId);
    const there = this.#known.get(name);
    if (there && there.diffId !== source.diffId) {
      throw new EngineError('conflict', `layers ${there.diffId} and ${source.diffId} would have the same name`);
    }
    if (there) return there;
    const others = this.#running.get(source.diffId);
    if (!others) return await follow(this.#begin(name, source), signal, onBytes);
    try {
      return await follow(others, signal, onBytes);
    } catch (error) {
      if (signal.aborted) throw error;
    }
    return await this.add(source, signal, onBytes);
  }

  #begin(name: string, source: LayerSource): Running {
    const listeners = new Set<OnBytes>();
    const layer = this.#unpack(name, source, (bytes) => {
      for (const listener of listeners) listener(bytes);
    }).finally(() => this.#running.delete(source.diffId));
    layer.catch(() => undefined);
    const digest = source.isHashed ? source.digest : null;
    const running = { digest, layer, listeners };
    this.#running.set(source.diffId, running);
    return running;
  }

  /** Remembers how long the layer's tar is. */
  measured(diffId: string, tarBytes: number): void {
    this.#tell(diffId, { tarBytes });
  }

  /** Remembers what the layer's blob was compressed to. */
  compressedTo(diffId: string, compressed: Blob): void {
    this.#tell(diffId, { compressed });
  }

  /** The catalogue has the layer's blob from now on. Gives the digest of the store's own, for the caller to remove; null where it has none. */
  giveAway(diffId: string): string | null {
    const blob = this.get(diffId)?.blob ?? null;
    if (blob !== null) this.#tell(diffId, { blob: null, compressed: null });
    return blob;
  }

  #tell(diffId: string, more: Partial<Layer>): void {
    const layer = this.get(diffId);
    if (!layer) return;
    const told = { ...layer, ...more };
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
    this.#settling.forget(layer.name);
    void this.#discard(away);
  }

  /** Resolves when all layers that are there are on the disk. Throws where it fails. */
  settle(): Promise<void> {
    return this.#settling.settle();
  }

  /** Before the records are closed. */
  close(): void {
    this.#settling.close();
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
    // Not the caller's signal: others may be waiting for the same layer. The limits bound how long it goes on.
    await using prepared = await this.prepare(source, new AbortController().signal, onBytes);
    return this.#place(name, source, prepared);
  }

  /** Unpacks a layer beside the others, for `adopt`: until then nobody has anything of it. Throws as `prepareLayer`. */
  prepare(source: PreparedSource, signal: AbortSignal, onBytes: OnBytes): Promise<PreparedLayer> {
    return prepareLayer(this.#temporary, source, signal, onBytes);
  }

  /** The path of a new directory, for the engine to make a layer in. What is there at the next start is removed. */
  temporary(): string {
    return `${this.#temporary}/${randomUUID()}`;
  }

  /** The layer that was unpacked by `prepare`, or made here, whose blob is whole now; where somebody else has brought it meanwhile, theirs. Throws as `add`. */
  async adopt(prepared: Prepared, source: LayerSource): Promise<Layer> {
    const name = layerName(source.diffId);
    if (this.#known.has(name) || this.#running.has(source.diffId))
      return await this.add(source, new AbortController().signal, () => undefined);
    return this.#place(name, source, prepared);
  }

  #place(name: string, { diffId, keep }: LayerSource, { directory, unpacked }: Prepared): Layer {
    try {
      this.#settling.add(name);
      keep?.(unpacked.digest);
      const { size, tarBytes } = unpacked;
      const layer = { name, diffId, size, blob: keep ? unpacked.digest : null, tarBytes, compressed: null };
      // It is there where its record could not be read: whole, as all that has a name here.
      if (!existsSync(`${this.directory}/${name}`)) renameSync(directory, `${this.directory}/${name}`);
      this.#records.put(layerKind, '', name, layer);
      this.#known.set(name, layer);
      return layer;
    } catch (error) {
      this.#settling.forget(name);
      throw at(`layer ${diffId}`, error);
    }
  }

  /** What cannot be removed now is removed at the next start. */
  async #discard(path: string): Promise<void> {
    await removeTree(path).catch(() => undefined);
  }
}

/** The layer once it is unpacked; throws the reason of `signal`, whatever becomes of it. */
async function follow({ layer, listeners }: Running, signal: AbortSignal, onBytes: OnBytes): Promise<Layer> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  listeners.add(onBytes);
  try {
    return await Promise.race([layer, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    listeners.delete(onBytes);
  }
}
