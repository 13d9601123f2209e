// What is in bytes that xz or bzip2 has packed, neither of which Node reads. In JavaScript and WebAssembly, which reach nothing: such
// bytes are a stranger's. Blocks while it works on a piece: for worker threads.

import { setImmediate as turn } from 'node:timers/promises';
import { EngineError } from '../errors.ts';

export type Packing = 'xz' | 'bzip2';

/** By the first six bytes; null for any other. */
export function packingOf(start: Uint8Array): Packing | null {
  const text = Buffer.from(start.subarray(0, 6)).toString('latin1');
  if (text === '\xfd7zXZ\0') return 'xz';
  return /^BZh[1-9]/.test(text) ? 'bzip2' : null;
}

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Piece by piece. Throws invalid for what cannot be read here, refused for what is broken, and what `packed` throws. */
export async function* unpackedBytes(packed: Pieces, packing: Packing): AsyncGenerator<Uint8Array> {
  for await (const piece of packing === 'xz' ? unpackXz(packed) : unpackBzip2(packed)) {
    // Between two pieces the thread hears whether it is to give up.
    await turn();
    yield piece;
  }
}

/** enum xz_ret of XZ Embedded: dictionaries of more than 64 MiB, and filters and sums that it does not have. */
const xzLacks = new Map([
  ['4', 'it was packed with a dictionary of more than 64 MiB'],
  ['6', 'it was packed with a filter or a kind of checksum that is not read here'],
]);

async function* unpackXz(packed: Pieces): AsyncGenerator<Uint8Array> {
  // Only here, as below: every thread that makes files would read them at its start, for 20 ms.
  const { default: xz } = await import('xz-decompress');
  const failure: { why?: unknown } = {};
  const noted = noting(packed, failure);
  const pieces = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await noted.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void noted.return(undefined),
  });
  try {
    yield* new xz.XzReadableStream(pieces);
  } catch (error) {
    if ('why' in failure) throw failure.why;
    const [, code = ''] = /error code (\d+)/.exec(String(error)) ?? [];
    const lacks = xzLacks.get(code);
    if (lacks !== undefined)
      throw new EngineError('invalid', `the xz archive cannot be read: ${lacks}`, { cause: error });
    throw new EngineError('refused', 'the xz archive is broken or cut off', { cause: error });
  }
}

/** What goes wrong with the packed bytes themselves is no fault of the archive. */
async function* noting(packed: Pieces, failure: { why?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* packed;
  } catch (error) {
    failure.why = error;
    throw error;
  }
}

async function* unpackBzip2(packed: Pieces): AsyncGenerator<Uint8Array> {
  const { default: Bunzip } = await import('seek-bzip');
  const failure: { why?: unknown } = {};
  const input = new PieceInput(noting(packed, failure));
  const output = new PieceOutput();
  try {
    await input.fill();
    const bunzip = new Bunzip(input, output);
    for (;;) {
      while (bunzip._init_block()) {
        bunzip._read_bunzip();
        yield* output.take();
        await input.fill();
      }
      if (bunzip.reader.read(32) >>> 0 !== bunzip.streamCRC >>> 0) throw new Error('its checksum is another');
      await input.fill();
      if (input.isEmpty) return;
      bunzip._start_bunzip(input, output);
    }
  } catch (error) {
    if ('why' in failure) throw failure.why;
    throw new EngineError('refused', 'the bzip2 archive is broken or cut off', { cause: error });
  } finally {
    await input.close();
  }
}

/** What the longest block can be: 900,001 symbols of 20 bits, and its tables. It is read at once. */
const blockBytes = 2.5 * 1024 * 1024;

class PieceInput {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #isOver = false;

  constructor(packed: AsyncGenerator<Uint8Array>) {
    this.#pieces = packed;
  }

  /** Waits until the next block is here. */
  async fill(): Promise<void> {
    const parts: Uint8Array[] = [this.#bytes.subarray(this.#at)];
    let length = this.#bytes.length - this.#at;
    while (length < blockBytes && !this.#isOver) {
      const { value, done } = await this.#pieces.next();
      if (done) this.#isOver = true;
      else {
        parts.push(value);
        length += value.length;
      }
    }
    if (parts.length === 1) return;
    this.#bytes = Buffer.concat(parts);
    this.#at = 0;
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined);
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  readByte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('unexpected EOF');
    return byte;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    for (let at = 0; at < length; at++) into[offset + at] = this.readByte();
    return length;
  }
}

/** A block has 900 kB, in which a run of 255 bytes may be told by five. */
const outputBytes = 1024 * 1024;

class PieceOutput {
  #pieces: Buffer[] = [];
  #piece = Buffer.allocUnsafe(outputBytes);
  #length = 0;

  writeByte(byte: number): void {
    if (this.#length === outputBytes) this.#cut();
    this.#piece[this.#length++] = byte;
  }

  take(): readonly Buffer[] {
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  #cut(): void {
    this.#pieces.push(this.#piece.subarray(0, this.#length));
    this.#piece = Buffer.allocUnsafe(outputBytes);
    this.#length = 0;
  }
}
