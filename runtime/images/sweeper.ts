// Looks at images that may have become nobody's, a few at a time: a host that is removed may have had hundreds.

/** How long the others wait at once. */
const sliceMs = 5;

export class Sweeper {
  readonly #look: (imageId: string) => void;
  readonly #waiting = new Set<string>();
  #working = false;
  #stopped = false;

  /** `look` forgets the image if nobody needs it; each call is whole by itself. */
  constructor(look: (imageId: string) => void) {
    this.#look = look;
  }

  /** Looks at these now, where they are few, and soon at the rest. */
  sweep(imageIds: readonly string[]): void {
    for (const imageId of imageIds) this.#waiting.add(imageId);
    if (!this.#working) this.#slice();
  }

  /** Looks at no more of them: the records are about to be closed. A start of the engine finds what was left. Idempotent. */
  stop(): void {
    this.#stopped = true;
  }

  #slice(): void {
    if (this.#stopped) return;
    const until = performance.now() + sliceMs;
    for (const imageId of this.#waiting) {
      this.#waiting.delete(imageId);
      this.#look(imageId);
      if (performance.now() > until) break;
    }
    this.#working = this.#waiting.size > 0;
    if (this.#working) setImmediate(() => this.#slice());
  }
}
