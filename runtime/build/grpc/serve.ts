// gRPC services on a connection that was taken over: `POST /grpc` with `Upgrade: h2c`.
//
// Written here, on Node's HTTP/2, because a client's session needs the other side too, a client on a given connection, which
// @grpc/grpc-js has not.

import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { EngineError } from '../../errors.ts';
import { maxBuildMessageBytes, maxBuildStreams } from '../../limits.ts';
import { type MessageRoom, messages, send } from './frames.ts';
import { codes, GrpcError, trailersOf } from './status.ts';

/** One call, as its method sees it. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client has gone, or wants no answer any more. */
  readonly signal: AbortSignal;
  readonly room: MessageRoom;
}

/** Answers a stream's requests; what it throws is the call's status. */
export type Method = (stream: ServerHttp2Stream, call: Call) => Promise<void>;

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
): Method {
  return async (stream, call) => {
    const said = await answer(await only(stream, request, call), call);
    await send(stream, toBinary(response, create(response, said)));
  };
}

/** Takes whatever comes, and answers with an empty message. */
export const emptyMethod: Method = async (stream, { room }) => {
  for await (const _ of messages(stream, maxBuildMessageBytes, room));
  await send(stream, new Uint8Array());
};

/** One message in, any number out. */
export function streaming<Request extends DescMessage, Response extends DescMessage>(
  request: Request,
  response: Response,
  answer: (message: MessageShape<Request>, call: Call) => AsyncIterable<MessageInitShape<Response>>,
): Method {
  return async (stream, call) => {
    for await (const said of answer(await only(stream, request, call), call))
      await send(stream, toBinary(response, create(response, said)));
  };
}

async function only<Request extends DescMessage>(
  stream: ServerHttp2Stream,
  request: Request,
  { room }: Call,
): Promise<MessageShape<Request>> {
  for await (const bytes of messages(stream, maxBuildMessageBytes, room)) {
    stream.resume(); // what else the client says is not kept
    return parsed(request, bytes);
  }
  throw new GrpcError(codes.invalidArgument, 'the call has no message');
}

/** Throws invalidArgument for what is not such a message. */
export function parsed<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new GrpcError(
      codes.invalidArgument,
      `no ${schema.typeName}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** As the client gets it. */
function statusOf(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const code = error instanceof EngineError && error.kind === 'notFound' ? codes.notFound : codes.unknown;
  return new GrpcError(code, error instanceof Error ? error.message : String(error));
}

/** Serves the connection until the client ends it. `onUnknown` is told of errors that are nobody's answer. */
export function serveGrpc(
  socket: Duplex,
  services: Services,
  room: MessageRoom,
  onUnknown: (error: unknown, path: string) => void,
): void {
  const session = http2.performServerHandshake(socket, {
    maxHeaderListPairs: 64,
    settings: { maxConcurrentStreams: maxBuildStreams },
  });
  session.on('error', () => socket.destroy());
  // HTTP/2 knows no half-closed connection.
  socket.once('end', () => session.destroy());
  session.on('stream', (stream, headers) => {
    const gone = new AbortController();
    stream.on('error', () => undefined);
    stream.once('close', () => gone.abort(new GrpcError(codes.canceled, 'context canceled')));
    void answerStream(stream, services, { headers, signal: gone.signal, room }, onUnknown);
  });
}

async function answerStream(
  stream: ServerHttp2Stream,
  services: Services,
  call: Call,
  onUnknown: (error: unknown, path: string) => void,
): Promise<void> {
  const path = String(call.headers[':path'] ?? '');
  let failed: GrpcError | null = null;
  const method = services.get(path);
  stream.once('wantTrailers', () => stream.sendTrailers(trailersOf(failed)));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  try {
    if (!method) throw new GrpcError(codes.unimplemented, `unknown method ${path.slice(0, 200)}`);
    await method(stream, call);
  } catch (error) {
    failed = statusOf(error);
    if (!(error instanceof GrpcError || error instanceof EngineError)) onUnknown(error, path);
  }
  if (!stream.destroyed) {
    stream.end();
    stream.resume(); // what else the client says
  }
}
