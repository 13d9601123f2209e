// A lab's lock. Whatever changes the lab holds it meanwhile, so that two changes never happen at the same time. They are done in
// the order in which they were asked for.

export class Lock {
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** Whether it is held, or waited for. */
  get busy(): boolean {
    return this.#asked > 0;
  }

  /** How many hold it or wait for it. */
  get asked(): number {
    return this.#asked;
  }

  /** Does `work` while holding the lock, once all that was asked for before has ended, well or not. Throws what `work` throws. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#asked += 1;
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      this.#asked -= 1;
    }
  }

  /** Resolves once all that was asked for until now has ended. Never throws. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
