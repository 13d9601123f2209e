// gRPC services on a connection that was taken over: `POST /grpc` with `Upgrade: h2c`.
//
// Written here, on Node's HTTP/2, because a client's session needs the other side too, a client on a given connection, which
// @grpc/grpc-js has not.

import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { EngineError, type ErrorKind } from '../../errors.ts';
import { maxBuildMessageBytes, maxBuildRequestBytes, maxBuildStreams, maxBuildTrailerBytes } from '../../limits.ts';
import { type MessageRoom, messages, send } from './frames.ts';
import { parsed } from './parse.ts';
import { codes, GrpcError, trailersOf } from './status.ts';

/** What the calls of one host's clients share. */
export interface Serving {
  readonly services: Services;
  readonly room: MessageRoom;
  /** Resolves when it is the host's turn on the event loop: what the caller does until it waits again is counted. Throws exhausted. */
  readonly turn: (place: string) => Promise<void>;
  /** Is told of errors that are nobody's answer. */
  readonly onUnknown: (error: unknown, path: string) => void;
}

/** One call, as its method sees it. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client has gone, or wants no answer any more. */
  readonly signal: AbortSignal;
  readonly room: MessageRoom;
  readonly turn: () => Promise<void>;
}

/** Answers a stream's requests; what it throws is the call's status. */
export interface Method {
  (stream: ServerHttp2Stream, call: Call): Promise<void>;
  /** Headers of its answer, besides those of every call. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

/** By path: `/package.Service/Method`. */
export type Services = ReadonlyMap<string, Method>;

/** One message in, one out. */
export function unary<Request extends DescMessage, Response extends DescMessage>(
  request: Request,
  response: Response,
  answer: (
    message: MessageShape<Request>,
    call: Call,
  ) => Promise<MessageInitShape<Response>> | MessageInitShape<Response>,
  maxBytes = maxBuildRequestBytes,
): Method {
  return async (stream, call) => {
    const said = await answer(await only(stream, request, call, maxBytes), call);
    await sendCounted(stream, toBinary(response, create(response, said)), call.room);
  };
}

/** Takes whatever comes, and answers with an empty message. */
export const emptyMethod: Method = async (stream, { room }) => {
  for await (const _ of messages(stream, maxBuildMessageBytes, room)); // of each nothing is kept
  await send(stream, new Uint8Array());
};

/** One message in, any number out. */
export function streaming<Request extends DescMessage, Response extends DescMessage>(
  request: Request,
  response: Response,
  answer: (message: MessageShape<Request>, call: Call) => AsyncIterable<MessageInitShape<Response>>,
): Method {
  return async (stream, call) => {
    for await (const said of answer(await only(stream, request, call, maxBuildRequestBytes), call))
      await sendCounted(stream, toBinary(response, create(response, said)), call.room);
  };
}

/** Answers below this are not counted: a host's calls are. */
const uncountedBytes = 16 * 1024;

/** As `send`; until the client takes it, the message is counted among what is on its way. Throws resourceExhausted, too. */
async function sendCounted(stream: ServerHttp2Stream, message: Uint8Array, room: MessageRoom): Promise<void> {
  const bytes = message.length > uncountedBytes ? message.length : 0;
  room.take(bytes);
  try {
    await send(stream, message);
  } finally {
    room.give(bytes);
  }
}

async function only<Request extends DescMessage>(
  stream: ServerHttp2Stream,
  request: Request,
  { room, turn }: Call,
  maxBytes: number,
): Promise<MessageShape<Request>> {
  for await (const bytes of messages(stream, maxBytes, room)) {
    stream.resume(); // what else the client says is not kept
    await turn();
    return parsed(request, bytes);
  }
  throw new GrpcError(codes.invalidArgument, 'the call has no message');
}

/** As the client gets it. */
function statusOf(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const code = error instanceof EngineError ? (codesOfKinds[error.kind] ?? codes.unknown) : codes.unknown;
  return new GrpcError(code, error instanceof Error ? error.message : String(error));
}

const codesOfKinds: Partial<Record<ErrorKind, number>> = {
  notFound: codes.notFound,
  exhausted: codes.resourceExhausted,
};

/** Serves the connection until the client ends it. */
export function serveGrpc(socket: Duplex, serving: Serving): void {
  const session = http2.performServerHandshake(socket, {
    maxHeaderListPairs: 64,
    maxSendHeaderBlockLength: maxBuildTrailerBytes,
    settings: { maxConcurrentStreams: maxBuildStreams },
    // Calls that a client gives up as soon as it has begun them: as many at once as it may have, then some a second.
    streamResetBurst: maxBuildStreams,
    streamResetRate: maxResetsPerSecond,
  });
  session.on('error', () => socket.destroy());
  // HTTP/2 knows no half-closed connection.
  socket.once('end', () => session.destroy());
  session.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void answerStream(stream, headers, serving);
  });
}

async function answerStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { services, room, turn, onUnknown }: Serving,
): Promise<void> {
  if (stream.destroyed) return;
  const path = String(headers[':path'] ?? '').slice(0, maxPathCharacters);
  let failed: GrpcError | null = null;
  const gone = new AbortController();
  stream.once('close', () => gone.abort(new GrpcError(codes.canceled, 'context canceled')));
  stream.once('wantTrailers', () => sendTrailers(stream, failed, room));
  try {
    // Until the client has its end, not only until that is said.
    const counted = room.beginCall();
    stream.once('close', () => counted[Symbol.dispose]());
    const method = services.get(path);
    const head = { ':status': 200, 'content-type': 'application/grpc', ...method?.headers?.() };
    stream.respond(head, { waitForTrailers: true });
    if (!method) throw new GrpcError(codes.unimplemented, `unknown method ${path}`);
    await method(stream, { headers, signal: gone.signal, room, turn: () => turn(path) });
  } catch (error) {
    failed = statusOf(error);
    const isKnown = error instanceof GrpcError || error instanceof EngineError || isOfStream(error);
    // Whatever else fails where the client has gone has failed by that.
    if (!isKnown && !gone.signal.aborted && !stream.destroyed) onUnknown(error, path);
  }
  if (stream.destroyed) return;
  if (stream.headersSent) stream.end();
  // As a call that fails at once: its trailers are its only headers.
  else
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailersOf(failed) }, { endStream: true });
  stream.resume(); // what else the client says
}

/** Node's own, where a client breaks the connection or its rules. */
const isOfStream = (error: unknown): boolean =>
  /^ERR_(HTTP2|STREAM)_/.test((error as NodeJS.ErrnoException | null)?.code ?? '');

/** What an event's listener throws ends the process: and a client may give the call up at this moment. */
function sendTrailers(stream: ServerHttp2Stream, failed: GrpcError | null, room: MessageRoom): void {
  try {
    stream.sendTrailers(countedTrailers(stream, failed, room));
  } catch {
    stream.destroy();
  }
}

/** They may be a megabyte, which waits in memory for a client that does not read: without details where there is no room for them. */
function countedTrailers(
  stream: ServerHttp2Stream,
  failed: GrpcError | null,
  room: MessageRoom,
): Record<string, string> {
  const trailers = trailersOf(failed);
  const bytes = Object.values(trailers).reduce((sum, { length }) => sum + length, 0);
  if (!failed || bytes <= uncountedBytes) return trailers;
  if (bytes > room.bytesLeft) return trailersOf(new GrpcError(failed.code, failed.message));
  room.take(bytes);
  stream.once('close', () => room.give(bytes));
  return trailers;
}

const maxPathCharacters = 200;
/** Node's own. */
const maxResetsPerSecond = 33;
