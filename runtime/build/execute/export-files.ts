// `docker build -o`: the files of what was built go to the client, as a directory or as a tar.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTree } from '../../archives/tree-work.ts';
import { openLayers } from '../../archives/view.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { diskFull } from '../../errors.ts';
import { digestOf } from '../../store/blobs.ts';
import { type Build, newId } from '../builds.ts';
import type { StreamCall } from '../grpc/call.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { BytesMessageSchema } from '../messages/files_pb.ts';
import type { Status } from '../progress.ts';
import type { Result } from '../result.ts';
import { sendFiles } from '../send-files.ts';
import { rootfsOf } from './files-step.ts';
import type { BuiltLayer } from './made.ts';

const method = '/moby.filesync.v1.FileSend/DiffCopy';

const said = {
  local: { name: 'exporting to client directory', status: 'copying files' },
  tar: { name: 'exporting to client tarball', status: 'sending tarball' },
} as const;

/** Ends when the client has all of it. Throws GrpcError: what the client says, or noSpace. */
export async function exportFiles(
  host: ContainerHost,
  build: Build<Result>,
  type: 'local' | 'tar',
  layers: readonly BuiltLayer[],
): Promise<void> {
  const { name, status: doing } = said[type];
  const vertex = build.progress.vertex({ digest: digestOf(`${name} ${newId()}`), name, inputs: [] });
  vertex.start();
  try {
    const session = await build.session();
    if (!session.serves(method)) throw new GrpcError(codes.unavailable, 'the client takes no files');
    using call = session.call(method, {}, build.signal);
    const status = vertex.status(doing, doing);
    const send = type === 'tar' ? sendTar : sendDirectory;
    await send(host, layers, call, new Amount(status), build.signal);
    status.done();
    vertex.complete();
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw diskFull(error) ?? error;
  }
}

/** Tells how much was sent, not too often. */
class Amount {
  readonly #status: Status;
  #bytes = 0;
  #told = 0;

  constructor(status: Status) {
    this.#status = status;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#told < 1024 * 1024) return;
    this.#told = this.#bytes;
    this.#status.at(this.#bytes);
  }
}

/** Calls `take` with a tar of the layers' file system. */
async function withTar(
  host: ContainerHost,
  layers: readonly BuiltLayer[],
  signal: AbortSignal,
  take: (tar: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  await host.engine.archives.pass(host.name, async () => {
    const diffIds = layers.map(({ diffId }) => diffId);
    using open = openLayers({ rootfs: rootfsOf(host, diffIds, ''), hostPid: host.record.pid });
    const { mounts, image: root } = open;
    await take(readTree({ kind: 'pack', mounts, root, uidBase: host.record.uidBase, path: '/', name: '' }, signal));
  });
}

async function sendTar(
  host: ContainerHost,
  layers: readonly BuiltLayer[],
  call: StreamCall,
  sent: Amount,
  signal: AbortSignal,
): Promise<void> {
  await withTar(host, layers, signal, async (tar) => {
    for await (const piece of tar) {
      await call.send(BytesMessageSchema, { data: Uint8Array.from(piece) });
      sent.add(piece.length);
    }
  });
  call.end();
  for await (const _ of call.messages(BytesMessageSchema)); // until the client has it
}

/** The client asks for files in an order of its own: so the tar is written to the host's disk, and read from there. */
async function sendDirectory(
  host: ContainerHost,
  layers: readonly BuiltLayer[],
  call: StreamCall,
  sent: Amount,
  signal: AbortSignal,
): Promise<void> {
  const file = `${host.directory}/build/output-${randomUUID()}`;
  try {
    await withTar(host, layers, signal, async (tar) => {
      await pipeline(Readable.from(tar), createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
    });
    await sendFiles(call, file, (bytes) => sent.add(bytes));
  } finally {
    await rm(file, { force: true });
  }
}
