// Calling what a client serves in its session: gRPC on a connection that the client has given us.

import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { maxBuildMessageBytes } from '../../limits.ts';
import { LoopShare, type MessageRoom, messageBatches, send, sendFramed } from './frames.ts';
import { parsed } from './parse.ts';
import { codes, errorOf, GrpcError } from './status.ts';

/** The client's side of HTTP/2 on `socket`. */
export function connectGrpc(socket: Duplex): ClientHttp2Session {
  const session = http2.connect('http://localhost', {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
  });
  session.on('error', () => socket.destroy());
  // HTTP/2 knows no half-closed connection.
  socket.once('end', () => session.destroy());
  return session;
}

/** A client's side, and what its messages may take. */
export interface Connected {
  readonly session: ClientHttp2Session;
  readonly room: MessageRoom;
}

/** A call with any number of messages either way. */
export class StreamCall implements Disposable {
  readonly #stream: ClientHttp2Stream;
  readonly #room: MessageRoom;
  #trailers: Record<string, unknown> | null = null;

  constructor({ session, room }: Connected, path: string, headers: OutgoingHttpHeaders, signal: AbortSignal) {
    signal.throwIfAborted();
    this.#room = room;
    if (session.destroyed || session.closed) throw gone();
    try {
      this.#stream = session.request(
        { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers },
        { signal },
      );
    } catch (error) {
      // A name of the client's that no header can carry.
      throw new GrpcError(
        codes.invalidArgument,
        `${path} cannot be called: ${error instanceof Error ? error.message : ''}`,
      );
    }
    this.#stream.on('error', () => undefined);
    // A call that fails at once has its trailers in its only headers.
    this.#stream.on('response', (given) => {
      if (given['grpc-status'] !== undefined) this.#trailers = given;
    });
    this.#stream.on('trailers', (given) => {
      this.#trailers = given;
    });
  }

  async send<Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>): Promise<void> {
    await this.#sent(send(this.#stream, toBinary(schema, create(schema, message))));
  }

  /** The same for messages that are framed already, one or many. */
  async sendFramed(frames: Uint8Array): Promise<void> {
    await this.#sent(sendFramed(this.#stream, frames));
  }

  /** A call that the client has ended fails as the client says. */
  async #sent(sending: Promise<void>): Promise<void> {
    try {
      await sending;
    } catch (error) {
      throw (this.#trailers && errorOf(this.#trailers)) ?? error;
    }
  }

  /** Nothing more is sent. */
  end(): void {
    this.#stream.end();
  }

  /** What the client says, until it has said all; throws what it ended the call with. */
  async *messages<Schema extends DescMessage>(
    schema: Schema,
    maxBytes = maxBuildMessageBytes,
  ): AsyncGenerator<MessageShape<Schema>> {
    const share = new LoopShare();
    for await (const some of this.batches(maxBytes)) {
      for (const bytes of some) {
        if (share.isUsed) await share.next();
        yield parsed(schema, bytes);
      }
    }
  }

  /** The same unparsed, those together that have come together: whoever takes them leaves the loop to others in between. */
  async *batches(maxBytes = maxBuildMessageBytes): AsyncGenerator<readonly Buffer[]> {
    try {
      yield* messageBatches(this.#stream, maxBytes, this.#room);
    } catch (error) {
      throw this.#trailers ? (errorOf(this.#trailers) ?? error) : error instanceof GrpcError ? error : gone();
    }
    if (!this.#trailers) throw gone();
    const error = errorOf(this.#trailers);
    if (error) throw error;
  }

  /** Gives the call up where it has not ended. */
  [Symbol.dispose](): void {
    this.#stream.destroy();
  }
}

/** A call of one message each way. Throws GrpcError, as the client has it. */
export async function callUnary<Request extends DescMessage, Response extends DescMessage>(
  connected: Connected,
  path: string,
  request: readonly [Request, MessageInitShape<Request>],
  response: Response,
  signal: AbortSignal,
): Promise<MessageShape<Response>> {
  using call = new StreamCall(connected, path, {}, signal);
  await call.send(...request);
  call.end();
  let answer: MessageShape<Response> | null = null;
  for await (const message of call.messages(response)) answer = message;
  if (!answer) throw new GrpcError(codes.internal, `${path} answered nothing`);
  return answer;
}

function gone(): GrpcError {
  return new GrpcError(codes.unavailable, 'the client has gone: context canceled');
}
