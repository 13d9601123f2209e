// What is in the hub, for whoever looks after it.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HubReport, HubRepository } from '../client-hub.ts';
import type { Row } from '../registry/database.ts';
import type { Hub } from './hub.ts';

/** Repositories that are counted before others have the event loop. */
const sliceRows = 50;

/** Those of which `last` is before, in order. */
function slice({ registry }: Hub, last: string): Row[] {
  return registry.database.all(
    `SELECT repository.id, repository.name, repository.visibility, namespace.visibility AS usual,
       (SELECT count(*) FROM tag WHERE tag.repository = repository.id) AS tags,
       (SELECT count(*) FROM manifest WHERE manifest.repository = repository.id) AS manifests,
       (SELECT coalesce(sum(pulls), 0) FROM pull_count WHERE pull_count.repository = repository.name) AS pulls,
       (SELECT max(pushed) FROM manifest WHERE manifest.repository = repository.id) AS pushed,
       (SELECT coalesce(sum(size), 0) FROM link JOIN blob ON blob.id = link.blob WHERE link.repository = repository.id) AS bytes
     FROM repository LEFT JOIN namespace ON namespace.name = repository.namespace
     WHERE repository.name > ? ORDER BY repository.name LIMIT ?`,
    ...[last, sliceRows],
  );
}

function repositoryOf(row: Row): HubRepository {
  return {
    name: String(row.name),
    tags: Number(row.tags),
    manifests: Number(row.manifests),
    bytes: Number(row.bytes),
    visibility: (row.visibility ?? row.usual) === 'public' ? 'public' : 'private',
    pulls: Number(row.pulls),
    pushedAt: row.pushed === null ? null : new Date(Number(row.pushed)).toISOString(),
  };
}

export async function hubReport(hub: Hub): Promise<HubReport> {
  const { database } = hub.registry;
  const repositories: HubRepository[] = [];
  for (;;) {
    const rows = slice(hub, repositories.at(-1)?.name ?? '');
    repositories.push(...rows.map(repositoryOf));
    if (rows.length < sliceRows) break;
    await nextTurn();
  }
  const all = database.get(
    'SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes, (SELECT count(*) FROM account) AS accounts FROM blob',
  );
  return {
    repositories,
    blobs: Number(all?.blobs ?? 0),
    bytes: Number(all?.bytes ?? 0),
    accounts: Number(all?.accounts ?? 0),
  };
}
