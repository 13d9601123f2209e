// `/v2/NAME/manifests/REFERENCE`: by tag or digest, the bytes as they came.

import { largeDocumentBytes, largeDocumentMs, maxManifestBytes, maxTagParameters } from '../../limits.ts';
import { Refusal } from '../refusal.ts';
import { requireAccess } from './access.ts';
import { isKnown } from './blobs.ts';
import { type Exchange, notAllowed, say } from './exchange.ts';
import { type Large, sendLarge } from './large.ts';

const pushTo = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] }) as const;

export async function manifestEndpoint(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, access, method } = exchange;
  if (method === 'PUT') {
    requireAccess(access, pushTo(repository));
    return await put(exchange, repository, reference);
  }
  if (method === 'DELETE') {
    requireAccess(access, { type: 'repository', name: repository, actions: ['delete'] });
    await registry.manifests.remove(repository, reference, access.who);
    return say(exchange, 202);
  }
  if (method !== 'GET') notAllowed(['GET', 'HEAD', 'PUT', 'DELETE']);
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  await get(exchange, repository, reference);
}

async function get(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, access, request, response } = exchange;
  const { digest, mediaType, size } = registry.manifests.need(repository, reference);
  const isPull = request.method === 'GET' && !isKnown(request.headers['if-none-match'], digest);
  const headers = {
    'Content-Type': mediaType,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    ...access.countPull?.(isPull),
  };
  if (isKnown(request.headers['if-none-match'], digest)) say(exchange, 304, headers);
  else if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'Content-Length': size });
    response.end();
  } else {
    const tag = reference === digest ? null : reference;
    const read = (): Large => {
      const text = registry.manifests.body(repository, digest);
      registry.audit.tell({ action: 'pull', who: access.who, repository, reference: tag, digest, bytes: size });
      return { headers, text };
    };
    if (size > largeDocumentBytes) return await sendLarge(exchange, 200, read);
    say(exchange, 200, headers, read().text);
  }
}

async function put(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, access, request, query } = exchange;
  const tags = query.getAll('tag');
  if (tags.length > maxTagParameters)
    throw new Refusal('TAG_INVALID', {
      status: 414,
      message: `one request gives a manifest ${maxTagParameters} tags at most`,
    });
  const isSmall = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= largeDocumentBytes;
  using _room = isSmall ? null : await exchange.room();
  const body = await bodyOf(exchange);
  // A namespace may be gone, or a colleague, since the body began.
  requireAccess(access, pushTo(repository));
  const contentType = request.headers['content-type'] ?? '';
  const { who } = access;
  const { digest, subject } = await registry.manifests.put({
    ...{ repository, reference, tags, contentType, body, who },
    digest: query.get('digest'),
  });
  say(exchange, 201, {
    Location: `/v2/${repository}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(subject !== null && { 'OCI-Subject': subject }),
    ...(tags.length > 0 && { 'OCI-Tag': [...new Set(tags)] }),
  });
}

/** A client that has not sent it in time is cut off. Throws SIZE_INVALID. */
async function bodyOf({ request }: Exchange): Promise<Buffer> {
  const refusal = new Refusal('SIZE_INVALID', {
    status: 413,
    message: `a manifest has ${maxManifestBytes} bytes at most`,
    detail: { most: maxManifestBytes },
  });
  if (Number(request.headers['content-length'] ?? 0) > maxManifestBytes) throw refusal;
  const pieces: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => request.destroy(), largeDocumentMs);
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      bytes += piece.length;
      if (bytes > maxManifestBytes) throw refusal;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } finally {
    clearTimeout(late);
  }
}
