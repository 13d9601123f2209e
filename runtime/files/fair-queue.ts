// Who is next to have work done: of those that wait, whoever has used the least time lately. Knows nothing of the work.

/** Work of one owner is done in the order in which it came; nobody is held up for longer than by one piece of each other's. */
export class FairQueue<Work> {
  readonly #waiting = new Map<string, Work[]>();
  /** Milliseconds of work done for an owner, counted on from what those had used who waited when it came. */
  readonly #used = new Map<string, number>();
  #least = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How much of an owner waits. */
  of(owner: string): number {
    return this.#waiting.get(owner)?.length ?? 0;
  }

  add(owner: string, work: Work): void {
    this.#length += 1;
    const before = this.#waiting.get(owner);
    if (before !== undefined) {
      before.push(work);
      return;
    }
    // Who has asked for nothing for long has saved up nothing either.
    this.#used.set(owner, Math.max(this.#usedBy(owner), this.#least));
    this.#waiting.set(owner, [work]);
  }

  /** The next piece, which waits no longer; undefined where none does. */
  next(): Work | undefined {
    const [first, ...others] = this.#waiting.keys();
    if (first === undefined) {
      // All are equal again, and nothing is remembered of anybody.
      this.#used.clear();
      this.#least = 0;
      return undefined;
    }
    const owner = others.reduce((best, one) => (this.#usedBy(one) < this.#usedBy(best) ? one : best), first);
    this.#least = Math.max(this.#least, this.#usedBy(owner));
    const works = this.#waiting.get(owner) ?? [];
    // At the end, so that those who have used as much as each other take turns.
    this.#waiting.delete(owner);
    const [work, ...rest] = works;
    if (rest.length > 0) this.#waiting.set(owner, rest);
    this.#length -= 1;
    return work;
  }

  /** Work for `owner` took so long. */
  spent(owner: string, ms: number): void {
    this.#used.set(owner, Math.max(this.#usedBy(owner), this.#least) + ms);
    for (const [one, used] of this.#used) if (used <= this.#least && !this.#waiting.has(one)) this.#used.delete(one);
  }

  #usedBy(owner: string): number {
    return this.#used.get(owner) ?? 0;
  }
}
