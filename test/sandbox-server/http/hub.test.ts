// The hub at the site's address: what a machine outside sees of `/v2/` and `/token`, and a real dockerd that pushes and pulls there.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { connectEngine, type EngineClient } from '@drydock/runtime';
import { afterAll, beforeAll, test } from 'vitest';
import { insideNetworkAt } from '../../../runtime/kernel/namespaces.ts';
import { type CommandOutcome, dockerCommand } from '../../support/docker-command.ts';
import { type Dockerd, startDockerd } from '../../support/dockerd.ts';
import type { RunningDrydock } from '../../support/drydock.ts';
import { sharedDrydock } from '../../support/shared.ts';
import { ask, cookieOf, startTestServer } from '../server.ts';

const ada = { name: 'ada-outside', password: 'correct horse battery' };
const eve = { name: 'eve-outside', password: 'another horse here' };
let drydock: RunningDrydock;
let engine: EngineClient;
/** Null where the machine has none. */
let dockerd: Dockerd | null;
/** The site's port, in the network of the dockerd. */
let forwarder: net.Server;

beforeAll(async () => {
  [drydock, dockerd] = await Promise.all([sharedDrydock(), startDockerd()]);
  engine = connectEngine(drydock.engineSocket);
  for (const account of [ada, eve]) await engine.hub.createAccount(account);
  await engine.hub.createNamespace({ name: 'hidden-outside', owner: ada.name, visibility: 'private' });
  forwarder = net.createServer((socket) => {
    const on = net.connect(drydock.port, '127.0.0.1');
    const end = (): void => {
      socket.destroy();
      on.destroy();
    };
    socket.on('error', end);
    on.on('error', end);
    socket.pipe(on).pipe(socket);
  });
  // Without a name to look up it is bound at once.
  if (!dockerd) return;
  insideNetworkAt(dockerd.network, () => forwarder.listen(drydock.port));
  await once(forwarder, 'listening');
});

afterAll(async () => {
  forwarder?.close();
  for (const { name } of [ada, eve]) await engine.hub.removeAccount(name);
  await Promise.all([drydock?.[Symbol.asyncDispose](), dockerd?.[Symbol.asyncDispose]()]);
});

const docker = (...args: string[]): Promise<CommandOutcome> => dockerCommand(dockerd?.socket ?? '', ...args);

const basic = ({ name, password }: { name: string; password: string }) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function tokenOf(scope: string, headers: Record<string, string> = {}, url = drydock.url): Promise<string> {
  const answer = await ask(`${url}/token?service=hub.drydock&scope=${scope}`, 'GET', { headers });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text).token;
}

test('a real dockerd logs in, pushes, pulls, and is refused what is another’s', async ({ skip }) => {
  skip(dockerd === null, 'there is no dockerd');
  const site = `localhost:${drydock.port}`;
  const login = (who: typeof ada, password = who.password) => docker('login', '-u', who.name, '-p', password, site);
  const wrong = await login(ada, 'not this one at all');
  assert.match(wrong.stderr, /unauthorized: incorrect username or password/);
  const entered = await login(ada);
  assert.equal(entered.exitCode, 0, entered.stderr);
  const name = `${site}/${ada.name}/bb:1`;
  const hidden = `${site}/hidden-outside/bb:1`;
  for (const each of [name, hidden]) {
    await docker('tag', 'busybox', each);
    const pushed = await docker('push', each);
    assert.equal(pushed.exitCode, 0, pushed.stderr);
  }
  await login(eve);
  await docker('rmi', name, hidden);
  const pulled = await docker('pull', name);
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  assert.match((await docker('pull', hidden)).stderr, /pull access denied for localhost:\d+\/hidden-outside\/bb/);
  await docker('tag', 'busybox', hidden);
  assert.match((await docker('push', hidden)).stderr, /denied: requested access to the resource is denied/);
  const official = await docker('pull', `${site}/library/busybox:latest`);
  assert.equal(official.exitCode, 0, official.stderr);
  await docker('logout', site);
});

test('HEAD, ranges, 416 and unknown things come through as the hub says them, and nothing sets a cookie', async () => {
  const blobs = `/v2/${ada.name}/up/blobs`;
  const content = Buffer.from('0123456789');
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const push = { authorization: `Bearer ${await tokenOf(`repository:${ada.name}/up:pull,push`, basic(ada))}` };
  const sent = await ask(`${drydock.url}${blobs}/uploads/?digest=${digest}`, 'POST', {
    headers: { ...push, 'content-type': 'application/octet-stream', 'content-length': '10' },
    body: String(content),
  });
  assert.equal(sent.status, 201, sent.text);
  assert.equal(sent.headers.location, `${blobs}/${digest}`);
  const get = (method: string, headers: Record<string, string> = {}) =>
    ask(`${drydock.url}${blobs}/${digest}`, method, { headers: { ...push, ...headers } });
  const head = await get('HEAD');
  assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '10', '']);
  const part = await get('GET', { range: 'bytes=2-4' });
  assert.deepEqual([part.status, part.headers['content-range'], part.text], [206, 'bytes 2-4/10', '234']);
  const past = await get('GET', { range: 'bytes=20-30' });
  assert.deepEqual([past.status, past.headers['content-range']], [416, 'bytes */10']);
  for (const { headers } of [sent, head, part, past]) {
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
  assert.equal((await ask(`${drydock.url}${blobs}/sha256:${'0'.repeat(64)}`, 'GET', { headers: push })).status, 404);
});

