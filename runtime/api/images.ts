// The images of a host. Names in the path may hold slashes and colons.

import { parseFilters } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Progress } from '../images/image.ts';
import type { Exchange } from './exchange.ts';
import { imageInVersion, imageSummaryInVersion } from './older-versions.ts';
import { checkPlatform, checkPulledPlatform } from './platform.ts';
import { flag, flagOr, text } from './query.ts';
import type { Routes } from './router.ts';

async function list(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, version } = exchange;
  const options = { all: flag(query, 'all'), digests: flag(query, 'digests'), sharedSize: flag(query, 'shared-size') };
  const images = subject.images.list(parseFilters(query.get('filters')), options);
  await exchange.answerList(images.map((image) => imageSummaryInVersion(version, { ...image })));
}

/** `lines`, once there is one: what fails before that is thrown here. */
async function begun(lines: AsyncIterable<Progress>): Promise<AsyncIterable<Progress>> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    for (let line = first; !line.done; line = await iterator.next()) yield line.value;
  })();
}

/** Sends progress, a line each; what fails on the way is its last line, for the answer has begun by then. */
async function report(exchange: Exchange<Host>, lines: AsyncIterable<Progress>): Promise<void> {
  exchange.beginAnswer('application/json');
  const send = (line: Progress) => exchange.write(`${JSON.stringify(line)}\r\n`);
  try {
    for await (const line of lines) {
      if (exchange.signal.aborted) return;
      await send(line);
    }
  } catch (error) {
    if (!(error instanceof EngineError)) exchange.subject.engine.log.error({ err: error }, 'an image operation failed');
    const message = error instanceof EngineError ? error.message : 'the engine failed to do this; its log says why';
    await send({ errorDetail: { message }, error: message });
  }
  exchange.response.end();
}

/** `nginx`, `nginx:1.27` or `nginx@sha256:…`, and a tag or digest of its own, as clients old and new send them; null for every tag. */
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
  checkPulledPlatform(query);
  if (text(query, 'fromImage') !== '') {
    const { repository, tag } = pullReference(query);
    await report(exchange, await subject.images.pull(repository, tag, { signal }));
    return;
  }
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
  checkPulledPlatform(query);
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

function notYet(what: string, instead: string) {
  return () => {
    throw new EngineError('notImplemented', `${what} is not supported yet by this engine: ${instead}`);
  };
}

export const imageRoutes: Routes<Host> = {
  'GET /images/json': list,
  'GET /images/search': notYet('docker search', 'docker pull has the images of the catalogue; the lessons name them'),
  'GET /images/get': notYet('docker save', 'pull or load the image where you need it'),
  'POST /images/create': create,
  'POST /images/load': load,
  'POST /images/prune': prune,
  'GET /images/{name}/json': inspect,
  'GET /images/{name}/history': history,
  'GET /images/{name}/get': notYet('docker save', 'pull or load the image where you need it'),
  'POST /images/{name}/tag': tag,
  'POST /images/{name}/push': notYet('docker push', 'there is no registry to push to yet'),
  'DELETE /images/{name}': remove,
};
