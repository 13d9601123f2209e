// The last output of a terminal by absolute offset, in bounded memory: the engine keeps one for whoever attaches, the server one
// for its pages. Knows nothing of processes and of how the bytes come.

/** The ring begins so small, and doubles: most terminals say little. */
const leastBytes = 4 * 1024;

export class Recording {
  readonly #maxBytes: number;
  /** Byte number N is at `N % length`. So what comes in pieces of one byte takes no more than what comes at once. */
  #ring = Buffer.alloc(0);
  #start: number;
  #end: number;

  /** Empty, and the next byte is number `offset`. Keeps the last `maxBytes`. */
  constructor(offset: number, maxBytes: number) {
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

  /** Copies `bytes`. */
  append(bytes: Uint8Array): void {
    const newest = bytes.subarray(Math.max(0, bytes.length - this.#maxBytes));
    const end = this.#end + bytes.length;
    const start = Math.max(this.#start, end - this.#maxBytes);
    if (end - start > this.#ring.length) this.#grow(end - start);
    this.#put(newest, end - newest.length);
    this.#start = start;
    this.#end = end;
  }

  /** A copy of up to `maxBytes` bytes from number `from` on; empty at the end. Throws RangeError where `from` is not kept. */
  read(from: number, maxBytes: number): Buffer {
    if (from < this.#start || from > this.#end) {
      throw new RangeError(`read recording: byte ${from} is not within ${this.#start} to ${this.#end}`);
    }
    const length = Math.min(maxBytes, this.#end - from);
    const copy = Buffer.allocUnsafe(length);
    if (length === 0) return copy;
    const at = from % this.#ring.length;
    const copied = this.#ring.copy(copy, 0, at, Math.min(this.#ring.length, at + length));
    this.#ring.copy(copy, copied, 0, length - copied);
    return copy;
  }

  /** Forgets everything: output between the last byte and number `offset` is lost. */
  restart(offset: number): void {
    this.#start = offset;
    this.#end = offset;
  }

  #put(bytes: Uint8Array, from: number): void {
    if (bytes.length === 0) return;
    const at = from % this.#ring.length;
    const room = this.#ring.length - at;
    this.#ring.set(bytes.subarray(0, room), at);
    this.#ring.set(bytes.subarray(room), 0);
  }

  #grow(wantedBytes: number): void {
    const kept = this.read(this.#start, this.#end - this.#start);
    const length = Math.max(leastBytes, this.#ring.length * 2, wantedBytes);
    this.#ring = Buffer.alloc(Math.min(this.#maxBytes, length));
    this.#put(kept, this.#start);
  }
}
