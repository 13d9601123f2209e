// The end points of repositories that the registry shows and does not keep. They are read and no more.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { sendPieceBytes } from '../../limits.ts';
import { mediaTypes } from '../media-types.ts';
import { checkDigest } from '../names.ts';
import type { OfficialRepositories } from '../official.ts';
import { Refusal } from '../refusal.ts';
import { type RepositoryAction, requireAccess } from './access.ts';
import { blobHeaders, isKnown } from './blobs.ts';
import { type Exchange, notAllowed, say, sayJson } from './exchange.ts';
import { pageOf } from './pages.ts';
import { rangeOf } from './ranges.ts';
import type { Route } from './route.ts';

/** What each method wants, so that whoever may not do it is told that, and not that the method is none. */
const actionOf: Readonly<Record<string, RepositoryAction>> = {
  GET: 'pull',
  DELETE: 'delete',
  POST: 'push',
  PUT: 'push',
  PATCH: 'push',
};

export async function officialEndpoint(
  exchange: Exchange,
  official: OfficialRepositories,
  route: Route & { readonly repository: string },
): Promise<void> {
  const { access, method } = exchange;
  const { repository } = route;
  const action = actionOf[method] ?? 'pull';
  const actions: readonly RepositoryAction[] = action === 'push' ? ['pull', 'push'] : [action];
  requireAccess(access, { type: 'repository', name: repository, actions });
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  switch (route.kind) {
    case 'manifest':
      return await sendManifest(exchange, official, repository, route.reference);
    case 'blob':
      return await sendBlob(exchange, official, repository, checkDigest(route.digest));
    case 'tags': {
      const tags = [...official.tags(repository)].sort((a, b) => (order(a) < order(b) ? -1 : 1));
      const { entries, headers } = pageOf(exchange.query, `/v2/${repository}/tags/list`, (last) =>
        tags.filter((tag) => order(tag) > order(last)),
      );
      return sayJson(exchange, { name: repository, tags: entries }, headers);
    }
    case 'referrers': {
      checkDigest(route.digest);
      const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] };
      return say(exchange, 200, { 'Content-Type': mediaTypes.ociIndex }, JSON.stringify(index));
    }
    default:
      throw new Refusal('BLOB_UPLOAD_UNKNOWN');
  }
}

const order = (tag: string): string => tag.toLowerCase();

async function sendManifest(
  exchange: Exchange,
  official: OfficialRepositories,
  repository: string,
  reference: string,
): Promise<void> {
  const { registry, access, request } = exchange;
  const { digest, mediaType, body } = await official.manifest(
    repository,
    reference.includes(':') ? checkDigest(reference) : reference,
  );
  const isThere = isKnown(request.headers['if-none-match'], digest);
  const isPull = request.method === 'GET' && !isThere;
  const headers = {
    'Content-Type': mediaType,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    ...access.countPull?.(isPull),
  };
  if (isThere) return say(exchange, 304, headers);
  const tag = reference === digest ? null : reference;
  if (isPull)
    registry.audit.tell({ action: 'pull', who: access.who, repository, reference: tag, digest, bytes: body.length });
  say(exchange, 200, headers, body);
}

async function sendBlob(
  exchange: Exchange,
  official: OfficialRepositories,
  repository: string,
  digest: string,
): Promise<void> {
  const { registry, access, request, response } = exchange;
  const blob = official.blob(repository, digest);
  if (!blob) throw new Refusal('BLOB_UNKNOWN', { detail: { digest } });
  const { size, content } = blob;
  const headers = blobHeaders(digest);
  if (isKnown(request.headers['if-none-match'], digest)) return say(exchange, 304, headers);
  const range = request.method === 'HEAD' ? null : rangeOf(request.headers.range, size);
  const { start, end } = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': end - start + 1,
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  registry.audit.tell({ action: 'pull-blob', who: access.who, repository, reference: null, digest, bytes: size });
  if ('bytes' in content) response.end(content.bytes.subarray(start, end + 1));
  else await pipeline(createReadStream(content.path, { start, end, highWaterMark: sendPieceBytes }), response);
}
