// `/v2/NAME/blobs/uploads/` and what is below it: blobs that are sent, in one request or many, or mounted without being sent.

import type { Sender } from '../blobs.ts';
import { type Algorithm, algorithms, checkDigest } from '../names.ts';
import { Refusal } from '../refusal.ts';
import type { Upload } from '../upload.ts';
import { requireAccess } from './access.ts';
import { type Exchange, notAllowed, say } from './exchange.ts';
import { chunkOf, receivedRange } from './ranges.ts';

const pathOf = (repository: string, id: string): string => `/v2/${repository}/blobs/uploads/${id}`;

function stateOf({ repository, id, size }: Upload) {
  return { Location: pathOf(repository, id), Range: receivedRange(size), 'Docker-Upload-UUID': id };
}

const pushTo = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] }) as const;

/** Begins an upload, takes a whole blob, or mounts one. */
export async function uploadsEndpoint(exchange: Exchange, repository: string): Promise<void> {
  const { registry, access, request, method, query } = exchange;
  if (method !== 'POST') notAllowed(['POST']);
  requireAccess(access, pushTo(repository));
  const mount = query.get('mount');
  if (mount !== null && (await mounted(exchange, repository, checkDigest(mount)))) return;
  const digest = query.get('digest');
  if (digest === null || mount !== null)
    return sayBegun(exchange, registry.uploads.begin(repository, algorithmIn(query)));
  checkDigest(digest);
  request.once('end', () => waitForDisk(exchange));
  await registry.blobs.take({ repository, digest, ...senderOf(exchange) }, request);
  sayCreated(exchange, repository, digest);
}

function senderOf({ access }: Exchange): Sender {
  return {
    who: access.who,
    mayPull: (name) => access.allows({ type: 'repository', name, actions: ['pull'] }),
  };
}

/** Nothing passes while the disk is waited for; that is not the client's fault. */
function waitForDisk({ request }: Exchange): void {
  request.setTimeout(0);
}

function sayBegun(exchange: Exchange, upload: Upload): void {
  // A chunk may have any length that is one.
  say(exchange, 202, { ...stateOf(upload), 'OCI-Chunk-Min-Length': 1 });
}

/** Throws BLOB_UPLOAD_INVALID. */
function algorithmIn(query: URLSearchParams): Algorithm {
  const asked = query.get('digest-algorithm') ?? 'sha256';
  const algorithm = algorithms.find((name) => name === asked);
  if (algorithm) return algorithm;
  throw new Refusal('BLOB_UPLOAD_INVALID', {
    message: `the digest algorithm is none of ${algorithms.join(', ')}`,
    detail: { 'digest-algorithm': asked.slice(0, 40) },
  });
}

async function mounted(exchange: Exchange, repository: string, digest: string): Promise<boolean> {
  const { registry, query } = exchange;
  const { who, mayPull } = senderOf(exchange);
  // What they may not pull is for them as if it were not there (B04).
  const blob = await registry.blobs.mount(repository, digest, query.get('from'), who, mayPull);
  if (!blob) return false;
  sayCreated(exchange, repository, digest);
  return true;
}

function sayCreated(exchange: Exchange, repository: string, digest: string): void {
  say(exchange, 201, { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest });
}

/** An upload that has begun: how far it is, more of it, its end, its cancelling. */
export async function uploadEndpoint(exchange: Exchange, repository: string, id: string): Promise<void> {
  const { registry, access, method } = exchange;
  if (!['GET', 'PATCH', 'PUT', 'DELETE'].includes(method)) notAllowed(['GET', 'PATCH', 'PUT', 'DELETE']);
  requireAccess(access, pushTo(repository));
  if (method === 'GET') return say(exchange, 204, stateOf(registry.uploads.need(repository, id)));
  await registry.uploads.alone(repository, id, async (upload, signal) => {
    if (method === 'PATCH') await patch(exchange, upload, signal);
    else if (method === 'PUT') await close(exchange, upload, signal);
    else {
      registry.uploads.remove(upload);
      say(exchange, 204);
    }
  });
}

async function patch(exchange: Exchange, upload: Upload, signal: AbortSignal): Promise<void> {
  await takeChunk(exchange, upload, signal);
  say(exchange, 202, stateOf(upload));
}

async function close(exchange: Exchange, upload: Upload, signal: AbortSignal): Promise<void> {
  const digest = checkDigest(exchange.query.get('digest') ?? '');
  await takeChunk(exchange, upload, signal);
  waitForDisk(exchange);
  await exchange.registry.blobs.finish(upload, digest, senderOf(exchange), signal);
  sayCreated(exchange, upload.repository, digest);
}

/** Adds the request's body, at the place that its headers tell, where they tell one. Throws RANGE_INVALID, SIZE_INVALID. */
async function takeChunk({ registry, request }: Exchange, upload: Upload, signal: AbortSignal): Promise<void> {
  const chunk = chunkOf(request.headers['content-range']);
  const { 'content-length': length } = request.headers;
  const before = upload.size;
  if (chunk && chunk.start !== before)
    throw new Refusal('RANGE_INVALID', {
      message: `the upload goes on at ${before}, not at ${chunk.start}`,
      detail: { received: before, start: chunk.start },
      headers: stateOf(upload),
    });
  const wanted = chunk ? chunk.end - chunk.start + 1 : null;
  if (wanted !== null && length !== undefined && Number(length) !== wanted)
    throw new Refusal('SIZE_INVALID', { detail: { contentRange: wanted, contentLength: Number(length) } });
  await registry.uploads.append(upload, request, signal);
  if (wanted !== null && upload.size - before !== wanted)
    throw new Refusal('SIZE_INVALID', {
      detail: { contentRange: wanted, received: upload.size - before },
      headers: stateOf(upload),
    });
}
