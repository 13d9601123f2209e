// A session that a client gives us within its connection to the builder (Control.Session), not with `POST /session`: as
// `docker buildx bake` does for directories that several builds share.

import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import { maxBuildMessageBytes } from '../limits.ts';
import { type MessageRoom, messages, send } from './grpc/frames.ts';
import { parsed } from './grpc/parse.ts';
import type { Method } from './grpc/serve.ts';
import { BytesMessageSchema } from './messages/files_pb.ts';
import type { SessionHeaders, Sessions } from './sessions.ts';

/** The call ends with the session. Throws what `Sessions.check` throws. */
export function sessionMethod(sessions: Sessions): Method {
  return async (stream, { headers, signal, room }) => {
    const given = sessionHeaders(headers);
    sessions.check(given);
    const socket = duplexOf(stream, room);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    sessions.add(given, socket);
    if (signal.aborted) socket.destroy();
    await closed;
  };
}

/** A header that is given several times has all its values in one. */
function sessionHeaders(headers: IncomingHttpHeaders): SessionHeaders {
  const given = (name: string): string => String(headers[`x-docker-expose-session-${name}`] ?? '');
  return {
    id: given('uuid'),
    sharedKey: given('sharedkey').slice(0, 200),
    methods: new Set(given('grpc-method').toLowerCase().split(/, */)),
  };
}

/** The bytes that the messages of a call carry. */
function duplexOf(stream: ServerHttp2Stream, room: MessageRoom): Duplex {
  const coming = messages(stream, maxBuildMessageBytes, room);
  const next = async (): Promise<Uint8Array | null> => {
    for (;;) {
      const { done, value } = await coming.next();
      if (done) return null;
      const { data } = parsed(BytesMessageSchema, value);
      if (data.length > 0) return data;
    }
  };
  const socket: Duplex = new Duplex({
    read: () => {
      next().then(
        (data) => socket.push(data),
        (error) => socket.destroy(error),
      );
    },
    write: (piece: Uint8Array, _encoding, done) => {
      const message = create(BytesMessageSchema, { data: Uint8Array.from(piece) });
      send(stream, toBinary(BytesMessageSchema, message)).then(() => done(), done);
    },
  });
  socket.on('error', () => undefined);
  // What has come in part is given back.
  socket.once('close', () => void coming.return(undefined).catch(() => undefined));
  return socket;
}
