// Webhooks: what is sent of a push and a deletion, signed; tried again, kept, and sent once more after the engine's death.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import type { Webhook } from '../../../runtime/registry/webhooks/webhooks.ts';
import { basic, OwnHub, type OwnHubOptions } from '../../support/own-hub.ts';
import { type Answer, askRegistry } from '../../support/own-registry.ts';
import { Receiver } from '../../support/receiver.ts';
import { until } from '../../support/until.ts';
import { debianBase, pushImage } from './contents/images.ts';
import { mediaTypes } from './contents.ts';
import { blob, digest, fill, manifest, manifestDigest } from './team.ts';

let hub: OwnHub;
let receiver: Receiver;
const password = 'correct horse';
const ada = basic('ada', password);

async function openHub(options: OwnHubOptions = {}): Promise<OwnHub> {
  const opened = await OwnHub.open({ ...options, webhooks: { places: [receiver.place], ...options.webhooks } });
  if (!opened.accounts.accounts.find('ada')) await createAccount(opened.accounts, { name: 'ada', password });
  return opened;
}

beforeEach(async () => {
  receiver = await Receiver.open();
  hub = await openHub({ webhooks: { pausesMs: [5, 5] } });
});

afterEach(async () => {
  await hub?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

function add(url = `${receiver.url}/hook?a=b`, to = hub): Webhook {
  return to.webhooks.add('ada', { name: 'ci', url, actions: ['push', 'delete'] });
}

function ask(line: string, body?: string): Promise<Answer> {
  return hub.ask(line, {
    headers: { 'Content-Type': mediaTypes.ociManifest, ...ada },
    ...(body !== undefined && { body }),
  });
}

const ended = (webhook: Webhook, many: number) =>
  until('what became of them is written down', () => {
    const all = hub.webhooks.deliveries('ada', webhook.id);
    return all.length === many && all.every(({ state }) => state !== 'waiting');
  });

test('the SBOM that the hub itself pushes after an image is no push that is told', async () => {
  const webhook = add();
  hub.registry.contents.start({ unpacked: () => null, official: null });
  const pushed = await pushImage(
    { ask: (line, options = {}) => hub.ask(line, { ...options, headers: { ...options.headers, ...ada } }) },
    'ada/app',
    [debianBase],
  );
  await until('the image has its SBOM', () => {
    const image = { repository: 'ada/app', digest: pushed.digest };
    return hub.registry.contents.bill(image) !== null;
  });
  assert.deepEqual(
    hub.webhooks.deliveries('ada', webhook.id).map(({ action, reference }) => [action, reference]),
    [['push', 'latest']],
  );
});

test('a push, a tag and a manifest that are deleted are told, signed, in the shape of distribution’s notifications', async () => {
  const webhook = add();
  await ask(`POST /v2/ada/app/blobs/uploads/?digest=${digest}`, blob);
  assert.equal((await ask('PUT /v2/ada/app/manifests/1', manifest)).status, 201);
  const [first] = await receiver.all(1);
  assert.ok(first);
  assert.equal(first.line, 'POST /hook?a=b');
  const { headers } = first;
  assert.equal(headers['content-type'], 'application/vnd.docker.distribution.events.v1+json');
  assert.equal(headers.host, receiver.place);
  assert.equal(headers['x-drydock-event'], 'push');
  const expected = createHmac('sha256', hub.webhooks.secret(webhook)).update(first.body).digest('hex');
  assert.equal(headers['x-hub-signature-256'], `sha256=${expected}`);
  const [event] = JSON.parse(first.body).events;
  assert.ok(Math.abs(Date.parse(event.timestamp) - Date.now()) < 600_000);
  assert.deepEqual(event, {
    id: headers['x-drydock-delivery'],
    timestamp: event.timestamp,
    action: 'push',
    target: {
      mediaType: mediaTypes.ociManifest,
      size: manifest.length,
      length: manifest.length,
      digest: manifestDigest,
      url: `https://hub.drydock/v2/ada/app/manifests/${manifestDigest}`,
      repository: 'ada/app',
      tag: '1',
    },
    actor: { name: 'ada' },
    source: { addr: 'hub.drydock' },
  });

  assert.equal((await ask('DELETE /v2/ada/app/manifests/1')).status, 202);
  assert.equal((await ask(`DELETE /v2/ada/app/manifests/${manifestDigest}`)).status, 202);
  const [, tag, whole] = (await receiver.all(3)).map(({ body }) => JSON.parse(body).events[0]);
  assert.deepEqual([tag.action, tag.target], ['delete', { repository: 'ada/app', tag: '1' }]);
  assert.deepEqual(
    [whole.action, whole.target.digest, whole.target.repository, whole.target.tag],
    ['delete', manifestDigest, 'ada/app', undefined],
  );
  await ended(webhook, 3);
  const [last] = hub.webhooks.deliveries('ada', webhook.id);
  assert.deepEqual([last?.action, last?.state, last?.status, last?.tries], ['delete', 'delivered', 204, 1]);
});

test('a refused push, a pull, and what another namespace does are not told', async () => {
  const webhook = add();
  await createAccount(hub.accounts, { name: 'bob', password });
  await fill(hub, 'bob/app');
  assert.equal((await ask('PUT /v2/ada/app/manifests/1', manifest)).status, 400);
  await fill(hub, 'ada/app');
  assert.equal((await ask('GET /v2/ada/app/manifests/1')).status, 200);
  await ended(webhook, 1);
  assert.deepEqual(
    receiver.arrived.map(({ body }) => JSON.parse(body).events[0].target.repository),
    ['ada/app'],
  );
});

test('what fails is tried again with the same key, and given up after the last pause; it can be sent once more', async () => {
  const webhook = add();
  const statuses = [500, 302, 404, 200];
  receiver.answer = (response) => {
    response.writeHead(statuses.shift() ?? 200, { Location: `${receiver.url}/elsewhere` }).end('<b>no</b>');
  };
  await fill(hub, 'ada/app');
  await ended(webhook, 1);
  const failed = hub.webhooks.deliveries('ada', webhook.id)[0];
  assert.ok(failed);
  assert.deepEqual(
    [failed.state, failed.status, failed.tries, failed.next, failed.message, failed.answer],
    ['failed', 404, 3, null, 'the answer was 404 Not Found', ''],
  );
  assert.deepEqual(
    receiver.arrived.map(({ line, headers }) => [line, headers['x-drydock-delivery']]),
    Array.from({ length: 3 }, () => ['POST /hook?a=b', failed.key]),
    'a redirect is not followed',
  );
  hub.webhooks.redeliver('ada', webhook.id, failed.id);
  await receiver.all(4);
  await until('it was delivered', () => hub.webhooks.deliveries('ada', webhook.id)[0]?.state === 'delivered');
  assert.equal(receiver.arrived.at(-1)?.body, receiver.arrived[0]?.body);
  assert.throws(() => hub.webhooks.redeliver('ada', webhook.id, 4711), { kind: 'notFound' });
});

test('an answer without an end is cut off, and its status counts', async () => {
  const webhook = add();
  receiver.answer = (response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 'x')));
      response.once('drain', more);
    };
    more();
  };
  hub.webhooks.ping('ada', webhook.id);
  await ended(webhook, 1);
  const [ping] = hub.webhooks.deliveries('ada', webhook.id);
  assert.deepEqual([ping?.action, ping?.state, ping?.answer, ping?.repository], ['ping', 'delivered', '', null]);
  assert.equal(receiver.arrived[0]?.body, '{"events":[]}');
});

