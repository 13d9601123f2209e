// Sends a tree of files to a client's session, as fsutil's sender does: first the list, then each file that the client asks for.

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { packet } from './file-packets.ts';
import type { StreamCall } from './grpc/call.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { PacketSchema } from './messages/files_pb.ts';
import { goModeOf, toldError } from './receive-files.ts';

/** Of one packet, as fsutil sends them. */
const chunkBytes = 32 * 1024;

const kinds: Readonly<Record<string, Parameters<typeof goModeOf>[0]>> = {
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  'character-device': 'character',
  'block-device': 'device',
};

/** `tarFile` has the tree, in the order of its paths. Ends when the client has all that it wants. Throws GrpcError. */
export async function sendFiles(call: StreamCall, tarFile: string, onBytes: (bytes: number) => void): Promise<void> {
  /** Where each entry's content is in the file; null for what has none of its own. */
  const places: ({ readonly at: number; readonly bytes: number } | null)[] = [];
  await eachHeader(tarFile, async (header) => {
    const { name, type, mode, uid, gid, size, mtime, linkname, byteOffset } = header;
    places.push(type === 'file' ? { at: byteOffset, bytes: size } : null);
    const stat = {
      path: name.replace(/\/$/, ''),
      mode: goModeOf(kinds[type ?? 'file'] ?? 'file', mode),
      uid,
      gid,
      size: BigInt(type === 'file' ? size : 0),
      modTime: BigInt(mtime?.getTime() ?? 0) * 1_000_000n,
      linkname: linkname ?? '',
    };
    await call.send(PacketSchema, { type: packet.stat, stat });
  });
  await call.send(PacketSchema, { type: packet.stat });
  await using file = await open(tarFile, 'r');
  for await (const { type, id, data } of call.messages(PacketSchema)) {
    if (type === packet.error) throw new GrpcError(codes.unknown, `error from receiver: ${toldError(data)}`);
    if (type === packet.request) {
      const place = places[id];
      if (!place) throw new GrpcError(codes.invalidArgument, `the client asks for file ${id}, which is none`);
      await sendContent(call, file, id, place, onBytes);
    } else if (type === packet.end) {
      await call.send(PacketSchema, { type: packet.end });
      call.end();
    }
  }
}

async function sendContent(
  call: StreamCall,
  file: FileHandle,
  id: number,
  { at, bytes }: { readonly at: number; readonly bytes: number },
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let done = 0; done < bytes; ) {
    const piece = new Uint8Array(Math.min(chunkBytes, bytes - done));
    const { bytesRead } = await file.read(piece, 0, piece.length, at + done);
    if (bytesRead === 0) throw new GrpcError(codes.internal, 'a file of the output has ended early');
    await call.send(PacketSchema, { type: packet.data, id, data: piece.subarray(0, bytesRead) });
    done += bytesRead;
    onBytes(bytesRead);
  }
  await call.send(PacketSchema, { type: packet.data, id });
}

async function eachHeader(
  tarFile: string,
  take: (header: Header & { readonly byteOffset: number }) => Promise<void>,
): Promise<void> {
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    body.on('error', () => undefined);
    body.on('end', () => {
      take(header as Header & { byteOffset: number }).then(
        () => next(),
        (error) => next(error),
      );
    });
    body.resume();
  });
  await pipeline(createReadStream(tarFile), reader);
}
