// What is in a file that xz or bzip2 has packed, neither of which Node reads. In JavaScript and WebAssembly, which reach nothing: such a
// file is a stranger's. Blocks while it works on a piece: for worker threads.

import { setImmediate as turn } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import { type FilePart, readPart } from './read-part.ts';

const inputBytes = 256 * 1024;

export type Packing = 'xz' | 'bzip2';

/** By the first bytes of a file; null for any other. */
export function packingOf(start: Uint8Array): Packing | null {
  const text = Buffer.from(start.subarray(0, 6)).toString('latin1');
  if (text === '\xfd7zXZ\0') return 'xz';
  return /^BZh[1-9]/.test(text) ? 'bzip2' : null;
}

/**
 * Piece by piece, from its beginning; the file stays open. Throws invalid for what cannot be read here, refused for what is broken,
 * and the reason of `signal`.
 */
export async function* unpackedBytes(
  content: FilePart,
  packing: Packing,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of packing === 'xz' ? unpackXz(content) : unpackBzip2(content)) {
    // Between two pieces the thread hears whether it is to give up.
    await turn();
    signal.throwIfAborted();
    yield piece;
  }
}

/** enum xz_ret of XZ Embedded: dictionaries of more than 64 MiB, and filters and sums that it does not have. */
const xzLacks = new Map([
  ['4', 'it was packed with a dictionary of more than 64 MiB'],
  ['6', 'it was packed with a filter or a kind of checksum that is not read here'],
]);

async function* unpackXz(content: FilePart): AsyncGenerator<Uint8Array> {
  // Only here, as below: every thread that makes files would read them at its start, for 20 ms.
  const { default: xz } = await import('xz-decompress');
  let position = 0;
  const packed = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = new Uint8Array(inputBytes);
      const length = readPart(content, piece, position);
      position += length;
      if (length === 0) controller.close();
      else controller.enqueue(piece.subarray(0, length));
    },
  });
  try {
    yield* new xz.XzReadableStream(packed);
  } catch (error) {
    const [, code = ''] = /error code (\d+)/.exec(String(error)) ?? [];
    const lacks = xzLacks.get(code);
    if (lacks !== undefined)
      throw new EngineError('invalid', `the xz archive cannot be read: ${lacks}`, { cause: error });
    throw new EngineError('refused', 'the xz archive is broken or cut off', { cause: error });
  }
}

async function* unpackBzip2(content: FilePart): AsyncGenerator<Uint8Array> {
  const { default: Bunzip } = await import('seek-bzip');
  const input = new FileInput(content);
  const output = new PieceOutput();
  try {
    const bunzip = new Bunzip(input, output);
    for (;;) {
      while (bunzip._init_block()) {
        bunzip._read_bunzip();
        yield* output.take();
      }
      if (bunzip.reader.read(32) >>> 0 !== bunzip.streamCRC >>> 0) throw new Error('its checksum is another');
      if (input.eof()) return;
      bunzip._start_bunzip(input, output);
    }
  } catch (error) {
    throw new EngineError('refused', 'the bzip2 archive is broken or cut off', { cause: error });
  }
}

/** A block has 900 kB, in which a run of 255 bytes may be told by five. */
const outputBytes = 1024 * 1024;

class FileInput {
  readonly #content: FilePart;
  readonly #bytes = Buffer.allocUnsafe(inputBytes);
  #at = 0;
  #end = 0;
  #position = 0;

  constructor(content: FilePart) {
    this.#content = content;
  }

  eof(): boolean {
    if (this.#at < this.#end) return false;
    this.#end = readPart(this.#content, this.#bytes, this.#position);
    this.#position += this.#end;
    this.#at = 0;
    return this.#end === 0;
  }

  readByte(): number {
    if (this.#at === this.#end && this.eof()) throw new Error('unexpected EOF');
    return this.#bytes[this.#at++] ?? 0;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    for (let at = 0; at < length; at++) into[offset + at] = this.readByte();
    return length;
  }
}

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
