// Lets work through: so much at once for each key, and so much in all. What has to wait goes in the order it came, and none
// waits behind a key that has enough.

export class Turnstile {
  readonly #perKey: number;
  readonly #inAll: number;
  readonly #atLeast: number;
  readonly #inside = new Map<string, number>();
  readonly #waiting: { readonly key: string; readonly enter: () => void }[] = [];
  #total = 0;

  /** `atLeast`: so much of each key has room whatever others have, so that many together keep nobody out; none where left out. */
  constructor({
    perKey,
    inAll,
    atLeast = 0,
  }: { readonly perKey: number; readonly inAll: number; readonly atLeast?: number }) {
    this.#perKey = perKey;
    this.#inAll = inAll;
    this.#atLeast = atLeast;
  }

  /** Does `work` when there is room. Throws what it throws. */
  async pass<T>(key: string, work: () => Promise<T>): Promise<T> {
    using _inside = await this.enter(key);
    return await work();
  }

  /** Resolves when there is room. It is taken until the answer is disposed of. */
  async enter(key: string): Promise<Disposable> {
    if (this.#hasRoom(key)) this.#count(key, 1);
    // Whoever leaves counts the next one in, so that nobody comes between.
    else await new Promise<void>((enter) => this.#waiting.push({ key, enter }));
    return {
      [Symbol.dispose]: () => {
        this.#count(key, -1);
        this.#next();
      },
    };
  }

  #hasRoom(key: string): boolean {
    const inside = this.#inside.get(key) ?? 0;
    return inside < this.#perKey && (this.#total < this.#inAll || inside < this.#atLeast);
  }

  #count(key: string, change: 1 | -1): void {
    this.#total += change;
    const inside = (this.#inside.get(key) ?? 0) + change;
    if (inside > 0) this.#inside.set(key, inside);
    else this.#inside.delete(key);
  }

  #next(): void {
    for (;;) {
      const place = this.#waiting.findIndex(({ key }) => this.#hasRoom(key));
      const [next] = place < 0 ? [] : this.#waiting.splice(place, 1);
      if (next === undefined) return;
      this.#count(next.key, 1);
      next.enter();
    }
  }
}
