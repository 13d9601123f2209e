// A thread that fetches one file by HTTP, from the network of a host, as a program in its workspace would. Started by `fetch-url.ts` only.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import { diskFull, EngineError } from '../../errors.ts';
import { moveIntoNetworkOf } from '../../kernel/thread-network.ts';
import { fetchIdleMs } from '../../limits.ts';
import { authoritiesIn } from '../../registries/certificates.ts';
import { RegistryFailure } from '../../registries/failure.ts';
import { isInHosts, resolveBy } from '../../registries/names.ts';
import { type Incoming, Transport } from '../../registries/transport.ts';
import type { Fetched, FetchJob, FetchMessage } from './fetch-job.ts';

async function fetchFile(job: FetchJob): Promise<FetchMessage> {
  const { pid, namesDirectory, proxy } = job.reach;
  moveIntoNetworkOf(job.reach);
  const isNear = (name: string): boolean => name === 'localhost' || isInHosts(namesDirectory, name);
  const way = {
    resolve: resolveBy(namesDirectory),
    authorities: authoritiesIn(pid),
    proxy: proxy && { ...proxy, isNear },
    isForFiles: true,
  };
  using transport = new Transport(way, fetchIdleMs);
  const headers = { Accept: '*/*', 'Accept-Encoding': 'gzip', ...(job.etag !== '' && { 'If-None-Match': job.etag }) };
  const url = new URL(job.url);
  const authorization = authorizationIn(url);
  const answer = await transport.send({ method: 'GET', url, headers, authorization });
  if (answer.status === 304 && job.etag !== '') {
    answer.body.destroy();
    return { kind: 'same' };
  }
  if (answer.status < 200 || answer.status >= 400)
    throw new EngineError('unavailable', `invalid response status ${answer.status}`);
  return { kind: 'fetched', fetched: await written(job, answer) };
}

/** The name and password that it has, which are taken out of it. */
function authorizationIn(url: URL): string | null {
  const { username, password } = url;
  if (username === '' && password === '') return null;
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

async function written({ path, maxBytes }: FetchJob, { body, headers }: Incoming): Promise<Fetched> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      hash.update(piece);
      done(bytes > maxBytes ? new EngineError('tooLarge', `it has more than ${maxBytes} bytes`) : null, piece);
    },
  });
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  if (headers['content-encoding'] === 'gzip') await pipeline(body, createGunzip(), counted, file);
  else await pipeline(body, counted, file);
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    digest: `sha256:${hash.digest('hex')}`,
    bytes,
    modifiedMs: Number.isNaN(modified) ? null : modified,
    etag: String(headers.etag ?? '').slice(0, 1000),
  };
}

function failure(error: unknown): FetchMessage {
  const known = error instanceof EngineError ? error : diskFull(error);
  if (known) return { kind: 'failed', errorKind: known.kind, message: known.message };
  if (error instanceof RegistryFailure) return { kind: 'failed', errorKind: 'unavailable', message: error.message };
  const { code, message } = error as NodeJS.ErrnoException;
  const said = code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' ? 'unexpected EOF' : message;
  return { kind: 'failed', errorKind: code === 'ESRCH' ? 'unavailable' : 'internal', message: said };
}

parentPort?.once('message', (job: FetchJob) => {
  fetchFile(job)
    .catch(failure)
    .then((message) => parentPort?.postMessage(message));
});
