// The last output of a terminal by absolute offset, in bounded memory. Independent of message transport.

import { maxRecordingBytes } from '../limits.ts';

/** How many chunks lie side by side before they are joined: one byte at a time must not cost an object a byte. */
const maxChunks = 256;

export class Recording {
  #chunks: Uint8Array[] = [];
  #start: number;
  #end: number;
  readonly #maxBytes: number;

  /** Empty, and the next byte is number `offset`. */
  constructor(offset = 0, maxBytes = maxRecordingBytes) {
    this.#start = offset;
    this.#end = offset;
    this.#maxBytes = maxBytes;
  }

  /** The number of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }
  /** The number of the next byte to come. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#end += bytes.length;
    if (this.#chunks.length > maxChunks) this.#chunks = [Buffer.concat(this.#chunks)];
    // A quarter over, so that dropping is not done for each byte.
    if (this.#end - this.#start > this.#maxBytes * 1.25) this.#trim();
  }

  /** Up to `maxBytes` bytes from number `from` on; empty at the end. Throws RangeError where `from` is not kept. */
  read(from: number, maxBytes: number): Uint8Array {
    if (from < this.#start || from > this.#end) {
      throw new RangeError(`read recording: byte ${from} is not within ${this.#start} to ${this.#end}`);
    }
    const parts: Uint8Array[] = [];
    let at = this.#start;
    let wanted = Math.min(maxBytes, this.#end - from);
    for (const chunk of this.#chunks) {
      const next = at + chunk.length;
      if (next > from && wanted > 0) {
        const part = chunk.subarray(Math.max(0, from - at), Math.max(0, from - at) + wanted);
        parts.push(part);
        wanted -= part.length;
      }
      at = next;
    }
    const [only, another] = parts;
    return only !== undefined && another === undefined ? only : Buffer.concat(parts);
  }

  /** Forgets everything: output between the last byte and number `offset` is lost. */
  restart(offset: number): void {
    this.#chunks = [];
    this.#start = offset;
    this.#end = offset;
  }

  #trim(): void {
    const all = Buffer.concat(this.#chunks);
    // Copied, so that the dropped part can be freed.
    const kept = Buffer.from(all.subarray(all.length - this.#maxBytes));
    this.#chunks = [kept];
    this.#start = this.#end - kept.length;
  }
}
