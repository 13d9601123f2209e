// Files in and out of containers: the archive of a path, and the whole file system.

import type { PathStat } from '../archives/stat.ts';
import { commitContainer } from '../containers/commit.ts';
import { copyIn, copyOut, statInContainer } from '../containers/copy.ts';
import { exportContainer, tellChanges } from '../containers/export.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { committedConfig } from '../images/configuration.ts';
import { maxArchiveStallMs } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { flag, flagOr, text } from './query.ts';
import type { Routes } from './router.ts';
import { dockerVersion } from './versions.ts';

const tar = 'application/x-tar';

function pathOf({ query }: Exchange<Host>): string {
  const path = text(query, 'path');
  if (path === '') throw new EngineError('invalid', 'bad parameter: pathcannot be empty');
  if (path.includes('\0') || Buffer.byteLength(path) > 4095)
    throw new EngineError('invalid', "bad parameter: 'path' is no path of Linux");
  return path;
}

function statHeader(stat: PathStat): Record<string, string> {
  return { 'X-Docker-Container-Path-Stat': Buffer.from(JSON.stringify(stat)).toString('base64') };
}

/** Cuts off a client that neither sends nor takes anything for long, until it is disposed of. */
export function cutOffStalled({ request }: Exchange<Host>): Disposable {
  const { socket } = request;
  const cutOff = (): void => void socket.destroy();
  socket.setTimeout(maxArchiveStallMs, cutOff);
  return {
    [Symbol.dispose]: () => {
      socket.setTimeout(0);
      socket.off('timeout', cutOff);
    },
  };
}

/** Sends an answer, whose pieces are empty afterwards, as fast as it is taken. What fails before its first piece has a status of its own. */
export async function sendPieces(
  exchange: Exchange<Host>,
  contentType: string,
  content: AsyncIterable<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<void> {
  using _stalled = cutOffStalled(exchange);
  for await (const piece of content) {
    if (exchange.signal.aborted) return;
    if (!exchange.response.headersSent) exchange.beginAnswer(contentType, headers);
    await exchange.hand(piece);
  }
  exchange.response.end();
}

async function get(exchange: Exchange<Host>): Promise<void> {
  const { subject, request, signal } = exchange;
  const shown = exchange.param('name');
  const container = subject.findContainer(shown);
  const path = pathOf(exchange);
  if (request.method === 'HEAD') {
    const stat = await statInContainer(container, path, shown);
    exchange.response.writeHead(200, statHeader(stat));
    exchange.response.end();
    return;
  }
  await copyOut(container, { path, shown, signal }, async ({ stat, content }) =>
    sendPieces(exchange, tar, content, statHeader(stat)),
  );
}

async function put(exchange: Exchange<Host>): Promise<void> {
  const { subject, query, request, signal } = exchange;
  const shown = exchange.param('name');
  const container = subject.findContainer(shown);
  using _stalled = cutOffStalled(exchange);
  await copyIn(container, request, {
    path: pathOf(exchange),
    shown,
    noOverwriteDirNonDir: flag(query, 'noOverwriteDirNonDir'),
    copyUIDGID: flag(query, 'copyUIDGID'),
    signal,
  }).catch((error: unknown) => {
    // Its client has gone: that is no failure of ours.
    throw signal.aborted ? signal.reason : error;
  });
  exchange.end(200);
}

async function exportAll(exchange: Exchange<Host>): Promise<void> {
  const container = exchange.subject.findContainer(exchange.param('name'));
  await exportContainer(container, exchange.signal, (content) =>
    sendPieces(exchange, 'application/octet-stream', content),
  );
}

async function changes(exchange: Exchange<Host>): Promise<void> {
  const container = exchange.subject.findContainer(exchange.param('name'));
  await tellChanges(container, exchange.signal, (content) => sendPieces(exchange, 'application/json', content));
}

async function commit(exchange: Exchange<Host>): Promise<void> {
  const { subject, query, signal } = exchange;
  const body = await exchange.json();
  const container = subject.findContainer(text(query, 'container'));
  const Id = await commitContainer(container, {
    repository: text(query, 'repo'),
    tag: text(query, 'tag'),
    author: text(query, 'author'),
    comment: text(query, 'comment'),
    changes: query.getAll('changes'),
    config: committedConfig(body),
    pause: flagOr(query, 'pause', true),
    dockerVersion,
    signal,
  });
  exchange.answer(201, { Id });
}

export const archiveRoutes: Routes<Host> = {
  'POST /commit': commit,
  'GET /containers/{name}/export': exportAll,
  'GET /containers/{name}/changes': changes,
  'GET /containers/{name}/archive': get,
  'PUT /containers/{name}/archive': put,
};
