// One piece of work after another, in the order in which they were asked for: two never change one lab at the same time.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** Whether something is at work, or waits. */
  get busy(): boolean {
    return this.#asked > 0;
  }

  /** How much is at work or waits. */
  get asked(): number {
    return this.#asked;
  }

  /** Does `work` once all that was asked for before has ended, well or not. Throws what `work` throws. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    this.#asked += 1;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#asked -= 1;
    }
  }

  /** Resolves once all that was asked for until now has ended. Never throws. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
