// The layers that the builds of one host hold: they are on the disk, and may be in no image and in no cache.

import type { Contents } from './contents.ts';

export class LayersInUse {
  readonly #contents: Contents;
  /** How many hold each. */
  readonly #held = new Map<string, number>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** As `Contents.hold`. */
  hold(diffIds: readonly string[]): Disposable {
    const held = this.#contents.hold(diffIds);
    const counted = new Set(diffIds);
    for (const diffId of counted) this.#held.set(diffId, (this.#held.get(diffId) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const diffId of counted) {
          const left = (this.#held.get(diffId) ?? 1) - 1;
          if (left > 0) this.#held.set(diffId, left);
          else this.#held.delete(diffId);
        }
        counted.clear();
        held[Symbol.dispose]();
      },
    };
  }

  /** What those hold that no image of the host has, and that are not the catalogue's. */
  bytes(isInOwnImage: (diffId: string) => boolean): number {
    let bytes = 0;
    for (const diffId of this.#held.keys()) if (!isInOwnImage(diffId)) bytes += this.#contents.broughtBytes(diffId);
    return bytes;
  }
}
