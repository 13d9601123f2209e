// The images that one host pushes to registries and pulls from them: those that are under way, and the last ones that have ended.

import type { ImageMove, MovedLayer } from '../client-traffic.ts';
import { maxMovedLayers, maxMovesPerHost } from '../limits.ts';

/** An image that is about to travel. */
export interface Departure {
  readonly direction: ImageMove['direction'];
  readonly registry: string;
  readonly repository: string;
  readonly reference: string;
  readonly imageId: string;
  /** `sha256:…` each, the base first. */
  readonly diffIds: readonly string[];
}

/** Where those that have ended are written down. */
export interface MoveRecords {
  put(move: ImageMove): void;
  delete(id: number): void;
}

export class Traffic {
  readonly #records: MoveRecords;
  /** The oldest first. */
  #ended: readonly ImageMove[] = [];
  readonly #going = new Map<number, LiveMove>();
  #last = 0;
  readonly #listeners = new Set<(id: number) => void>();

  constructor(records: MoveRecords) {
    this.#records = records;
  }

  /** Those that have ended, the oldest first. */
  ended(): readonly ImageMove[] {
    return this.#ended;
  }

  /** The oldest first. */
  all(): readonly ImageMove[] {
    return [...this.#ended, ...this.#going.values().map((move) => move.told())].sort((a, b) => a.id - b.id);
  }

  begin(departure: Departure): LiveMove {
    const id = ++this.#last;
    const changed = (move: LiveMove): void => {
      if (!move.isGoing && this.#going.delete(id)) this.#keep(move.told());
      this.#tell(id);
    };
    const move = new LiveMove(id, departure, changed);
    this.#going.set(id, move);
    this.#tell(id);
    return move;
  }

  #keep(move: ImageMove): void {
    const all = [...this.#ended, move].sort((a, b) => a.id - b.id);
    this.#ended = all.slice(-maxMovesPerHost);
    for (const { id } of all.slice(0, -maxMovesPerHost)) this.#records.delete(id);
    this.#records.put(move);
  }

  /** The host is put back to what it was: these have ended, and no others. The records say so already. */
  become(ended: readonly ImageMove[]): void {
    this.#ended = [...ended].sort((a, b) => a.id - b.id);
    // No number comes again, for whoever has seen a move that is forgotten now.
    this.#last = Math.max(this.#last, ...ended.map(({ id }) => id));
  }

  /** Null where it is forgotten. */
  find(id: number): ImageMove | null {
    return this.#going.get(id)?.told() ?? this.#ended.find((move) => move.id === id) ?? null;
  }

  /** Calls `listener` with its number when one has changed, until the returned function is called. It must not throw. */
  listen(listener: (id: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(id: number): void {
    for (const listener of [...this.#listeners]) listener(id);
  }
}

/** Has failed where it is disposed of before `arrived` was called. */
export class LiveMove implements Disposable {
  readonly #id: number;
  readonly #departure: Departure;
  readonly #layers: Map<string, MovedLayer>;
  readonly #changed: (move: LiveMove) => void;
  readonly #beganAt = Date.now();
  #endedAt: number | null = null;
  #digest: string | null = null;

  constructor(id: number, departure: Departure, changed: (move: LiveMove) => void) {
    this.#id = id;
    this.#departure = departure;
    this.#changed = changed;
    const waiting = departure.diffIds.slice(0, maxMovedLayers).map((diffId): [string, MovedLayer] => {
      return [diffId, { id: diffId.replace(/^sha256:/, '').slice(0, 12), bytes: 0, movedBytes: 0, state: 'waiting' }];
    });
    this.#layers = new Map(waiting);
  }

  get isGoing(): boolean {
    return this.#endedAt === null;
  }

  /** Nothing happens where it has no such layer. */
  layer(diffId: string, news: Partial<Omit<MovedLayer, 'id'>>): void {
    const was = this.#layers.get(diffId);
    if (!was || !this.isGoing) return;
    this.#layers.set(diffId, { ...was, ...news });
    this.#changed(this);
  }

  /** Whoever takes it has it now, and calls it by `digest`. */
  arrived(digest: string): void {
    this.#digest = digest;
    this.#end();
  }

  [Symbol.dispose](): void {
    if (this.isGoing) this.#end();
  }

  #end(): void {
    this.#endedAt = Date.now();
    this.#changed(this);
  }

  told(): ImageMove {
    const { direction, registry, repository, reference, imageId } = this.#departure;
    return {
      id: this.#id,
      direction,
      registry,
      repository,
      reference,
      state: this.isGoing ? 'going' : this.#digest === null ? 'failed' : 'done',
      beganAt: this.#beganAt,
      endedAt: this.#endedAt,
      digest: this.#digest,
      imageId,
      layers: [...this.#layers.values()],
    };
  }
}