test('a webhook goes with its namespace, and its deliveries with it; so many of each are kept', async () => {
  await hub.accounts.change(() => hub.accounts.namespaces.add('team', hub.accounts.accounts.need('ada'), 'public'));
  const { id } = hub.webhooks.add('team', { name: '', url: `${receiver.url}/`, actions: ['push'] });
  receiver.answer = (response) => void response.writeHead(500).end();
  hub.registry.database.transaction(() => {
    for (let i = 0; i < 120; i++) hub.webhooks.ping('team', id);
  });
  assert.equal(hub.webhooks.deliveries('team', id).length, 100);
  await hub.accounts.change(() => hub.accounts.removeNamespace('team'));
  assert.throws(() => hub.webhooks.deliveries('team', id), { kind: 'notFound' });
  assert.equal(hub.webhooks.counts.waiting, 0);
  for (let i = 0; i < 10; i++) add();
  assert.throws(() => add(), { kind: 'exhausted' });
  const [webhook] = hub.webhooks.list('ada');
  hub.webhooks.remove('ada', webhook?.id ?? '');
  add();
});

test('an address that is none, or may not be gone to, is refused when the webhook is made', () => {
  for (const [url, kind] of [
    ['ftp://ci.example.org/', 'invalid'],
    ['http://me:secret@127.0.0.1/', 'invalid'],
    ['nonsense', 'invalid'],
    [`${receiver.url}/${'x'.repeat(500)}`, 'invalid'],
    ['https://dev.lab/', 'invalid'],
    ['http://ci.example.org/', 'forbidden'],
    ['http://127.0.0.1/', 'forbidden'],
    [receiver.url.replace('127.0.0.1', 'localhost'), 'forbidden'],
    [receiver.url.replace('127.0.0.1', '127.1.1.1'), 'forbidden'],
    ['http://169.254.169.254/', 'forbidden'],
  ] as const)
    assert.throws(() => add(url), { kind }, url);
  add('http://dev.lab:9000/');
  add(receiver.url.replace('127.0.0.1', '0x7f.1'));
  assert.throws(() => hub.webhooks.add('nobody', { name: '', url: receiver.url, actions: ['push'] }), {
    kind: 'notFound',
  });
});

