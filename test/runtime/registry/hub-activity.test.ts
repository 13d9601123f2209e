// Who pushed, pulled and deleted what, figures, and webhooks: the client's side and the engine's, over a socket.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { hubActivityRoutes } from '../../../runtime/api/hub-activity.ts';
import { hubWebhookRoutes } from '../../../runtime/api/hub-webhooks.ts';
import { type HubActivity, hubActivity } from '../../../runtime/client-hub-activity.ts';
import { type HubWebhooks, hubWebhooks } from '../../../runtime/client-hub-webhooks.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import { Receiver } from '../../support/receiver.ts';
import { until } from '../../support/until.ts';
import { mediaTypes } from './contents.ts';
import { type HubRoutes, serveRoutes } from './hub-routes.ts';
import { blob, fill, manifest, manifestDigest } from './team.ts';

let hub: OwnHub;
let receiver: Receiver;
let routes: HubRoutes;
let client: HubActivity & HubWebhooks;
const password = 'correct horse';
const ada = basic('ada', password);
const dayMs = 24 * 60 * 60 * 1000;

beforeAll(async () => {
  receiver = await Receiver.open();
  hub = await OwnHub.open({ webhooks: { places: [receiver.place] } });
  for (const name of ['ada', 'bob']) await createAccount(hub.accounts, { name, password });
  routes = await serveRoutes(
    hub,
    hubActivityRoutes((subject) => subject),
    hubWebhookRoutes(({ webhooks, registry }) => ({ webhooks, database: registry.database })),
  );
  client = { ...hubActivity(routes.call), ...hubWebhooks(routes.call) };
});

