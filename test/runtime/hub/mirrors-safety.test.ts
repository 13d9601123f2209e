// Pull-through that somebody would misuse: registries that lie, that lead inward (B07) or say back what they were sent (F14), and people who
// want what is not theirs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { OwnHub, type OwnHubOptions } from '../../support/own-hub.ts';
import { type Answer, sha256 } from '../../support/own-registry.ts';
import { refuse, say, TestRegistry, types } from '../../support/registry.ts';
import { blob, digest, fill } from '../registry/team.ts';
import { ask, code, image, mirrorOf, name, openMirror } from './pull-through.ts';

let upstream: TestRegistry;
const hubs: OwnHub[] = [];

beforeEach(async () => {
  upstream = await TestRegistry.open();
});

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

async function openHub(mirrors: Partial<OwnHubOptions['mirrors']> = {}): Promise<OwnHub> {
  const hub = await openMirror(upstream.url, mirrors);
  hubs.push(hub);
  return hub;
}

test('B03: a blob that is not what its digest says is not kept, nor a manifest', async () => {
  const { layers } = await upstream.putImage('team/app', '1', ['one']);
  const layer = layers[0] ?? Buffer.alloc(0);
  const forged = Buffer.from(layer);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  const place = `team/app@${sha256(layer)}`;
  upstream.blobs.set(place, forged);
  const hub = await openHub();
  await ask(hub, `GET /v2/${image}/manifests/1`);
  const broken = await ask(hub, `GET /v2/${image}/blobs/${sha256(layer)}`);
  assert.deepEqual([broken.status, code(broken)], [502, 'UNKNOWN']);
  upstream.blobs.set(place, layer);
  assert.deepEqual((await ask(hub, `GET /v2/${image}/blobs/${sha256(layer)}`)).body, layer);
  const other = await upstream.putImage('team/app', '2', ['two']);
  const found = upstream.manifests.get('team/app:2');
  upstream.manifests.set(`team/app@${other.digest}`, { type: types.manifest, body: Buffer.from(`${found?.body} `) });
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/${other.digest}`)).status, 502);
  assert.deepEqual(hub.registry.check(), []);
});

test('nobody without an account makes the machine fetch, and nobody pushes there or deletes', async () => {
  await upstream.putImage('team/app', '1', ['one']);
  const hub = await openHub({ freshMs: 0 });
  const nobody = await hub.tokenHeader([`repository:${image}:pull`]);
  const refused = await ask(hub, `GET /v2/${image}/manifests/1`, nobody);
  assert.deepEqual([refused.status, code(refused)], [403, 'DENIED']);
  assert.deepEqual(upstream.requests, []);
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).status, 200);
  upstream.requests.length = 0;
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`, nobody)).status, 200, 'what is here is for everybody');
  assert.deepEqual(upstream.requests, []);
  for (const line of [
    `PUT /v2/${image}/manifests/1`,
    `DELETE /v2/${image}/manifests/1`,
    `POST /v2/${image}/blobs/uploads/`,
  ])
    assert.equal((await ask(hub, line)).status, 403, line);
});

test('B04: naming the digest of somebody’s private blob gives nothing of it', async () => {
  const hub = await openHub();
  await hub.accounts.change(() => hub.accounts.setVisibility('ada/secret', 'private'));
  await fill(hub, 'ada/secret');
  upstream.putManifest('team/app', '1', types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest, size: blob.length },
    layers: [],
  });
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).status, 200);
  const answer = await ask(hub, `GET /v2/${image}/blobs/${digest}`);
  assert.equal(answer.status, 404);
  assert.ok(!answer.body.includes(blob));
});

test('B07: where it leads inward is not gone to, and no credentials go there', async () => {
  const connections: net.Socket[] = [];
  const trap = net.createServer((socket) => connections.push(socket));
  trap.listen(0, '127.0.0.1');
  await once(trap, 'listening');
  const { port } = trap.address() as net.AddressInfo;
  const { layers } = await upstream.putImage('team/app', '1', ['one']);
  const hub = await openHub();
  await ask(hub, `GET /v2/${image}/manifests/1`);
  const inward = ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '[::ffff:127.0.0.1]', '2130706433', '169.254.169.254'];
  for (const scheme of ['http', 'https'])
    for (const host of inward) {
      upstream.hook = ({ url = '' }, response) => {
        if (!url.includes('/blobs/')) return false;
        say(response, 307, { Location: `${scheme}://${host}:${port}/x` }, '');
        return true;
      };
      const answer = await ask(hub, `GET /v2/${image}/blobs/${sha256(layers[0] ?? '')}`);
      assert.equal(answer.status, 502, `${scheme} ${host}: ${answer.body}`);
    }
  for (const host of inward) {
    upstream.hook = (_request, response) => {
      const realm = `Bearer realm="https://${host}:${port}/token",service="x"`;
      say(response, 401, { 'WWW-Authenticate': realm }, '');
      return true;
    };
    const answer = await ask(hub, `GET /v2/${name}/other/app${inward.indexOf(host)}/manifests/1`);
    assert.equal(answer.status, 502, `${host}: ${answer.body}`);
  }
  assert.equal(connections.length, 0);
  trap.close();
});

