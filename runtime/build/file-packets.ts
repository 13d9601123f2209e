// The packets by which a client sends files (`messages/files.proto`), read and written by hand: a directory of 40,000 files is 120,000 of
// them, on the loop that all hosts share.

import { isUtf8 } from 'node:buffer';
import { maxBuildMessageFields } from '../limits.ts';
import { framed } from './grpc/frames.ts';
import { codes, GrpcError } from './grpc/status.ts';

export const packet = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/** Of a Stat, what is looked at. */
export interface FileStat {
  readonly path: string;
  /** A FileMode of Go's. */
  readonly mode: number;
  readonly size: number;
  /** In nanoseconds. */
  readonly modTime: bigint;
  readonly linkname: string;
}

export interface FilePacket {
  readonly type: number;
  /** Null where there is none: the list has ended. */
  readonly stat: FileStat | null;
  readonly id: number;
  /** A part of the message. */
  readonly data: Buffer;
}

const nothing = Buffer.alloc(0);

/** A path may have 4096, and an error is a line. */
const maxShownCharacters = 200;

/** Throws invalidArgument for what is no packet, resourceExhausted for one of too many fields, unknown for names that are not UTF-8. */
export function readPacket(bytes: Buffer): FilePacket {
  let type = 0;
  let stat: FileStat | null = null;
  let id = 0;
  let data: Buffer = nothing;
  const reader = new FieldReader(bytes, 0, bytes.length);
  while (reader.next()) {
    if (reader.is(1, wire.varint)) type = reader.varint() | 0;
    else if (reader.is(2, wire.bytes)) stat = readStat(reader.inside());
    else if (reader.is(3, wire.varint)) id = reader.varint() >>> 0;
    else if (reader.is(4, wire.bytes)) data = reader.bytes();
    else reader.skip();
  }
  return { type, stat, id, data };
}

function readStat(reader: FieldReader): FileStat {
  let path = '';
  let mode = 0;
  let size = 0;
  let modTime = 0n;
  let linkname = '';
  while (reader.next()) {
    if (reader.is(1, wire.bytes)) path = reader.text();
    else if (reader.is(2, wire.varint)) mode = reader.varint() >>> 0;
    else if (reader.is(5, wire.varint)) size = Number(reader.int64());
    else if (reader.is(6, wire.varint)) modTime = reader.int64();
    else if (reader.is(7, wire.bytes)) linkname = reader.text();
    else reader.skip();
  }
  return { path, mode, size, modTime, linkname };
}

/** A message with its frame, that the content of a file is to be sent. */
export function requestPacket(id: number): Buffer {
  const bytes = [8, packet.request];
  if (id > 0) {
    bytes.push(24);
    let left = id;
    for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
    bytes.push(left);
  }
  return framed(Uint8Array.from(bytes));
}

/** A message with its frame, that all has come. */
export const endPacket = framed(Uint8Array.from([8, packet.end]));

/** protobuf.dev/programming-guides/encoding */
const wire = { varint: 0, eight: 1, bytes: 2, four: 5 } as const;

/** The fields of one message, each to be read or skipped. */
class FieldReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;
  readonly #budget: { fields: number };
  #number = 0;
  #type = 0;
  /** Of the number that was read last: its lowest 28 bits, those above, and the 8 above those. */
  #low = 0;
  #middle = 0;
  #high = 0;

  constructor(bytes: Buffer, at: number, end: number, budget = { fields: maxBuildMessageFields }) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#budget = budget;
  }

  /** Goes on to the next field; false at the end. */
  next(): boolean {
    if (this.#at === this.#end) return false;
    if (--this.#budget.fields < 0)
      throw new GrpcError(codes.resourceExhausted, `a message may have ${maxBuildMessageFields} fields`);
    const tag = this.varint() >>> 0;
    this.#number = tag >>> 3;
    this.#type = tag & 7;
    if (this.#number === 0) throw broken();
    return true;
  }

  is(number: number, type: number): boolean {
    return this.#number === number && this.#type === type;
  }

  /** The lowest 53 bits and more of it at least: to be cut to 32. */
  varint(): number {
    this.#readNumber();
    return this.#low + (this.#middle & 15) * 2 ** 28;
  }

  int64(): bigint {
    this.#readNumber();
    const bits = BigInt(this.#low) | (BigInt(this.#middle) << 28n) | (BigInt(this.#high) << 56n);
    return BigInt.asIntN(64, bits);
  }

  #readNumber(): void {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let count = 0; count < 10; count++) {
      const byte = this.#at < this.#end ? this.#bytes[this.#at++] : undefined;
      if (byte === undefined) throw broken();
      const bits = byte & 127;
      if (count < 4) low |= bits << (7 * count);
      else if (count < 8) middle |= bits << (7 * (count - 4));
      else high |= bits << (7 * (count - 8));
      if (byte < 128) {
        this.#low = low;
        this.#middle = middle;
        this.#high = high & 255;
        return;
      }
    }
    throw broken();
  }

  /** Where the field's own bytes begin; its reading goes on behind them. */
  #take(): number {
    const length = this.varint() >>> 0;
    const start = this.#at;
    if (length > this.#end - start) throw broken();
    this.#at = start + length;
    return start;
  }

  bytes(): Buffer {
    const start = this.#take();
    return this.#bytes.subarray(start, this.#at);
  }

  text(): string {
    const start = this.#take();
    const text = this.#bytes.toString('utf8', start, this.#at);
    // What cannot be decoded has become this character: two names could be one.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, this.#at))) throw notUtf8(text);
    return text;
  }

  /** The fields of the message that this one holds. */
  inside(): FieldReader {
    const start = this.#take();
    return new FieldReader(this.#bytes, start, this.#at, this.#budget);
  }

  skip(): void {
    if (this.#type === wire.varint) this.#readNumber();
    else if (this.#type === wire.bytes) this.#take();
    else if (this.#type === wire.eight || this.#type === wire.four) {
      this.#at += this.#type === wire.eight ? 8 : 4;
      if (this.#at > this.#end) throw broken();
    } else throw broken();
  }
}

function notUtf8(text: string): GrpcError {
  const shown = JSON.stringify(text.slice(0, maxShownCharacters));
  return new GrpcError(
    codes.unknown,
    `the build context has a name that is not UTF-8: ${shown}: rename it, or leave it out with .dockerignore`,
  );
}

function broken(): GrpcError {
  return new GrpcError(codes.invalidArgument, 'a packet of files is none');
}
