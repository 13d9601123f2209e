// The images of a host. Names in the path may hold slashes and colons.

import { parseFilters } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { sendPieces } from './archives.ts';
import type { Exchange } from './exchange.ts';
import { imageInVersion, imageSummaryInVersion } from './older-versions.ts';
import { checkLoadedPlatform, checkPlatform, otherPlatform } from './platform.ts';
import { begun, report } from './progress.ts';
import { flag, flagOr, text } from './query.ts';
import { registryOptions } from './registries.ts';
import type { Routes } from './router.ts';

async function list(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, version } = exchange;
  const options = { all: flag(query, 'all'), digests: flag(query, 'digests'), sharedSize: flag(query, 'shared-size') };
  const images = subject.images.list(parseFilters(query.get('filters')), options);
  await exchange.answerList(images.map((image) => imageSummaryInVersion(version, { ...image })));
}

/**
 * `nginx`, `nginx:1.27` or `nginx@sha256:…`, and a tag or digest of its own, as clients old and new send them; null for every
 * tag.
 */
function pullReference(query: URLSearchParams): { repository: string; tag: string | null } {
  const from = text(query, 'fromImage');
  const tag = text(query, 'tag');
  if (tag !== '') return { repository: from, tag };
  const at = from.indexOf('@');
  if (at >= 0) return { repository: from.slice(0, at), tag: from.slice(at + 1) };
  const colon = from.lastIndexOf(':');
  if (colon > from.lastIndexOf('/')) return { repository: from.slice(0, colon), tag: from.slice(colon + 1) };
  return { repository: from, tag: null };
}

/** Pull, or import of an archive: one path in this API. */
async function create(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, signal, request } = exchange;
  if (text(query, 'fromImage') !== '') {
    const { repository, tag } = pullReference(query);
    const platform = otherPlatform(query);
    const options = { ...registryOptions(exchange), ...(platform !== null && { platform }) };
    await report(exchange, await subject.images.pull(repository, tag, options));
    return;
  }
  checkLoadedPlatform(query);
  if (text(query, 'fromSrc') === '') throw new EngineError('invalid', 'neither fromImage nor fromSrc was given');
  if (text(query, 'fromSrc') !== '-')
    throw new EngineError(
      'notImplemented',
      'importing from a URL is not supported by this engine: it has no way out; import a file',
    );
  const options = {
    repository: text(query, 'repo'),
    tag: text(query, 'tag'),
    message: text(query, 'message'),
    changes: query.getAll('changes'),
    signal,
  };
  // One line is all that there is: an archive that is broken has a status of its own.
  await report(exchange, await begun(subject.images.importArchive(request, options)));
}

async function load(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, signal, request } = exchange;
  checkLoadedPlatform(query);
  const options = { quiet: flagOr(query, 'quiet', false), signal };
  await report(exchange, subject.images.load(request, options));
}

function inspect(exchange: Exchange<Host>): void {
  const name = exchange.param('name');
  const found = exchange.subject.images.inspect(name);
  checkPlatform(exchange.query, name);
  exchange.answer(200, imageInVersion(exchange.version, { ...found }));
}

async function history(exchange: Exchange<Host>): Promise<void> {
  const name = exchange.param('name');
  const found = exchange.subject.images.history(name);
  checkPlatform(exchange.query, name);
  await exchange.answerList(found);
}

function tag(exchange: Exchange<Host>): void {
  const { query, subject } = exchange;
  subject.images.tag(exchange.param('name'), text(query, 'repo'), text(query, 'tag') || 'latest');
  exchange.end(201);
}

function remove(exchange: Exchange<Host>): void {
  const name = exchange.param('name');
  exchange.subject.images.resolve(name);
  checkPlatform(exchange.query, name);
  const options = { force: flag(exchange.query, 'force'), noPrune: flag(exchange.query, 'noprune') };
  exchange.answer(200, exchange.subject.images.remove(name, options));
}

function prune(exchange: Exchange<Host>): void {
  const { subject, query } = exchange;
  const pruned = subject.images.prune(parseFilters(query.get('filters')));
  subject.events.emit('image', 'prune', '', { reclaimed: String(pruned.SpaceReclaimed) });
  exchange.answer(200, pruned);
}

async function save(exchange: Exchange<Host>, names: readonly string[]): Promise<void> {
  const { subject, query, signal } = exchange;
  for (const name of names) checkPlatform(query, name);
  await subject.engine.archives.pass(subject.name, async () =>
    sendPieces(exchange, 'application/x-tar', await subject.images.save(names, signal)),
  );
}

export const imageRoutes: Routes<Host> = {
  'GET /images/json': list,
  'GET /images/get': (exchange) => save(exchange, exchange.query.getAll('names')),
  'POST /images/create': create,
  'POST /images/load': load,
  'POST /images/prune': prune,
  'GET /images/{name}/json': inspect,
  'GET /images/{name}/history': history,
  'GET /images/{name}/get': (exchange) => save(exchange, [exchange.param('name')]),
  'POST /images/{name}/tag': tag,
  'DELETE /images/{name}': remove,
};
