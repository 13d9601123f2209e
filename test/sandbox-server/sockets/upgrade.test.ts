// Who may open the WebSocket: our own pages, with a cookie, and then with a ticket.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { closeCodes, protocolVersion } from '../../../sandbox-server/protocol.ts';
import { startTestServer } from '../server.ts';

const server = await startTestServer({ capacity: 100 });
afterAll(() => server[Symbol.asyncDispose]());
const lab = await server.open();
const { port } = server.settings;

const foreign = [
  'https://evil.example',
  'null',
  '',
  `http://localhost:${port}.evil.example`,
  `http://preview.localhost:${port}`,
  `http://localhost:${port + 1}`,
  `https://localhost:${port}`,
  `http://localhost:${port}/`,
  `http://LOCALHOST:${port}`,
  'http://localhost',
];
for (const origin of foreign) {
  test(`F01 an upgrade with Origin ${JSON.stringify(origin)} is refused with 403, with a valid cookie`, async () => {
    assert.equal(await server.connect(lab.cookie, { origin }).refused, 403);
  });
}

test('F01 an upgrade without Origin is refused with 403', async () => {
  const { ask } = await import('../server.ts');
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    cookie: lab.cookie,
  };
  assert.equal((await ask(`${server.url}/api/socket`, 'GET', { headers })).status, 403);
});

test('F01 an upgrade for another host, or at another path, is refused', async () => {
  assert.equal(await server.connect(lab.cookie, { host: 'evil.example' }).refused, 400);
  const { TestPage } = await import('../page.ts');
  const elsewhere = new TestPage(`ws://127.0.0.1:${port}/api/socket?ticket=${lab.ticket}`, {
    origin: server.origin,
    cookie: lab.cookie,
  });
  assert.equal(await elsewhere.refused, 404, 'a ticket has no place in an address');
});

test('F01 an upgrade without a cookie that we gave is refused with 403', async () => {
  assert.equal(await server.connect('').refused, 403);
  assert.equal(await server.connect(`drydock=${'A'.repeat(43)}`).refused, 403);
});

test('F01 a socket needs a ticket that is fresh, unused and its own', async () => {
  const hello = async (cookie: string, ticket: string) => {
    const page = server.connect(cookie);
    await page.opened;
    page.send({ type: 'hello', protocol: protocolVersion, ticket });
    return page;
  };
  const mine = await server.ticket(lab);
  const page = await hello(mine.cookie, mine.ticket);
  assert.equal((await page.hears('welcome')).session, lab.session);
  assert.equal(await (await hello(mine.cookie, mine.ticket)).closed, closeCodes.ticket, 'used');
  const other = await server.open();
  const fresh = await server.ticket(lab);
  assert.equal(await (await hello(other.cookie, fresh.ticket)).closed, closeCodes.ticket, "another student's");
  assert.equal(await (await hello(lab.cookie, 'made up')).closed, closeCodes.ticket);
});

test('X14 a page of another version is told to reload', async () => {
  const fresh = await server.ticket(lab);
  const page = server.connect(fresh.cookie);
  await page.opened;
  page.send({ type: 'hello', protocol: protocolVersion + 1, ticket: fresh.ticket });
  assert.equal(await page.closed, closeCodes.protocol);
});

test('a message that is none of the protocol closes the socket, and the server goes on', async () => {
  for (const bad of [
    '',
    '{',
    'null',
    '[]',
    '{"type":"x"}',
    '{"type":"ping","more":1}',
    '{"type":"input","terminal":"../t1","data":"x"}',
  ]) {
    const page = await server.enter(await server.ticket(lab));
    page.socket.send(bad);
    assert.equal(await page.closed, closeCodes.policy, bad);
  }
  const page = await server.enter(await server.ticket(lab));
  page.socket.send(Buffer.from([0, 1, 2]));
  assert.equal(await page.closed, closeCodes.policy, 'binary');
  assert.equal((await server.ask('GET', '/healthz')).status, 200);
});

test('a page hears how its session is, and is refused in words what cannot be done yet', async () => {
  const page = await server.enter(await server.ticket(lab));
  await page.hears('session');
  await page.hears('engine');
  assert.deepEqual((await page.hears('terminals')).terminals, []);
  page.send({ type: 'input', terminal: 't1', data: 'x' });
  const { of, message } = await page.hears('refused');
  assert.equal(of, 'input');
  assert.match(message, /not ready yet/);
  page.send({ type: 'ping' });
  await page.hears('pong');
});
