// ADD of a URL: one file, fetched as a program in the host's workspace would fetch it.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { maxContextBytes, maxFetchMs } from '../../limits.ts';
import { inThread } from '../../thread-job.ts';
import { type Kept, newList, type Sent, type SentFiles } from '../execute/sent-files.ts';
import { writeList } from '../files/sent-list.ts';
import type { Fetched, FetchJob, FetchMessage } from './fetch-job.ts';

const program = { url: new URL('./fetch-worker.ts', import.meta.url), maxHeapMb: 128 };

/** As BuildKit makes it: its owner's alone. */
const fileMode = 0o600;

export interface FileWanted {
  readonly url: string;
  /** What it is called then. */
  readonly filename: string;
  /** `sha256:…`; empty for any. */
  readonly checksum: string;
}

/**
 * The file, alone in a directory. Where it was fetched before, only what has changed since is. Throws unavailable, in BuildKit's words,
 * tooLarge, noSpace, and invalid for another checksum.
 */
export async function fetchUrl(
  host: ContainerHost,
  sentFiles: SentFiles,
  { url, filename, checksum }: FileWanted,
  signal: AbortSignal,
): Promise<Sent> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(maxFetchMs)]);
  return await sentFiles.put(`url ${filename} ${url}`, async (directory, before) => {
    const had = before && noteIn(before);
    if (before && had && checksum !== '' && had.digest === checksum) return before;
    const path = `${directory}/.${randomUUID()}`;
    const reach = host.images.builds.reach();
    const job: FetchJob = { reach, url, path, etag: had?.etag ?? '', maxBytes: maxContextBytes };
    try {
      const fetched = await fetchInThread(job, within).catch((error: unknown) => {
        if (signal.aborted || !within.aborted) throw error;
        throw new EngineError(
          'deadline',
          `Get ${JSON.stringify(url)}: it took longer than ${maxFetchMs / 1000} seconds`,
        );
      });
      const digest = fetched?.digest ?? had?.digest ?? '';
      if (checksum !== '' && digest !== checksum)
        throw new EngineError('invalid', `digest mismatch ${digest}: ${checksum}`);
      if (!fetched && before) return before;
      if (!fetched) throw new EngineError('internal', 'a file that nobody had is said to be the same');
      return await keep(directory, filename, path, fetched);
    } finally {
      await rm(path, { force: true });
    }
  });
}

/** Null where the server has what it had. */
function fetchInThread(job: FetchJob, signal: AbortSignal): Promise<Fetched | null> {
  return inThread<FetchMessage, { readonly fetched: Fetched | null }>(
    {
      program,
      again: null,
      data: job,
      answerOf: (message) => ({ fetched: message.kind === 'fetched' ? message.fetched : null }),
      died: (error) => new EngineError('internal', `the thread that fetches a file failed: ${String(error)}`),
    },
    signal,
  ).then(({ fetched }) => fetched);
}

/** The digest, and the server's own word for the state of the file. */
function noteIn({ note }: Kept): { readonly digest: string; readonly etag: string } {
  const cut = note.indexOf(' ');
  return { digest: note.slice(0, cut), etag: note.slice(cut + 1) };
}

async function keep(directory: string, filename: string, path: string, fetched: Fetched): Promise<Kept> {
  const { digest, bytes, modifiedMs, etag } = fetched;
  const file = digest.slice('sha256:'.length);
  fs.renameSync(path, `${directory}/${file}`);
  const list = newList(directory);
  const mtimeNs = String(BigInt(Math.trunc(modifiedMs ?? 0)) * 1_000_000n);
  const content = { file, at: 0, digest };
  await writeList(list, [{ path: filename, kind: 'file', mode: fileMode, size: bytes, mtimeNs, target: '', content }]);
  return { list, count: 1, files: 1, bytes, note: `${digest} ${etag}` };
}
