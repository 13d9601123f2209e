// The students who wait for a place, in the order of their turns. Tells each of them when their place changes. Knows nothing of
// hosts.

export interface Waiting {
  readonly id: string;
  /** 1 is next. */
  placed(place: number): void;
}

export class Queue<T extends Waiting> {
  #waiting: readonly T[] = [];
  readonly #turns = new Map<string, number>();
  readonly #places = new Map<string, number>();

  get length(): number {
    return this.#waiting.length;
  }

  /** Who is next; undefined when nobody waits. */
  get first(): T | undefined {
    return this.#waiting[0];
  }

  /** Who waits, the next one first. */
  get all(): readonly T[] {
    return this.#waiting;
  }

  /** Who is last; undefined when nobody waits. */
  get last(): T | undefined {
    return this.#waiting.at(-1);
  }

  /** The turn of a session that waits; infinite for any other. */
  turnOf(id: string): number {
    return this.#turns.get(id) ?? Number.POSITIVE_INFINITY;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Joins behind all whose turn is no later than `turn`. Idempotent. */
  join(one: T, turn = 0): void {
    if (this.#places.has(one.id)) return;
    const behind = this.#waiting.findIndex(({ id }) => this.turnOf(id) > turn);
    this.#turns.set(one.id, turn);
    this.#set(this.#waiting.toSpliced(behind === -1 ? this.#waiting.length : behind, 0, one));
  }

  /** Joins at the front: for one who was let in but found no room. Idempotent. */
  rejoin(one: T): void {
    if (this.#places.has(one.id)) return;
    this.#turns.set(one.id, Number.NEGATIVE_INFINITY);
    this.#set([one, ...this.#waiting]);
  }

  /** Takes the next one out of the queue; undefined when nobody waits. */
  next(): T | undefined {
    const [first, ...rest] = this.#waiting;
    if (first === undefined) return undefined;
    this.#turns.delete(first.id);
    this.#set(rest);
    return first;
  }

  /** Idempotent. */
  leave(id: string): void {
    if (!this.#places.has(id)) return;
    this.#turns.delete(id);
    this.#set(this.#waiting.filter((one) => one.id !== id));
  }

  #set(waiting: readonly T[]): void {
    this.#waiting = waiting;
    const before = new Map(this.#places);
    this.#places.clear();
    for (const [index, one] of waiting.entries()) {
      this.#places.set(one.id, index + 1);
      if (before.get(one.id) !== index + 1) one.placed(index + 1);
    }
  }
}
