// What may still be written into a tree that no quota of a disk counts.

import { EngineError } from '../errors.ts';
import { maxLayerEntries } from '../limits.ts';
import { noRoom } from '../store/limiter.ts';

export class Room {
  readonly #maxBytes: number;
  #bytes: number;
  #entries = maxLayerEntries;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = maxBytes;
  }

  get bytesLeft(): number {
    return this.#bytes;
  }

  /** Throws tooLarge where there is not so much. */
  take(bytes: number): void {
    if (bytes > this.#bytes) throw new EngineError('tooLarge', noRoom(this.#maxBytes));
    this.#bytes -= bytes;
  }

  /** Throws tooLarge. */
  takeEntry(): void {
    if (--this.#entries < 0) throw new EngineError('tooLarge', `it has more than ${maxLayerEntries} entries`);
  }
}
