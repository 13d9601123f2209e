// Brings a Docker Engine back to how a case may find it: busybox is all that it has.

import { ask } from '../runtime/api/exchange.ts';

interface Image {
  readonly Id: string;
  readonly RepoTags: readonly string[];
}

const kept = 'busybox:latest';

async function listed<T>(socket: string, place: string): Promise<T[]> {
  const { status, body } = await ask(socket, `GET ${place}`);
  if (status !== 200) throw new Error(`GET ${place}: ${status} ${JSON.stringify(body)}`);
  return (body ?? []) as T[];
}

async function removed(socket: string, place: string): Promise<void> {
  const { status, body } = await ask(socket, `DELETE ${place}`);
  // What went by itself in the meantime is gone too.
  if (status >= 300 && status !== 404) throw new Error(`DELETE ${place}: ${status} ${JSON.stringify(body)}`);
}

async function removeImages(socket: string): Promise<void> {
  for (const { Id, RepoTags } of await listed<Image>(socket, '/images/json')) {
    const others = RepoTags.filter((tag) => tag !== kept);
    for (const tag of others) await removed(socket, `/images/${encodeURIComponent(tag)}?force=1`);
    if (RepoTags.length === 0) await removed(socket, `/images/${Id}?force=1`);
  }
}

/** Gives an engine of ours busybox again. */
export async function pullBusybox(socket: string): Promise<void> {
  const { status, body } = await ask(socket, 'POST /images/create?fromImage=busybox&tag=latest');
  if (status !== 200) throw new Error(`pull of busybox: ${status} ${JSON.stringify(body)}`);
}

/**
 * Removes containers, images, volumes, networks and what builds have kept that a case made, and has `restore` give back busybox where a case removed it. Throws
 * where one stays.
 */
export async function clear(socket: string, restore: () => Promise<void>): Promise<void> {
  const containers = await listed<{ Id: string }>(socket, '/containers/json?all=1');
  await Promise.all(containers.map(({ Id }) => removed(socket, `/containers/${Id}?force=1&v=1`)));
  await removeImages(socket);
  if ((await ask(socket, `GET /images/${kept}/json`)).status === 404) await restore();
  const { Volumes } = (await ask(socket, 'GET /volumes')).body as { Volumes: readonly { Name: string }[] | null };
  for (const { Name } of Volumes ?? []) await removed(socket, `/volumes/${encodeURIComponent(Name)}`);
  const pruned = await ask(socket, 'POST /build/prune?all=1');
  if (pruned.status !== 200) throw new Error(`POST /build/prune: ${pruned.status} ${JSON.stringify(pruned.body)}`);
  const networks = await listed<{ Id: string; Name: string }>(socket, '/networks');
  for (const { Id, Name } of networks)
    if (!['bridge', 'host', 'none'].includes(Name)) await removed(socket, `/networks/${Id}`);
}
