// Messages on a gRPC stream: a byte that says whether it is compressed, four bytes of length, the message (gRPC over HTTP/2).

import { once } from 'node:events';
import type { Http2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import { maxBuildCalls, maxBuildConnections, maxBuildMessagesBytes } from '../../limits.ts';
import { codes, GrpcError } from './status.ts';

const headBytes = 5;

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, headBytes);
  return frame;
}

/** Sends a message, and waits while the other side does not read. Throws canceled where the stream has ended. */
export async function send(stream: Http2Stream, message: Uint8Array): Promise<void> {
  await sendFramed(stream, framed(message));
}

/** The same for messages that are framed already, one or many. */
export async function sendFramed(stream: Http2Stream, frames: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.closed || !stream.writable)
    throw new GrpcError(codes.canceled, 'the call has ended: context canceled');
  if (stream.write(frames)) return;
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  stream.once('close', stop);
  try {
    await once(stream, 'drain', { signal: ended.signal });
  } catch {
    throw new GrpcError(codes.canceled, 'the call has ended: context canceled');
  } finally {
    stream.off('close', stop);
  }
}

/** What the clients of one host may have under way together: connections, calls, and messages that have come in part. */
export class MessageRoom {
  #bytes = maxBuildMessagesBytes;
  #calls = maxBuildCalls;
  #connections = maxBuildConnections;

  get bytesLeft(): number {
    return this.#bytes;
  }

  /** Throws resourceExhausted. */
  take(bytes: number): void {
    if (bytes > this.#bytes)
      throw new GrpcError(codes.resourceExhausted, 'the clients of this host are sending too much at once');
    this.#bytes -= bytes;
  }

  give(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Until it is disposed of. Throws resourceExhausted. */
  beginCall(): Disposable {
    if (this.#calls === 0)
      throw new GrpcError(
        codes.resourceExhausted,
        `the clients of this host have ${maxBuildCalls} calls under way, the most`,
      );
    this.#calls -= 1;
    return {
      [Symbol.dispose]: () => {
        this.#calls += 1;
      },
    };
  }

  /** Throws exhausted where there are as many as there may be. */
  checkConnections(): void {
    if (this.#connections > 0) return;
    throw new EngineError(
      'exhausted',
      `this host has ${maxBuildConnections} connections of clients that build, the most it may have`,
    );
  }

  /** An open one, until it is closed. */
  addConnection(connection: { once(event: 'close', done: () => void): unknown }): void {
    this.#connections -= 1;
    connection.once('close', () => {
      this.#connections += 1;
    });
  }
}

/**
 * The messages that come on a stream, each when it is asked for. Throws resourceExhausted for one of more than `maxBytes`,
 * unimplemented for a compressed one, internal where the stream ends within one.
 */
export async function* messages(stream: Readable, maxBytes: number, room: MessageRoom): AsyncGenerator<Buffer> {
  const share = new LoopShare();
  for await (const some of messageBatches(stream, maxBytes, room)) {
    for (const bytes of some) {
      if (share.isUsed) await share.next();
      yield bytes;
    }
  }
}

/** The same, those together that have come together: whoever takes them leaves the loop to others in between. */
export async function* messageBatches(
  stream: Readable,
  maxBytes: number,
  room: MessageRoom,
): AsyncGenerator<readonly Buffer[]> {
  using splitting = new Splitting(maxBytes, room);
  // Whoever has heard enough leaves the stream open: an answer goes the other way.
  for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const { whole, failure } = splitting.split(piece);
    if (whole.length > 0) yield whole;
    if (failure) throw failure;
  }
  if (!splitting.isBetween) throw new GrpcError(codes.internal, 'the stream ended within a message');
}

/** What has come at once may be a megabyte of small messages: others have the loop in between. */
const messagesMs = 5;

/** A part of the loop's time, after which others have it. */
export class LoopShare {
  #since = performance.now();

  get isUsed(): boolean {
    return performance.now() - this.#since > messagesMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}

/** Cuts what comes into messages. */
class Splitting implements Disposable {
  readonly #maxBytes: number;
  readonly #room: MessageRoom;
  readonly #head = new Coming(headBytes, null);
  #body: Coming | null = null;

  constructor(maxBytes: number, room: MessageRoom) {
    this.#maxBytes = maxBytes;
    this.#room = room;
  }

  get isBetween(): boolean {
    return this.#head.isEmpty && !this.#body;
  }

  /** Those messages that are whole now, and what is wrong behind them. */
  split(piece: Buffer): { readonly whole: readonly Buffer[]; readonly failure: unknown } {
    const whole: Buffer[] = [];
    try {
      this.#split(piece, whole);
      return { whole, failure: null };
    } catch (failure) {
      return { whole, failure };
    }
  }

  #split(piece: Buffer, whole: Buffer[]): void {
    for (let at = 0; at < piece.length; ) {
      if (!this.#body) {
        at += this.#head.fill(piece, at);
        if (!this.#head.isWhole) continue;
        const length = lengthIn(this.#head.take(), this.#maxBytes);
        if (at + length <= piece.length) {
          whole.push(piece.subarray(at, at + length));
          at += length;
          continue;
        }
        this.#body = new Coming(length, this.#room);
      }
      at += this.#body.fill(piece, at);
      if (!this.#body.isWhole) continue;
      whole.push(this.#body.take());
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#body?.[Symbol.dispose]();
    this.#body = null;
  }
}

function lengthIn(head: Buffer, maxBytes: number): number {
  if (head[0] !== 0) throw new GrpcError(codes.unimplemented, 'compressed messages are not taken');
  const length = head.readUInt32BE(1);
  if (length > maxBytes)
    throw new GrpcError(codes.resourceExhausted, `a message of ${length} bytes was sent, the most is ${maxBytes}`);
  return length;
}

/** Memory that a message which is coming begins with. */
const firstBytes = 64 * 1024;

/**
 * What is coming, in memory of its own, which grows with it and is counted in `room` until it is disposed of. A piece from the
 * network is a part of something larger: whoever keeps one byte of it keeps all.
 */
class Coming implements Disposable {
  readonly #length: number;
  readonly #room: MessageRoom | null;
  #bytes = Buffer.alloc(0);
  #filled = 0;

  constructor(length: number, room: MessageRoom | null) {
    this.#length = length;
    this.#room = room;
  }

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  get isWhole(): boolean {
    return this.#filled === this.#length;
  }

  /** Gives how many bytes of `piece` it took. Throws resourceExhausted. */
  fill(piece: Buffer, at: number): number {
    const wanted = Math.min(piece.length - at, this.#length - this.#filled);
    if (this.#filled + wanted > this.#bytes.length) this.#grow(this.#filled + wanted);
    this.#filled += piece.copy(this.#bytes, this.#filled, at, at + wanted);
    return wanted;
  }

  /** Doubles, so that no byte is moved often. */
  #grow(least: number): void {
    const size = Math.min(this.#length, Math.max(least, firstBytes, 2 * this.#bytes.length));
    this.#room?.take(size - this.#bytes.length);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(larger, 0, 0, this.#filled);
    this.#bytes = larger;
  }

  /** All of it; then the next may come. */
  take(): Buffer {
    this.#filled = 0;
    return this.#bytes;
  }

  [Symbol.dispose](): void {
    this.#room?.give(this.#bytes.length);
    this.#bytes = Buffer.alloc(0);
  }
}
