// Who waits for a place, in order. Tells each who waits when their place changes; knows nothing of hosts.

export interface Waiting {
  readonly id: string;
  /** 1 is next. */
  placed(place: number): void;
}

export class Queue<T extends Waiting> {
  #waiting: readonly T[] = [];
  readonly #places = new Map<string, number>();

  get length(): number {
    return this.#waiting.length;
  }

  /** Who is next; undefined when nobody waits. */
  get first(): T | undefined {
    return this.#waiting[0];
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** To the end. Idempotent. */
  join(one: T): void {
    if (this.#places.has(one.id)) return;
    this.#set([...this.#waiting, one]);
  }

  /** To the front: for who was let in but found no room. Idempotent. */
  rejoin(one: T): void {
    if (this.#places.has(one.id)) return;
    this.#set([one, ...this.#waiting]);
  }

  /** Who is next leaves the queue; undefined when nobody waits. */
  next(): T | undefined {
    const [first, ...rest] = this.#waiting;
    if (first === undefined) return undefined;
    this.#set(rest);
    return first;
  }

  /** Idempotent. */
  leave(id: string): void {
    if (this.#places.has(id)) this.#set(this.#waiting.filter((one) => one.id !== id));
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
