// The images that steps of a host's builds began with: clients show one as CACHED that is not the first time used.

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
