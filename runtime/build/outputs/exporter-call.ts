// What an output sends to the client goes by a call of its session, which names the output by its number.

import type { Build } from '../builds.ts';
import type { StreamCall } from '../grpc/call.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { BytesMessageSchema } from '../messages/files_pb.ts';
import type { Result } from '../result.ts';

const method = '/moby.filesync.v1.FileSend/DiffCopy';

/** `id`: the place of the output among the client's. Throws unavailable where the client takes nothing. */
export async function exporterCall(build: Build<Result>, id: number): Promise<StreamCall> {
  const session = await build.session();
  if (!session.serves(method)) throw new GrpcError(codes.unavailable, 'the client takes no files');
  return session.call(method, { 'buildkit-attachable-exporter-id': String(id) }, build.signal);
}

/** Resolves when the client has all of it. `onBytes` is told how long each piece is. */
export async function sendBytes(
  call: StreamCall,
  pieces: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  for await (const piece of pieces) {
    await call.send(BytesMessageSchema, { data: Uint8Array.from(piece) });
    onBytes(piece.length);
  }
  call.end();
  for await (const _ of call.messages(BytesMessageSchema)); // until the client has it
}