afterAll(async () => {
  routes?.[Symbol.dispose]();
  await hub?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const ask = (line: string, headers = ada, body?: string) =>
  hub.ask(line, {
    headers: { 'Content-Type': mediaTypes.ociManifest, ...headers },
    ...(body !== undefined && { body }),
  });

test('events are told, the newest first, by repository, namespace, account, action, time and page', async () => {
  await fill(hub, 'ada/app');
  await fill(hub, 'bob/app');
  await ask('GET /v2/ada/app/manifests/1');
  await ask('GET /v2/ada/app/manifests/1', basic('bob', password));
  const denied = await ask('GET /v2/bob/app/manifests/1');
  await ask('DELETE /v2/ada/app/manifests/1');
  const seen = async (filter: Parameters<HubActivity['events']>[0]) =>
    (await client.events(filter)).map(({ action, who, repository }) => `${action} ${who} ${repository}`);
  const pulled = denied.status === 200 ? ['pull ada bob/app'] : [];
  assert.deepEqual(await seen({}), [
    'delete ada ada/app',
    ...pulled,
    'pull bob ada/app',
    'pull ada ada/app',
    'push null bob/app',
    'push-blob null bob/app',
    'push null ada/app',
    'push-blob null ada/app',
  ]);
  assert.deepEqual(await seen({ repository: 'ada/app', action: 'pull' }), ['pull bob ada/app', 'pull ada ada/app']);
  assert.deepEqual(await seen({ namespace: 'bob' }), [...pulled, 'push null bob/app', 'push-blob null bob/app']);
  assert.deepEqual(await seen({ who: 'bob' }), ['pull bob ada/app']);
  assert.deepEqual(await seen({ namespace: 'ad' }), []);
  assert.deepEqual(await seen({ since: new Date(Date.now() + dayMs).toISOString() }), []);
  assert.deepEqual(await seen({ most: 1 }), ['delete ada ada/app']);
  const [newest] = await client.events({ most: 1 });
  assert.deepEqual([newest?.digest, newest?.reference, newest?.bytes], [manifestDigest, '1', manifest.length]);
  assert.deepEqual(await seen({ before: newest?.id ?? 0, repository: 'ada/app', most: 1 }), ['pull bob ada/app']);
  await assert.rejects(client.events({ most: 5000 }), { kind: 'invalid' });
  await assert.rejects(client.events({ action: 'nothing' as never }), { kind: 'invalid' });
});

test('so many events of each action are kept: who pulls all day makes nobody’s push be forgotten', async () => {
  const { audit, database } = hub.registry;
  const pull = { action: 'pull', who: null, repository: 'bob/busy', reference: '1', digest: null, bytes: 1 } as const;
  database.transaction(() => {
    for (let i = 0; i < 26_000; i++) audit.tell(pull);
  });
  const { many } = database.get("SELECT count(*) AS many FROM event WHERE action = 'pull'") ?? {};
  assert.ok(Number(many) >= 25_000 && Number(many) <= 25_500, String(many));
  assert.equal((await client.events({ repository: 'ada/app', action: 'push' })).length, 1, 'found behind all of these');
  assert.equal((await client.events({ most: 1000 })).length, 1000);
});

test('who has removed a repository is told, and the pulls of it are forgotten', async () => {
  const { audit } = hub.registry;
  const today = () => audit.pulls('ada/app').reduce((sum, { pulls }) => sum + pulls, 0);
  assert.equal(today(), 2);
  hub.registry.removeRepository('ada/app', 'ada');
  assert.equal(today(), 0);
  const [gone] = await client.events({ most: 1 });
  assert.deepEqual([gone?.action, gone?.who, gone?.repository], ['delete-repository', 'ada', 'ada/app']);
});

test('figures count what was done', async () => {
  const before = await client.figures();
  await fill(hub, 'bob/new');
  await ask('GET /v2/bob/new/manifests/1', basic('bob', password));
  await ask(`GET /v2/bob/new/blobs/${(JSON.parse(manifest) as { config: { digest: string } }).config.digest}`);
  await ask('GET /v2/', basic('bob', 'wrong'));
  await hub.registry.collect();
  const after = await client.figures();
  const grown = (name: 'pushes' | 'pulls' | 'pushedBytes' | 'pulledBytes' | 'refusedLogins' | 'collections') =>
    after[name] - before[name];
  assert.deepEqual(
    [grown('pushes'), grown('pulls'), grown('pushedBytes'), grown('pulledBytes')],
    [1, 1, blob.length, blob.length],
  );
  assert.equal(grown('refusedLogins'), 1);
  // One more may have followed a deletion.
  assert.ok(grown('collections') >= 1);
  assert.equal(after.repositories, before.repositories + 1);
  assert.ok(after.blobs >= 1 && after.blobBytes >= blob.length);
});

test('a webhook is made, tried, listed with its last delivery, and removed', async () => {
  assert.deepEqual(await client.webhookPlaces(), [receiver.place]);
  const made = await client.createWebhook('bob', { url: `${receiver.url}/bob`, actions: ['push'] });
  assert.deepEqual([made.namespace, made.name, made.actions, made.lastDelivery], ['bob', '', ['push'], null]);
  assert.match(made.secret, /^[A-Za-z0-9_-]{43}$/);
  await client.pingWebhook('bob', made.id);
  await until('it is delivered', async () => (await client.webhooks('bob'))[0]?.lastDelivery?.state === 'delivered');
  const [ping] = await client.deliveries('bob', made.id);
  assert.deepEqual([ping?.action, ping?.status, ping?.tries, ping?.nextAt], ['ping', 204, 1, null]);
  await client.redeliver('bob', made.id, ping?.id ?? 0);
  await receiver.all(2);
  await assert.rejects(client.createWebhook('bob', { url: 'http://10.0.0.1/' }), { kind: 'forbidden' });
  await assert.rejects(client.createWebhook('nobody', { url: receiver.url }), { kind: 'notFound' });
  await assert.rejects(client.pingWebhook('ada', made.id), { kind: 'notFound' }, 'another namespace has it');
  await assert.rejects(client.redeliver('bob', made.id, 4711), { kind: 'notFound' });
  await client.removeWebhook('bob', made.id);
  assert.deepEqual(await client.webhooks('bob'), []);
});
