// What clients ask for and this engine does not do: a sentence each. And the lists of what a host has none of.

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

/** Prunes what there is none of, and tells it, as Docker tells it. */
function pruneNone(type: 'volume' | 'network', body: unknown): Handler<Host> {
  return (exchange) => {
    exchange.subject.events.emit(type, 'prune', '', { reclaimed: '0' });
    exchange.answer(200, body);
  };
}

function notYet(what: string, instead: string): Handler<Host> {
  return refuse(`${what} not supported yet by this engine: ${instead}`);
}

const volumes = notYet('Volumes are', 'what a container writes is kept until it is removed');
const networks = notYet(
  'Networks of your own are',
  'every host has bridge, host and none; containers on the bridge reach one another by address',
);
const files = notYet(
  'docker cp is',
  'copy with `docker exec CONTAINER cat FILE > FILE` and `docker exec -i CONTAINER sh -c "cat > FILE" < FILE`',
);
const builds = notYet('Building images is', 'pull one of the catalogue, or import an archive with `docker import`');
// docker's own words for a node outside of a swarm.
const noSwarm = refuse(
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  'unavailable',
);
const swarm = notYet('Swarm mode is', 'a host here is one machine; run containers with `docker run`');
const plugins = notYet('Plugins are', 'leave them out');

/** Of every noun both the list itself and what is below it. */
function below(noun: string, handler: Handler<Host>): Routes<Host> {
  const methods = ['GET', 'POST', 'PUT', 'DELETE'];
  return Object.fromEntries(
    methods.flatMap((method) => [`${method} /${noun}`, `${method} /${noun}/{rest}`].map((place) => [place, handler])),
  );
}

const noSuchVolume: Handler<Host> = (exchange) => {
  throw new EngineError('notFound', `get ${exchange.param('name').slice(0, 80)}: no such volume`);
};

/** Before `notYetRoutes`, whose patterns would take these too. */
export const noneRoutes: Routes<Host> = {
  // There are none, so these answers are true; `docker system prune` and `docker volume ls` rely on them.
  'GET /volumes': say(200, { Volumes: [], Warnings: null }),
  'POST /volumes/prune': pruneNone('volume', { VolumesDeleted: [], SpaceReclaimed: 0 }),
  'POST /networks/prune': pruneNone('network', { NetworksDeleted: null }),
  'POST /build/prune': say(200, { CachesDeleted: null, SpaceReclaimed: 0 }),
  'GET /plugins': say(200, []),
  'GET /volumes/{name}': noSuchVolume,
  'DELETE /volumes/{name}': noSuchVolume,
  'POST /swarm/init': swarm,
  'POST /swarm/join': swarm,
};

export const notYetRoutes: Routes<Host> = {
  ...below('volumes', volumes),
  ...below('networks', networks),
  ...below('plugins', plugins),
  ...Object.fromEntries(
    ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((noun) =>
      Object.entries(below(noun, noSwarm)),
    ),
  ),
  'GET /containers/{name}/archive': files,
  'PUT /containers/{name}/archive': files,
  'GET /containers/{name}/changes': notYet('docker diff is', 'look with `docker exec`'),
  'GET /containers/{name}/export': notYet(
    'docker export is',
    'write an archive with `docker exec CONTAINER tar -c -C / .`',
  ),
  'POST /containers/{name}/update': notYet(
    'docker update is',
    'make a new container with the limits that it shall have',
  ),
  'GET /containers/{name}/attach/ws': notYet('Attaching over WebSocket is', 'use the docker command'),
  'GET /containers/{name}/checkpoints': notYet('Checkpoints are', 'leave them out'),
  'POST /containers/{name}/checkpoints': notYet('Checkpoints are', 'leave them out'),
  'POST /commit': notYet('docker commit is', 'the container itself keeps what it wrote'),
  'POST /build': builds,
  'POST /auth': notYet('docker login is', 'there is no registry to log in to yet; the catalogue needs no login'),
  'GET /distribution/{name}/json': notYet('Looking into registries is', '`docker pull` has the catalogue'),
};
