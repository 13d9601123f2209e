// The images that steps of a host's builds began with: clients show one as CACHED that is not the first time used.

import type { Step } from '../language/steps.ts';
import type { Vertex } from '../progress.ts';

/** A class's Dockerfiles begin with a few dozen; those beyond are forgotten all. */
const maxBases = 1000;

export class KnownBases {
  readonly #images = new Set<string>();

  /** Whether it was used before. */
  use(image: string): boolean {
    if (this.#images.has(image)) return true;
    if (this.#images.size >= maxBases) this.#images.clear();
    this.#images.add(image);
    return false;
  }

  clear(): void {
    this.#images.clear();
  }
}

/** The images that one build begins with. */
export class BasesOfBuild {
  readonly #known: KnownBases;
  /** What images hold that no step has begun with so far. */
  readonly #unused = new Map<Step, string>();

  constructor(known: KnownBases) {
    this.#known = known;
  }

  /** What the image of a step holds. */
  add(step: Step, image: string): void {
    this.#unused.set(step, image);
  }

  /** As in BuildKit, an image that a step begins with is told as known where an earlier build used it. */
  use(inputs: readonly Step[], vertices: ReadonlyMap<Step, Vertex>): void {
    for (const step of inputs) {
      const image = this.#unused.get(step);
      if (image === undefined) continue;
      this.#unused.delete(step);
      if (this.#known.use(image)) vertices.get(step)?.cached();
    }
  }
}