test('F10 what each may do at the site’s address, whatever cookie comes along', async () => {
  const repository = 'hidden-outside/bb';
  const scope = `repository:${repository}:pull,push,delete`;
  const lines = ['GET tags/list', 'GET manifests/1', 'POST blobs/uploads/', 'DELETE manifests/none'] as const;
  const student = cookieOf(
    await ask(`${drydock.url}/api/sessions`, 'POST', {
      body: { lesson: 'playground' },
      headers: { origin: drydock.url, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
    }),
  );
  const statuses = async (headers: Record<string, string>): Promise<number[]> => {
    const answers = lines.map((line) => {
      const [method = '', path = ''] = line.split(' ');
      return ask(`${drydock.url}/v2/${repository}/${path}`, method, { headers, ...(student && { cookie: student }) });
    });
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  const bearer = async (who?: typeof ada) => ({ authorization: `Bearer ${await tokenOf(scope, who && basic(who))}` });
  assert.deepEqual(await statuses({}), [401, 401, 401, 401], 'without a token');
  assert.deepEqual(await statuses({ authorization: 'Bearer x.y.z' }), [401, 401, 401, 401], 'with none of ours');
  assert.deepEqual(await statuses(await bearer()), [401, 401, 401, 401], 'as nobody');
  assert.deepEqual(await statuses(await bearer(eve)), [401, 401, 401, 401], 'as a stranger');
  assert.deepEqual(await statuses(await bearer(ada)), [200, 200, 202, 404], 'as its owner');
});

test('a client is sent for its token to the address that it has come by, and to no other', async () => {
  const asked = (host: string) =>
    ask(`${drydock.url}/v2/`, 'GET', { headers: { host, 'drydock-hub-origin': 'http://evil' } });
  const realm = (host: string): string => `Bearer realm="http://${host}/token",service="hub.drydock"`;
  for (const host of [`localhost:${drydock.port}`, `127.0.0.1:${drydock.port}`]) {
    const { status, headers } = await asked(host);
    assert.deepEqual([status, headers['www-authenticate']], [401, realm(host)]);
  }
  assert.equal((await asked('evil.example')).status, 400);
});

test('where the site has a code, who has neither the code nor an account gets no token; an account does', async () => {
  await using gated = await startTestServer({ invite: 'a-secret-code', engineSocket: drydock.engineSocket });
  const token = `${gated.url}/token?service=hub.drydock&scope=repository:library/busybox:pull`;
  assert.equal((await ask(token, 'GET')).status, 401);
  assert.equal((await ask(token, 'GET', { headers: basic(ada) })).status, 200);
  const entered = await gated.ask('POST', '/invite', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'code=a-secret-code',
  });
  assert.equal((await ask(token, 'GET', { cookie: cookieOf(entered) })).status, 200);
  assert.equal((await ask(`${gated.url}/v2/library/busybox/manifests/latest`, 'GET')).status, 401);
});

test('one address has a share of the requests that are answered at once; who waits for nothing is not kept waiting', async () => {
  const { authorization } = {
    authorization: `Bearer ${await tokenOf(`repository:${ada.name}/slow:pull,push`, basic(ada))}`,
  };
  const begin = (): Promise<http.ClientRequest> =>
    new Promise((resolve, reject) => {
      const request = http.request(
        `${drydock.url}/v2/${ada.name}/slow/blobs/uploads/?digest=sha256:${'0'.repeat(64)}`,
        {
          method: 'POST',
          agent: false,
          headers: { authorization, 'content-length': 1000 },
        },
      );
      request.on('error', reject);
      request.once('socket', (socket) => socket.once('connect', () => request.write('x', () => resolve(request))));
    });
  const slow = await Promise.all(Array.from({ length: 20 }, begin));
  try {
    assert.equal((await ask(`${drydock.url}/v2/`, 'GET')).status, 401);
  } finally {
    for (const request of slow) request.on('error', () => undefined).destroy();
  }
});

test('while the engine is away the hub says so in a registry’s words', async () => {
  await using alone = await startTestServer();
  const answer = await ask(`${alone.url}/v2/`, 'GET');
  assert.deepEqual([answer.status, JSON.parse(answer.text).errors[0].code], [503, 'UNAVAILABLE']);
});
