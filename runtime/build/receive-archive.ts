// `docker build - < context.tar`: the client sends its context as one archive, which it has under a URL of its session's.

import { codes, GrpcError } from './grpc/status.ts';
import { BytesMessageSchema } from './messages/files_pb.ts';
import type { Session } from './sessions.ts';

/** The bytes of the archive. Throws GrpcError: what the client says. */
export async function* archivePieces(session: Session, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const method = '/moby.upload.v1.Upload/Pull';
  if (!session.serves(method)) throw new GrpcError(codes.unavailable, 'the client does not send archives');
  using call = session.call(method, { urlpath: url.pathname, urlhost: url.host }, signal);
  call.end();
  for await (const { data } of call.messages(BytesMessageSchema)) if (data.length > 0) yield data;
}
