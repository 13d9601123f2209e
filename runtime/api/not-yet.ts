// Requests that this engine does not support yet: an error message for each. Also empty lists of things that a host never has.

import { EngineError, type ErrorKind } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Handler, Routes } from './router.ts';

function refuse(message: string, kind: ErrorKind = 'notImplemented'): Handler<Host> {
  return () => {
    throw new EngineError(kind, message);
  };
}

function say(status: number, body: unknown): Handler<Host> {
  return (exchange) => exchange.answer(status, body);
}

function notYet(what: string, instead: string): Handler<Host> {
  return refuse(`${what} not supported yet by this engine: ${instead}`);
}

/** Docker's own words for a node outside of a swarm. */
export const noSwarm =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
/** Docker's too, for a daemon whose containers go on while it restarts, as ours do. */
const swarm = refuse('--live-restore daemon configuration is incompatible with swarm mode', 'refused');
const checkpoints = refuse(
  'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.',
);
const plugins = notYet('Installing plugins is', 'a host has those that come with Docker');

const noPlugin: Handler<Host> = (exchange) => {
  throw new EngineError('notFound', `plugin ${JSON.stringify(exchange.param('name'))} not found`);
};

/** For every noun both the list itself and the paths below it. */
function below(noun: string, handler: Handler<Host>): Routes<Host> {
  const methods = ['GET', 'POST', 'PUT', 'DELETE'];
  return Object.fromEntries(
    methods.flatMap((method) => [`${method} /${noun}`, `${method} /${noun}/{rest}`].map((place) => [place, handler])),
  );
}

/** Before `notYetRoutes`, whose patterns would take these too. */
export const noneRoutes: Routes<Host> = {
  'GET /plugins': say(200, []),
  'POST /swarm/init': swarm,
  'POST /swarm/join': swarm,
  'POST /swarm/leave': refuse('This node is not part of a swarm', 'unavailable'),
};

export const notYetRoutes: Routes<Host> = {
  'GET /plugins/privileges': plugins,
  'POST /plugins/pull': plugins,
  'POST /plugins/create': plugins,
  'GET /plugins/{name}/json': noPlugin,
  'DELETE /plugins/{name}': noPlugin,
  ...Object.fromEntries(
    ['enable', 'disable', 'upgrade', 'push', 'set'].map((verb) => [`POST /plugins/{name}/${verb}`, noPlugin]),
  ),
  ...Object.fromEntries(
    ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((noun) =>
      Object.entries(below(noun, refuse(noSwarm, 'unavailable'))),
    ),
  ),
  'GET /containers/{name}/attach/ws': notYet('Attaching over WebSocket is', 'use the docker command'),
  'GET /containers/{name}/checkpoints': checkpoints,
  'POST /containers/{name}/checkpoints': checkpoints,
  'DELETE /containers/{name}/checkpoints/{checkpoint}': checkpoints,
};
