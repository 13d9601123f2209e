// `/v2/NAME/blobs/DIGEST`: whether it is there, its bytes or some of them, its deletion.

import type { StoredBlob } from '../blob-index.ts';
import { checkDigest } from '../names.ts';
import { requireAccess } from './access.ts';
import { type Exchange, notAllowed, say } from './exchange.ts';
import { rangeOf } from './ranges.ts';
import { sendFile } from './send-file.ts';

export async function blobEndpoint(exchange: Exchange, repository: string, given: string): Promise<void> {
  const { registry, access, request, method } = exchange;
  if (method === 'DELETE') {
    requireAccess(access, { type: 'repository', name: repository, actions: ['delete'] });
    await registry.blobs.remove(repository, checkDigest(given), access.who);
    return say(exchange, 202);
  }
  if (method !== 'GET') notAllowed(['GET', 'HEAD', 'DELETE']);
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  const digest = checkDigest(given);
  const mayPush = access.allows({ type: 'repository', name: repository, actions: ['push'] });
  const blob = registry.blobs[mayPush ? 'needToPush' : 'need'](repository, digest);
  const headers = blobHeaders(digest);
  if (isKnown(request.headers['if-none-match'], digest)) return say(exchange, 304, headers);
  if (request.method === 'HEAD') {
    exchange.response.writeHead(200, { ...headers, 'Content-Length': blob.size });
    exchange.response.end();
    return;
  }
  await sendBlob(exchange, repository, blob, { ...headers });
}

async function sendBlob(
  { registry, access, request, response }: Exchange,
  repository: string,
  blob: StoredBlob,
  headers: Record<string, string>,
): Promise<void> {
  const range = rangeOf(request.headers.range, blob.size);
  const { start, end } = range ?? { start: 0, end: blob.size - 1 };
  await using file = await registry.blobs.open(blob);
  const digest = headers['Docker-Content-Digest'] ?? null;
  registry.audit.tell({ action: 'pull-blob', who: access.who, repository, reference: null, digest, bytes: blob.size });
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': end - start + 1,
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${blob.size}` }),
  });
  if (blob.size === 0) {
    response.end();
    return;
  }
  await sendFile(file, { start, end }, response);
}

/** What is told of a blob, besides its length. */
export function blobHeaders(digest: string) {
  return {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    // What has this name will never be anything else.
    'Cache-Control': 'max-age=31536000',
  };
}

/** A header `If-None-Match` that names the digest. */
export function isKnown(header: string | undefined, digest: string): boolean {
  return header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${digest}"`) ?? false;
}