test('what waits survives a restart', async () => {
  const directory = path.join(os.tmpdir(), `drydock-webhooks-${randomUUID()}`);
  try {
    const first = await openHub({ directory, webhooks: { pausesMs: [1, 60_000_000] } });
    const webhook = add(`${receiver.url}/`, first);
    receiver.answer = (response) => void response.writeHead(503).end();
    await fill(first, 'ada/app');
    await until('the second try has failed', () => first.webhooks.deliveries('ada', webhook.id)[0]?.tries === 2);
    await first[Symbol.asyncDispose]();
    receiver.answer = (response) => void response.writeHead(200).end();
    const second = await openHub({ directory });
    const [waiting] = second.webhooks.deliveries('ada', webhook.id);
    assert.deepEqual([waiting?.state, waiting?.tries, waiting?.status], ['waiting', 2, 503]);
    assert.ok((waiting?.next ?? 0) > Date.now());
    second.webhooks.redeliver('ada', webhook.id, waiting?.id ?? 0);
    await until('it is delivered', () => second.webhooks.deliveries('ada', webhook.id)[0]?.state === 'delivered');
    await second[Symbol.asyncDispose]();
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

test('an engine that is killed between a push and its delivery sends it after that', async () => {
  const directory = path.join(os.tmpdir(), `drydock-webhooks-${randomUUID()}`);
  const prepared = await openHub({ directory });
  const webhook = add(`${receiver.url}/`, prepared);
  await fill(prepared, 'ada/app');
  await receiver.all(1);
  await until('it is delivered', () => prepared.webhooks.deliveries('ada', webhook.id)[0]?.state === 'delivered');
  await prepared[Symbol.asyncDispose]();
  // It is taken, and the answer never comes.
  receiver.answer = () => undefined;
  const program = fileURLToPath(new URL('../../support/hub-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, directory, receiver.place], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const [domain] = await once(child.stdout, 'data');
    const url = `http://${String(domain).trim()}`;
    const pushed = await askRegistry(url, 'PUT', '/v2/ada/app/manifests/2', {
      headers: { 'Content-Type': mediaTypes.ociManifest, ...ada },
      body: manifest,
    });
    assert.equal(pushed.status, 201);
    await receiver.all(2);
    child.kill('SIGKILL');
    await exited;
    receiver.answer = (response) => void response.writeHead(200).end();
    const after = await openHub({ directory });
    const [, cut, again] = await receiver.all(3);
    assert.deepEqual(JSON.parse(cut?.body ?? '').events[0].target.tag, '2');
    assert.deepEqual(
      [again?.body, again?.headers['x-drydock-delivery']],
      [cut?.body, cut?.headers['x-drydock-delivery']],
    );
    await until('it is delivered', () => after.webhooks.deliveries('ada', webhook.id)[0]?.state === 'delivered');
    await after[Symbol.asyncDispose]();
  } finally {
    child.kill('SIGKILL');
    await exited;
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

test('F14 the secret of a webhook is in no file of the hub, no log and no message', async () => {
  const webhook = add(`${receiver.url}/path-canary-4711`);
  const secret = hub.webhooks.secret(webhook);
  receiver.answer = (response) => void response.destroy();
  await fill(hub, 'ada/app');
  await ended(webhook, 1);
  const [failed] = hub.webhooks.deliveries('ada', webhook.id);
  assert.equal(failed?.state, 'failed');
  assert.match(failed?.message ?? '', /^the connection failed: /);
  const texts = [hub.log.join(''), JSON.stringify(failed)];
  for (const text of texts) assert.ok(!text.includes('path-canary-4711'), text);
  for (const name of fs.readdirSync(hub.directory, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(hub.directory, name);
    if (fs.statSync(file).isFile()) texts.push(fs.readFileSync(file, 'latin1'));
  }
  assert.ok(texts.length > 4);
  for (const text of texts) assert.ok(!text.includes(secret));
});
