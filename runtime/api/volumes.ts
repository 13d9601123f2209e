// The volumes of a host: docker volume.

import { z } from 'zod';
import { mapOf } from '../containers/bounded.ts';
import { checkLabelSize } from '../containers/create-checks.ts';
import { parseFilters } from '../containers/filters.ts';
import { goObject } from '../containers/go-object.ts';
import { usersOf } from '../containers/mounts/choose-mounts.ts';
import {
  listVolumes,
  pruneVolumes,
  shownVolume,
  volumeFilterKeys,
  volumePruneKeys,
} from '../containers/mounts/volumes.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { maxLabels } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { noSwarm } from './not-yet.ts';
import { flag } from './query.ts';
import type { Routes } from './router.ts';

const text = z.string().max(4096).nullish();
const map = mapOf(z.string(), maxLabels).nullish();
const createBody = goObject({
  Name: text,
  Driver: text,
  DriverOpts: map,
  Labels: map,
  ClusterVolumeSpec: z.unknown().optional(),
});

async function create(exchange: Exchange<Host>): Promise<void> {
  const given = await exchange.body(createBody);
  if (given.ClusterVolumeSpec) throw new EngineError('unavailable', noSwarm);
  const name = given.Name || null;
  checkLabelSize(given.Labels ?? {});
  const options = given.DriverOpts && Object.keys(given.DriverOpts).length > 0 ? given.DriverOpts : null;
  const record = exchange.subject.volumes.create({
    name,
    labels: given.Labels ?? null,
    options,
    driver: given.Driver ?? '',
  });
  exchange.answer(201, shownVolume(record));
}

function list(exchange: Exchange<Host>): void {
  const filters = parseFilters(exchange.query.get('filters'), volumeFilterKeys);
  exchange.answer(200, { Volumes: listVolumes(exchange.subject, filters).map(shownVolume), Warnings: null });
}

function inspect(exchange: Exchange<Host>): void {
  exchange.answer(200, shownVolume(exchange.subject.volumes.find(exchange.param('name'))));
}

async function remove(exchange: Exchange<Host>): Promise<void> {
  const host = exchange.subject;
  const name = exchange.param('name');
  // As Docker has it, `force` is for a volume that is gone.
  if (!host.volumes.get(name) && flag(exchange.query, 'force')) {
    exchange.end(204);
    return;
  }
  host.volumes.find(name);
  const users = usersOf(host, name);
  if (users.length > 0) throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
  await host.volumes.remove(name);
  exchange.end(204);
}

/** docker volume update. */
function update(exchange: Exchange<Host>): void {
  exchange.subject.volumes.find(exchange.param('name'));
  throw new EngineError('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable');
}

async function prune(exchange: Exchange<Host>): Promise<void> {
  const filters = parseFilters(exchange.query.get('filters'), volumePruneKeys);
  exchange.answer(200, await pruneVolumes(exchange.subject, filters));
}

export const volumeRoutes: Routes<Host> = {
  'POST /volumes/create': create,
  'POST /volumes/prune': prune,
  'GET /volumes': list,
  'GET /volumes/{name}': inspect,
  'DELETE /volumes/{name}': remove,
  'PUT /volumes/{name}': update,
};
