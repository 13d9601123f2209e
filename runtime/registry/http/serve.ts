// The registry over HTTP: OCI distribution 1.1 and Docker's registry API 2. Who serves it owns the sockets; who makes the gate knows
// the accounts.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { diskFull, EngineError } from '../../errors.ts';
import {
  leastLargeDocuments,
  leastRegistryStreams,
  maxLargeDocuments,
  maxLargeDocumentsPerShare,
  maxPathLength,
  maxRegistryStreams,
  maxRegistryStreamsPerShare,
  registryClientIdleMs,
} from '../../limits.ts';
import { Turnstile } from '../../turnstile.ts';
import type { MirroredRepositories } from '../mirrored.ts';
import type { OfficialRepositories } from '../official.ts';
import { Refusal } from '../refusal.ts';
import type { Registry } from '../registry.ts';
import { type Gate, requireAccess } from './access.ts';
import { blobEndpoint } from './blobs.ts';
import { type Exchange, notAllowed, refuse, say } from './exchange.ts';
import { catalogEndpoint, referrersEndpoint, tagsEndpoint } from './lists.ts';
import { manifestEndpoint } from './manifests.ts';
import { bringMirrored } from './mirrored.ts';
import { officialEndpoint } from './official.ts';
import { type Route, routeOf } from './route.ts';
import { uploadEndpoint, uploadsEndpoint } from './uploads.ts';

export interface RegistryService {
  readonly registry: Registry;
  readonly gate: Gate;
  /** Repositories that are shown and not kept; none where left out. */
  readonly official?: OfficialRepositories;
  /** Those of other registries that are brought when somebody asks for them; none where left out. */
  readonly mirrored?: MirroredRepositories;
  readonly log: Logger;
}

/** Answers requests whose path begins with `/v2`. Never throws. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function registryHandler(service: RegistryService): RegistryHandler {
  const streams = new Turnstile({
    ...{ perKey: maxRegistryStreamsPerShare, inAll: maxRegistryStreams, atLeast: leastRegistryStreams },
  });
  const large = new Turnstile({
    ...{ perKey: maxLargeDocumentsPerShare, inAll: maxLargeDocuments, atLeast: leastLargeDocuments },
  });
  return async (request, response) => {
    // Errors of a client that goes: whoever reads or writes notices by itself.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.setTimeout(registryClientIdleMs, () => request.socket.destroy());
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    try {
      const { path, query } = targetOf(request.url ?? '');
      const route = routeOf(path);
      const access = await service.gate.admit(request);
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
      const share = access.share ?? access.who ?? request.socket.remoteAddress ?? '';
      const room = () => large.enter(share);
      const exchange = { registry: service.registry, access, request, response, method, query, room };
      const { mirrored } = service;
      const isMirrored = mirrored && route && 'repository' in route && mirrored.has(route.repository);
      // Before it has a place among the streams: who waits for another registry keeps nobody from theirs.
      if (isMirrored && (await bringMirrored(exchange, mirrored, route))) return;
      using _stream = isStream(route) ? await streams.enter(share) : null;
      await answer(exchange, route, isMirrored ? {} : service);
    } catch (error) {
      await refuse({ request, response }, refusalOf(error, service, request));
    }
  };
}

/** Whether the request may bring or take much. */
function isStream(route: Route | null): boolean {
  return route?.kind === 'blob' || route?.kind === 'uploads' || route?.kind === 'upload';
}

async function answer(
  exchange: Exchange,
  route: Route | null,
  { official }: Pick<RegistryService, 'official'>,
): Promise<void> {
  if (official && route && 'repository' in route && official.has(route.repository))
    return await officialEndpoint(exchange, official, route);
  switch (route?.kind) {
    case 'base':
      if (exchange.method !== 'GET') notAllowed(['GET', 'HEAD']);
      requireAccess(exchange.access, { type: 'base' });
      return say(exchange, 200, { 'Content-Type': 'application/json' }, '{}');
    case 'catalog':
      return await catalogEndpoint(exchange, official?.repositories() ?? []);
    case 'tags':
      return tagsEndpoint(exchange, route.repository);
    case 'manifest':
      return await manifestEndpoint(exchange, route.repository, route.reference);
    case 'blob':
      return await blobEndpoint(exchange, route.repository, route.digest);
    case 'uploads':
      return await uploadsEndpoint(exchange, route.repository);
    case 'upload':
      return await uploadEndpoint(exchange, route.repository, route.id);
    case 'referrers':
      return await referrersEndpoint(exchange, route.repository, route.digest);
    case 'bad-name':
      throw new Refusal('NAME_INVALID', { detail: { name: route.repository.slice(0, 255) } });
    default:
      throw new Refusal('UNSUPPORTED', { status: 404, message: 'a registry has nothing at this path' });
  }
}

/** The path, decoded once, and the query. Throws NAME_INVALID. */
function targetOf(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  try {
    const path = decodeURIComponent(raw);
    if (path.length <= maxPathLength && !path.includes('\0'))
      return { path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) };
  } catch {
    // falls through to the refusal
  }
  throw new Refusal('NAME_INVALID', { message: 'the path of the request is not well formed' });
}

/** An error as the client gets it. One that is not foreseen is logged, and told without details. */
function refusalOf(error: unknown, { log }: RegistryService, { method, url, destroyed }: IncomingMessage): Refusal {
  if (error instanceof Refusal) return error;
  const known = diskFull(error) ?? tablesFull(error) ?? (error instanceof EngineError ? error : null);
  // Not with a status from 500 up: clients would send it all again, several times.
  if (known?.kind === 'noSpace') return new Refusal('DENIED', { message: known.message, cause: error });
  if (known?.kind === 'conflict') return new Refusal('BLOB_UPLOAD_INVALID', { message: known.message, cause: error });
  const isGone = destroyed || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
  if (!isGone) log.error({ err: error, method, path: url?.split('?', 1)[0] }, 'a request to the registry failed');
  return new Refusal('UNKNOWN', { message: 'the registry failed to do this; its log says why', cause: error });
}

/** SQLite's own word for a full disk (SQLITE_FULL, 13). */
function tablesFull(error: unknown): EngineError | null {
  if ((error as { errcode?: unknown }).errcode !== 13) return null;
  return new EngineError('noSpace', 'no space left on the disk; remove what is not needed and try again', {
    cause: error,
  });
}