test('F14: a mirror with a user and a password; neither is told to anybody, nor is a wrong one', async () => {
  const theirs = await OwnHub.open();
  hubs.push(theirs);
  const canary = 'canary-mirror-4711';
  await createAccount(theirs.accounts, { name: 'bot', password: canary });
  await theirs.accounts.change(() => theirs.accounts.setVisibility('bot/app', 'private'));
  await fill(theirs, 'bot/app');
  const passwordFile = path.join(theirs.directory, 'password');
  fs.writeFileSync(passwordFile, `${canary}\n`, { mode: 0o600 });
  const login = { user: 'bot', passwordFile };
  const hub = await openHub({ of: [mirrorOf(theirs.url, login)], freshMs: 0 });
  const place = `${name}/bot/app`;
  const answers = [await ask(hub, `GET /v2/${place}/manifests/1`), await ask(hub, `GET /v2/${place}/blobs/${digest}`)];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(answers[1]?.body.toString(), blob);
  fs.writeFileSync(passwordFile, `${canary}-wrong\n`);
  const wrong = await openHub({ of: [mirrorOf(theirs.url, login)] });
  answers.push(await ask(wrong, `GET /v2/${place}/manifests/1`));
  fs.rmSync(passwordFile);
  const none = await openHub({ of: [mirrorOf(theirs.url, login)] });
  answers.push(await ask(none, `GET /v2/${place}/manifests/1`));
  assert.deepEqual(
    answers.slice(2).map(({ status }) => status),
    [403, 500],
  );
  assert.ok(wrong.log.some((line) => line.includes('refuses the user or the password')));
  const texts = [
    ...answers.map(({ headers, body }) => JSON.stringify(headers) + body),
    ...[hub, wrong, none].flatMap(({ log, registry }) => [
      log.join(''),
      JSON.stringify(registry.audit.list({ most: 100 })),
    ]),
  ];
  for (const one of [hub, wrong, none])
    for (const file of fs.readdirSync(one.directory, { recursive: true, encoding: 'utf8' })) {
      const full = path.join(one.directory, file);
      if (fs.statSync(full).isFile()) texts.push(fs.readFileSync(full, 'latin1'));
    }
  for (const secret of [canary, Buffer.from(`bot:${canary}`).toString('base64').slice(0, -2)])
    for (const text of texts) assert.ok(!text.includes(secret), text.slice(0, 300));
});

test('F14: a registry that says back what it was sent is not heard: in no log, answer or event', async () => {
  const canary = 'canary-mirror-4712';
  const user = 'canary-user-4713';
  await using folder = await OwnHub.open();
  const passwordFile = path.join(folder.directory, 'password');
  fs.writeFileSync(passwordFile, canary);
  const encoded = Buffer.from(`${user}:${canary}`).toString('base64');
  const answers: Answer[] = [];
  const logs: string[] = [];
  for (const [status, errorCode] of [
    [429, 'TOOMANYREQUESTS'],
    [503, 'UNAVAILABLE'],
    [403, 'DENIED'],
    [404, 'MANIFEST_UNKNOWN'],
    [418, canary],
  ] as const) {
    let shown = 0;
    upstream.hook = ({ headers, url = '' }, response) => {
      const { authorization = '' } = headers;
      if (authorization === '') say(response, 401, { 'WWW-Authenticate': `Basic realm="x"` }, '');
      else if (url === '/v2/') return false;
      else refuse(response, status, errorCode, `${authorization} ${canary} ${user}`);
      if (authorization === `Basic ${encoded}`) shown += 1;
      return true;
    };
    const hub = await openHub({ of: [mirrorOf(upstream.url, { user, passwordFile })] });
    answers.push(await ask(hub, `GET /v2/${image}/manifests/1`), await ask(hub, `GET /v2/${image}/tags/list`));
    assert.ok(shown > 0, 'the registry has them');
    logs.push(hub.log.join(''), JSON.stringify(hub.registry.audit.list({ most: 100 })));
  }
  assert.ok(logs.join('').includes('another registry cannot be asked'));
  const texts = [...answers.map(({ headers, body }) => JSON.stringify(headers) + body), ...logs];
  for (const secret of [canary, user, encoded]) for (const text of texts) assert.ok(!text.includes(secret), text);
});
