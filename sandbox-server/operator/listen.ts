// The operator's socket: a small HTTP server on a Unix socket, whose directory only root and the server's user may enter.

import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { messageOf } from '../errors.ts';
import { maxBodyBytes } from '../limits.ts';
import type { Desk } from '../sessions/desk.ts';
import type { DrainFile } from './drain-file.ts';
import { type Drain, drain, type LessonsInUse, lessonsFolder, type OperatorStatus, operatorPaths } from './protocol.ts';
import { handleOf, reportsOf } from './reports.ts';

export interface OperatorParts {
  readonly desk: Desk;
  readonly link: EngineLink;
  readonly drainFile: DrainFile;
  readonly unnamedProxies: () => readonly string[];
  readonly readLessonsAgain: (folder: string) => Promise<void>;
  readonly log: Logger;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

const failure = (status: number, message: string): Reply => ({ status, body: { message } });

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxBodyBytes) throw new Error('the body is too large');
  }
  return JSON.parse(text);
}

async function answer(request: IncomingMessage, parts: OperatorParts): Promise<Reply> {
  const { desk, link, drainFile, unnamedProxies, log } = parts;
  const { url = '', method } = request;
  const setDrain = (value: Drain | null): void => {
    drainFile.write(value);
    desk.drain(value);
    log.warn({ drain: value }, value === null ? 'new labs are started again' : 'no new labs are started');
  };
  if (url === operatorPaths.status && method === 'GET') {
    const status: OperatorStatus = { drain: desk.draining, unnamedProxies: [...unnamedProxies()] };
    return { status: 200, body: status };
  }
  if (url === operatorPaths.sessions && method === 'GET')
    return { status: 200, body: await reportsOf(desk.sessions, link) };
  if (url.startsWith(operatorPaths.session) && method === 'DELETE') {
    const handle = url.slice(operatorPaths.session.length);
    const found = [...desk.sessions].find((session) => handleOf(session) === handle);
    if (found === undefined) return failure(404, `There is no session ${handle}. drydock session ls lists them.`);
    desk.end(found, 'operator');
    return { status: 204 };
  }
  if (url === operatorPaths.drain && method === 'PUT') {
    const wanted = drain.safeParse(await bodyOf(request));
    if (!wanted.success) return failure(400, 'The time is not one.');
    setDrain(wanted.data);
    return { status: 200, body: wanted.data };
  }
  if (url === operatorPaths.drain && method === 'DELETE') {
    setDrain(null);
    return { status: 204 };
  }
  if (url === operatorPaths.lessons && method === 'GET') {
    const inUse: LessonsInUse = [...new Set([...desk.sessions].map(({ lesson }) => lesson))];
    return { status: 200, body: inUse };
  }
  if (url === operatorPaths.lessons && method === 'PUT') {
    const wanted = lessonsFolder.safeParse(await bodyOf(request));
    if (!wanted.success) return failure(400, 'The folder is not one.');
    await parts.readLessonsAgain(wanted.data.folder);
    return { status: 204 };
  }
  return failure(404, `The server knows no ${method} ${url}. It may be of another version than this command.`);
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** Takes the place of a socket that a killed server left. Resolves with what closes it. Throws where it cannot listen. */
export async function listenForOperator(path: string, parts: OperatorParts): Promise<() => void> {
  const server = createServer((request, response) => {
    answer(request, parts)
      .catch((error: unknown): Reply => {
        parts.log.error({ error: messageOf(error), path: request.url }, 'the operator could not be answered');
        return failure(500, `The server could not do that: ${messageOf(error)}`);
      })
      .then((reply) => send(response, reply));
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
