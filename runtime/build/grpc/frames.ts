// Messages on a gRPC stream: a byte that says whether it is compressed, four bytes of length, the message (gRPC over HTTP/2).

import { once } from 'node:events';
import type { Http2Stream } from 'node:http2';
import { maxBuildMessagesBytes } from '../../limits.ts';
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
  if (stream.destroyed || stream.closed || !stream.writable) throw new GrpcError(codes.canceled, 'the call has ended');
  if (stream.write(framed(message))) return;
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  stream.once('close', stop);
  try {
    await once(stream, 'drain', { signal: ended.signal });
  } catch {
    throw new GrpcError(codes.canceled, 'the call has ended');
  } finally {
    stream.off('close', stop);
  }
}

/** What the messages that have come in part may take together, of all calls of one host. */
export class MessageRoom {
  #left = maxBuildMessagesBytes;

  /** Throws resourceExhausted. */
  take(bytes: number): void {
    if (bytes > this.#left)
      throw new GrpcError(codes.resourceExhausted, 'the clients of this host are sending too much at once');
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * The messages that come on a stream, each when it is asked for. Throws resourceExhausted for one of more than `maxBytes`,
 * unimplemented for a compressed one, internal where the stream ends within one.
 */
export async function* messages(stream: Http2Stream, maxBytes: number, room: MessageRoom): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let held = 0;
  /** Of the message that is coming; null before its head is there. */
  let length: number | null = null;
  const take = (bytes: number): Buffer => {
    const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, held);
    held -= bytes;
    room.give(bytes);
    parts = held > 0 ? [whole.subarray(bytes)] : [];
    return whole.subarray(0, bytes);
  };
  try {
    // Whoever has heard enough leaves the stream open: an answer goes the other way.
    for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      room.take(piece.length);
      parts.push(piece);
      held += piece.length;
      for (;;) {
        if (length === null) {
          if (held < headBytes) break;
          const head = take(headBytes);
          if (head[0] !== 0) throw new GrpcError(codes.unimplemented, 'compressed messages are not taken');
          length = head.readUInt32BE(1);
          if (length > maxBytes)
            throw new GrpcError(
              codes.resourceExhausted,
              `a message of ${length} bytes was sent, the most is ${maxBytes}`,
            );
        }
        if (held < length) break;
        const bytes = length;
        length = null;
        yield take(bytes);
      }
    }
    if (held > 0 || length !== null) throw new GrpcError(codes.internal, 'the stream ended within a message');
  } finally {
    room.give(held);
  }
}
