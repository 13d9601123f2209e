// The containers of a host: create, list, inspect, and the verbs that answer with a status only. Verbs that stream are in
// streams.ts.

import { isDeepStrictEqual } from 'node:util';
import type { Container } from '../containers/container.ts';
import { createContainer } from '../containers/create.ts';
import { checkContainerName } from '../containers/create-checks.ts';
import { parseCreateRequest } from '../containers/create-request.ts';
import { parseFilters } from '../containers/filters.ts';
import { discardedOf } from '../containers/host-config/resources.ts';
import { hostConfigSchema } from '../containers/host-config/table.ts';
import { inspectContainer } from '../containers/inspect.ts';
import { killContainer } from '../containers/kill.ts';
import { removeLink } from '../containers/links.ts';
import { listContainers, listFilterKeys } from '../containers/list.ts';
import { pauseContainer } from '../containers/pause.ts';
import { pruneContainers, pruneFilterKeys } from '../containers/prune.ts';
import { removeContainer } from '../containers/remove.ts';
import { renameContainer } from '../containers/rename.ts';
import { resizeContainer } from '../containers/resize.ts';
import { restartContainer } from '../containers/restart.ts';
import { startContainer } from '../containers/start.ts';
import { stopContainer } from '../containers/stop.ts';
import { topContainer } from '../containers/top.ts';
import { unpauseContainer } from '../containers/unpause.ts';
import { updateContainer } from '../containers/update.ts';
import { at, EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import { checkPlatform } from './platform.ts';
import { flag, integer, text } from './query.ts';
import type { Handler, Routes } from './router.ts';
import { cpusOf } from './system.ts';

/** The container that the path names. */
function named(exchange: Exchange<Host>): Container {
  return exchange.subject.findContainer(exchange.param('name'));
}

/** Rows and columns of a terminal. The CLI may send 0 before it knows them. Throws invalid in moby's words. */
export function terminalSize({ query }: Exchange<Host>): { rows: number; columns: number } {
  const size = (name: string, what: string): number => {
    const given = text(query, name);
    const wrong = !/^[+-]?\d{1,15}$/.test(given)
      ? 'invalid syntax'
      : Number(given) < 0 || Number(given) >= 2 ** 32
        ? 'value out of range'
        : null;
    if (wrong)
      throw new EngineError('invalid', `invalid resize ${what} ${JSON.stringify(given.slice(0, 40))}: ${wrong}`);
    return Number(given);
  };
  return { rows: size('h', 'height'), columns: size('w', 'width') };
}

async function create(exchange: Exchange<Host>): Promise<void> {
  const body = await exchange.json();
  if (body === undefined) throw new EngineError('invalid', 'invalid JSON: got EOF while reading request body');
  if (body === null) throw new EngineError('invalid', 'config cannot be empty in order to create a container');
  const given = text(exchange.query, 'name');
  const name = given === '' ? null : checkContainerName(given);
  const request = parseCreateRequest(body, cpusOf(exchange.subject));
  exchange.subject.images.resolve(request.config.Image);
  checkPlatform(exchange.query, request.config.Image);
  exchange.answer(201, await createContainer(exchange.subject, { name, ...request }));
}

async function list(exchange: Exchange<Host>): Promise<void> {
  const { query, subject } = exchange;
  const options = {
    all: flag(query, 'all'),
    limit: integer(query, 'limit'),
    size: flag(query, 'size'),
    filters: parseFilters(query.get('filters'), listFilterKeys),
  };
  await exchange.answerList(await listContainers(subject, options));
}

async function inspect(exchange: Exchange<Host>): Promise<void> {
  exchange.answer(200, await inspectContainer(named(exchange), { size: flag(exchange.query, 'size') }));
}

/** An empty body, `{}` or `null`: clients differ in what they send when they have nothing to send. */
async function hasNoBody(exchange: Exchange<Host>): Promise<boolean> {
  // moby's own limit. Like moby, we do not check the body's content type.
  if (Number(exchange.request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= 7) return true;
  const body = await exchange.json();
  return body === undefined || body === null || isDeepStrictEqual(body, {});
}

async function start(exchange: Exchange<Host>): Promise<void> {
  if (!(await hasNoBody(exchange)))
    throw new EngineError(
      'invalid',
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
  if (text(exchange.query, 'checkpoint') !== '')
    throw new EngineError('invalid', 'checkpoint is only supported in experimental mode');
  exchange.end((await startContainer(named(exchange))) === 'alreadyRunning' ? 304 : 204);
}

function timeoutAndSignal({ query }: Exchange<Host>): { timeoutSeconds: number | null; signal: string | null } {
  return { timeoutSeconds: integer(query, 't'), signal: query.get('signal') || null };
}

async function stop(exchange: Exchange<Host>): Promise<void> {
  const container = named(exchange);
  try {
    exchange.end((await stopContainer(container, timeoutAndSignal(exchange))) === 'notRunning' ? 304 : 204);
  } catch (error) {
    throw at(`cannot stop container: ${exchange.param('name')}`, error);
  }
}

async function restart(exchange: Exchange<Host>): Promise<void> {
  const container = named(exchange);
  try {
    await restartContainer(container, timeoutAndSignal(exchange));
  } catch (error) {
    throw at(`Cannot restart container ${exchange.param('name')}`, error);
  }
  exchange.end(204);
}

async function kill(exchange: Exchange<Host>): Promise<void> {
  try {
    await killContainer(named(exchange), text(exchange.query, 'signal') || 'SIGKILL');
  } catch (error) {
    throw at(`cannot kill container: ${exchange.param('name')}`, error);
  }
  exchange.end(204);
}

/** For a verb that takes nothing but its container. */
function verb(act: (container: Container) => Promise<unknown>): Handler<Host> {
  return async (exchange) => {
    await act(named(exchange));
    exchange.end(204);
  };
}

async function update(exchange: Exchange<Host>): Promise<void> {
  const container = named(exchange);
  const body = await exchange.body(hostConfigSchema);
  await updateContainer(container, body, cpusOf(exchange.subject));
  const warnings = discardedOf(body);
  exchange.answer(200, { Warnings: warnings.length > 0 ? warnings : null });
}

function rename(exchange: Exchange<Host>): void {
  renameContainer(named(exchange), text(exchange.query, 'name'));
  exchange.end(204);
}

function resize(exchange: Exchange<Host>): void {
  const { rows, columns } = terminalSize(exchange);
  resizeContainer(named(exchange), rows, columns);
  exchange.end(200);
}

async function top(exchange: Exchange<Host>): Promise<void> {
  exchange.answer(200, await topContainer(named(exchange), text(exchange.query, 'ps_args')));
}

async function prune(exchange: Exchange<Host>): Promise<void> {
  const filters = parseFilters(exchange.query.get('filters'), pruneFilterKeys);
  exchange.answer(200, await pruneContainers(exchange.subject, filters));
}

async function remove(exchange: Exchange<Host>): Promise<void> {
  if (flag(exchange.query, 'link')) {
    removeLink(exchange.subject, exchange.param('name'));
    exchange.end(204);
    return;
  }
  const options = { force: flag(exchange.query, 'force'), volumes: flag(exchange.query, 'v') };
  await removeContainer(named(exchange), options);
  exchange.end(204);
}

export const containerRoutes: Routes<Host> = {
  'POST /containers/create': create,
  'POST /containers/prune': prune,
  'GET /containers/json': list,
  'GET /containers/{name}/json': inspect,
  'GET /containers/{name}/top': top,
  'POST /containers/{name}/start': start,
  'POST /containers/{name}/stop': stop,
  'POST /containers/{name}/restart': restart,
  'POST /containers/{name}/kill': kill,
  'POST /containers/{name}/pause': verb(pauseContainer),
  'POST /containers/{name}/unpause': verb(unpauseContainer),
  'POST /containers/{name}/rename': rename,
  'POST /containers/{name}/update': update,
  'POST /containers/{name}/resize': resize,
  'DELETE /containers/{name}': remove,
};
