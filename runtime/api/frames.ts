// stdout and stderr on one connection: eight bytes before each piece say which of the two it is, and its length (moby's stdcopy).

import { Transform, type TransformCallback } from 'node:stream';
import type { OutputChunk } from '../processes/streams.ts';

/** The header: stream, three zeros, the length in big endian. */
export function frameHeader(stream: 1 | 2, length: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(length, 4);
  return header;
}

export function frame(stream: 1 | 2, data: Buffer): Buffer {
  return Buffer.concat([frameHeader(stream, data.length), data]);
}

/** Turns `OutputChunk`s into bytes, framed if `multiplexed` (that is, without a terminal). */
export class OutputEncoder extends Transform {
  readonly #multiplexed: boolean;

  constructor(multiplexed: boolean) {
    super({ writableObjectMode: true, writableHighWaterMark: 4 });
    this.#multiplexed = multiplexed;
  }

  override _transform(chunk: OutputChunk, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#multiplexed) this.push(frameHeader(chunk.stream, chunk.data.length));
    done(null, chunk.data);
  }
}
