// Counts open things by key. A key is removed with the last of its things, so there are never more keys than open things.

export class Tally {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Counts one more. The returned function takes it away again; it is idempotent. */
  add(key: string): () => void {
    this.#counts.set(key, this.count(key) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = this.count(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }
}
