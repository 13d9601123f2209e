// What a client's session takes of a build: archives, files, and blobs for a directory of its own.

import { createHash } from 'node:crypto';
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { packet } from '../../runtime/build/file-packets.ts';
import { messages, send } from '../../runtime/build/grpc/frames.ts';
import type { Method, Services } from '../../runtime/build/grpc/serve.ts';
import { codes, GrpcError } from '../../runtime/build/grpc/status.ts';
import {
  ContentInfoRequestSchema,
  ContentInfoResponseSchema,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from '../../runtime/build/messages/content_pb.ts';
import { BytesMessageSchema, PacketSchema } from '../../runtime/build/messages/files_pb.ts';

const maxBytes = 16 * 1024 * 1024;

/** Outputs by the place that they have among the build's: a `local` one is files, any other an archive. */
export interface Takes {
  readonly types: readonly string[];
  /** Called with each thing that comes, before it is answered. */
  readonly onPiece: (what: string) => Promise<void>;
}

/** Methods of a session. `digests` has that of each archive once it is whole. */
export function takesOutputs({ types, onPiece }: Takes): { readonly methods: Services; readonly digests: string[] } {
  const digests: string[] = [];
  const files: Method = async (stream, { headers, room }) => {
    const type = types[Number(headers['buildkit-attachable-exporter-id'] ?? 0)];
    if (type !== 'local') {
      const hash = createHash('sha256');
      for await (const bytes of messages(stream, maxBytes, room)) {
        hash.update(fromBinary(BytesMessageSchema, bytes).data);
        await onPiece(`${type} archive`);
      }
      digests.push(hash.digest('hex'));
      return;
    }
    const say = (message: MessageInitShape<typeof PacketSchema>) =>
      send(stream, toBinary(PacketSchema, create(PacketSchema, message)));
    let listed = 0;
    for await (const bytes of messages(stream, maxBytes, room)) {
      const { type: kind, stat } = fromBinary(PacketSchema, bytes);
      if (kind === packet.end) return;
      if (kind !== packet.stat) continue;
      await onPiece('local file');
      if (!stat) await say({ type: packet.end });
      else listed += 1;
    }
    throw new GrpcError(codes.unknown, `the output ended after ${listed} files`);
  };
  const answer = <Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>): Uint8Array =>
    toBinary(schema, create(schema, message));
  const info: Method = async (stream, { room }) => {
    for await (const bytes of messages(stream, maxBytes, room)) {
      const { digest } = fromBinary(ContentInfoRequestSchema, bytes);
      await onPiece('blob asked');
      if (!blobs.has(digest)) throw new GrpcError(codes.notFound, `${digest}: not found`);
      await send(stream, answer(ContentInfoResponseSchema, { info: { digest } }));
    }
  };
  const blobs = new Set<string>();
  const write: Method = async (stream, { room }) => {
    for await (const bytes of messages(stream, maxBytes, room)) {
      const { action, offset, data, expected } = fromBinary(WriteContentRequestSchema, bytes);
      await onPiece('blob written');
      if (action === 2) blobs.add(expected);
      await send(stream, answer(WriteContentResponseSchema, { action, offset: offset + BigInt(data.length) }));
    }
  };
  const content = '/containerd.services.content.v1.Content';
  const none: Method = () => Promise.reject(new GrpcError(codes.notFound, 'not found'));
  const methods = new Map([
    ['/moby.filesync.v1.FileSend/DiffCopy', files],
    [`${content}/Info`, info],
    [`${content}/Write`, write],
    [`${content}/Read`, none],
  ]);
  return { methods, digests };
}
