// `docker build -o`: the files of what was built go to the client, as a directory or as a tar. Those of several platforms have a
// directory each.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTree } from '../../archives/tree-work.ts';
import { openLayers } from '../../archives/view.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import type { Build } from '../builds.ts';
import { rootfsOf } from '../execute/files-step.ts';
import type { StreamCall } from '../grpc/call.ts';
import { formatPlatform } from '../language/platforms.ts';
import type { Status, Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import { sendFiles } from '../send-files.ts';
import { exporterCall, sendBytes } from './exporter-call.ts';
import type { Built } from './finished-image.ts';
import { joinTars } from './join-tars.ts';
import { withTimes } from './tar-times.ts';

export interface FilesRequest {
  readonly type: 'local' | 'tar';
  /** Which of the client's outputs it is. */
  readonly id: number;
  readonly built: readonly Built[];
  /** Each platform has a directory of its own. */
  readonly isSplit: boolean;
}

/** Ends when the client has all of it. Throws GrpcError: what the client says, or noSpace. */
export async function exportFiles(
  host: ContainerHost,
  build: Build<Result>,
  vertex: Vertex,
  { type, id, built, isSplit }: FilesRequest,
): Promise<void> {
  using call = await exporterCall(build, id);
  const doing = type === 'tar' ? 'sending tarball' : 'copying files';
  const status = vertex.status(doing, doing);
  const send = type === 'tar' ? sendTar : sendDirectory;
  // The client takes names in their order alone.
  const parts = built.map(partOf(isSplit)).sort((a, b) => (a.directory < b.directory ? -1 : 1));
  const amount = new Amount(status);
  await send(host, parts, call, amount, build.signal);
  status.done(amount.bytes);
}

/** The files of one result, and the directory that they come into; empty for none. */
interface Part {
  readonly diffIds: readonly string[];
  readonly directory: string;
  /** The time that all of it is of, in seconds; null where each file has its own. */
  readonly epoch: number | null;
}

const partOf =
  (isSplit: boolean) =>
  ({ layers, result: { platform, epoch } }: Built): Part => ({
    diffIds: layers.map(({ diffId }) => diffId),
    directory: isSplit ? formatPlatform(platform).replaceAll('/', '_') : '',
    epoch,
  });

/** Tells how much was sent, not too often. */
class Amount {
  readonly #status: Status;
  #bytes = 0;
  #told = 0;

  constructor(status: Status) {
    this.#status = status;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#told < 1024 * 1024) return;
    this.#told = this.#bytes;
    this.#status.at(this.#bytes);
  }
}

/** A tar of the parts' file systems. */
async function* tarOf(host: ContainerHost, parts: readonly Part[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const tars = parts.map(async function* ({ diffIds, directory: name, epoch }): AsyncGenerator<Uint8Array> {
    using open = openLayers({ rootfs: rootfsOf(host, diffIds, ''), hostPid: host.record.pid });
    const { mounts, image: root } = open;
    const { uidBase } = host.record;
    const tar = readTree({ kind: 'pack', mounts, root, uidBase, path: '/', name }, signal);
    yield* epoch === null ? tar : withTimes(tar, () => epoch);
  });
  const [only] = tars;
  yield* tars.length === 1 && only ? only : joinTars(tars);
}

async function sendTar(
  host: ContainerHost,
  parts: readonly Part[],
  call: StreamCall,
  sent: Amount,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.archives.pass(host.name, () =>
    sendBytes(call, tarOf(host, parts, signal), (bytes) => sent.add(bytes)),
  );
}

/** The client asks for files in an order of its own: so the tar is written to the host's disk, and read from there. */
async function sendDirectory(
  host: ContainerHost,
  parts: readonly Part[],
  call: StreamCall,
  sent: Amount,
  signal: AbortSignal,
): Promise<void> {
  makeDirectory(`${host.directory}/build`, 0o700);
  const file = `${host.directory}/build/output-${randomUUID()}`;
  try {
    await host.engine.archives.pass(host.name, () =>
      pipeline(Readable.from(tarOf(host, parts, signal)), createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
        signal,
      }),
    );
    await sendFiles(call, file, (bytes) => sent.add(bytes));
  } finally {
    await rm(file, { force: true });
  }
}
