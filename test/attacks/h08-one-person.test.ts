// H08: one person without cookies, with many addresses and sockets that stay open, against those who come after.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { newcomerBurstPerAddress } from '../../sandbox-server/limits.ts';
import { type OpenedSession, playground } from '../../sandbox-server/protocol.ts';
import type { Settings } from '../../sandbox-server/settings.ts';
import { cookieOf, type OpenedLab, startTestServer, type TestServer } from '../sandbox-server/server.ts';
import { atPrompt, enterReady, last, run } from '../sandbox-server/sessions/student.ts';
import { removeHosts } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const engine = things.use(await sharedEngine());
const running = new Set<TestServer>();
things.defer(async () => {
  for (const server of running) await server[Symbol.asyncDispose]();
});
/** Far fewer hosts in all than the engine of a test has user numbers for. */
const capacity = 4;
const settings = { engineSocket: engine.socket, trustedProxies: ['127.0.0.1'], capacity };

/** Opens a lab as a new student at this address. */
async function openFrom(server: TestServer, address: string): Promise<OpenedLab | number> {
  const headers = { 'x-forwarded-for': address };
  const answer = await server.ask('POST', '/api/sessions', { body: { lesson: playground }, headers });
  if (answer.status !== 200) return answer.status;
  return { ...(JSON.parse(answer.text) as OpenedSession), cookie: cookieOf(answer) };
}

async function mustOpenFrom(server: TestServer, address: string): Promise<OpenedLab> {
  const lab = await openFrom(server, address);
  if (typeof lab === 'number') throw new Error(`a lab for ${address}: ${lab}`);
  return lab;
}

/** A server, of which nothing is left for the next test: it begins with an empty machine. */
async function startAlone(more: Partial<Settings>): Promise<TestServer> {
  const server = await startTestServer({ ...settings, ...more });
  running.add(server);
  return server;
}

async function leave(server: TestServer): Promise<void> {
  running.delete(server);
  await server[Symbol.asyncDispose]();
  await removeHosts(engine.client);
}

test('H08 one person with many addresses of three networks and held sockets: a newcomer has a lab, who yields is told and loses nothing', async () => {
  const yieldMs = 4_000;
  const server = await startAlone({ yieldMs });
  // A student who works, of before.
  const worker = await mustOpenFrom(server, '198.51.100.1');
  const working = await enterReady(server, worker);
  assert.match(await run(working, 't1', 'echo kept > kept; cat kept'), /kept/);
  // Each with a page that stays open: some wait in the queue.
  const attackers = [];
  for (let number = 0; number < 2 * capacity; number += 1)
    attackers.push(await server.enter(await mustOpenFrom(server, `10.${number}.0.1`)));
  await until('the machine is full', async () => (await server.health()).sessions === capacity);

  const startedAt = performance.now();
  const newcomer = await mustOpenFrom(server, '192.0.2.7');
  const page = await server.enter(newcomer);
  await page.hears('session', (message) => message.phase === 'queued' && message.place === 1);
  await page.until(() => last(page, 'session')?.phase === 'ready', 'a lab', 60_000);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 60_000, `the newcomer waited ${tookMs} ms`);

  const sentAway = attackers.filter(({ heard }) =>
    heard.some((message) => message.type === 'session' && message.phase === 'ended' && message.yielded === true),
  );
  assert.ok(sentAway.length > 0, 'who yielded was told');
  // The one who works is still there, with what they made.
  assert.match(await run(working, 't1', 'cat kept'), /kept/);
  await leave(server);
});

test('H08 a lab that yielded is stored, and comes back as it was', async () => {
  const server = await startAlone({ yieldMs: 1_000, capacity: 1 });
  const lab = await mustOpenFrom(server, '198.51.100.1');
  const page = await enterReady(server, lab);
  await until('another waits, and has the place', async () => {
    const other = await mustOpenFrom(server, '192.0.2.1');
    const there = await server.enter(other);
    await there.hears('session', ({ phase }) => phase === 'ready');
    return true;
  });
  const ended = page.heard.find((message) => message.type === 'session' && message.phase === 'ended');
  assert.deepEqual(ended, { type: 'session', phase: 'ended', reason: 'left', yielded: true });
  const back = await server.enter(await server.ticket(lab));
  // The other one's was never typed into either.
  await back.hears('session', ({ phase }) => phase === 'ready');
  await atPrompt(back);
  await leave(server);
});

test('H08 labs that nobody ever enters make room for who looks at a page, and wait behind them', async () => {
  const server = await startAlone({ yieldMs: 2_000, capacity: 2 });
  for (let number = 0; number < 60; number += 1) await openFrom(server, '203.0.113.9');
  await until('two are held', async () => (await server.health()).sessions === 2);
  assert.equal((await server.health()).queued, 58);
  // At the same address, and somewhere else.
  for (const address of ['203.0.113.9', '192.0.2.1']) {
    const page = await server.enter(await mustOpenFrom(server, address));
    // One that nobody entered keeps its place for 15 s, and its host has to be removed before the next is made.
    await page.until(() => last(page, 'session')?.phase === 'ready', 'a lab', 60_000);
  }
  await leave(server);
});

test('H08 who starts labs without end from a shared address shuts nobody else there out', async () => {
  // Without an engine: only who is let in matters.
  await using server = await startTestServer({ trustedProxies: ['127.0.0.1'], capacity: 1_000 });
  const school = '203.0.113.9';
  let isHeldBack = false;
  // Until they are: how many that takes depends on how fast the machine writes a lab down.
  for (let round = 0; round < 10 && !isHeldBack; round += 1) {
    const burst = Array.from({ length: 2 * newcomerBurstPerAddress }, () => openFrom(server, school));
    isHeldBack = (await Promise.all(burst)).includes(429);
  }
  assert.ok(isHeldBack, 'one person alone is held back');
  // And goes on at six a second.
  const attack = setInterval(() => void openFrom(server, school).catch(() => undefined), 1000 / 6);
  try {
    const startedAt = performance.now();
    for (let student = 0; student < 10; student += 1) {
      let lab = await openFrom(server, school);
      // The page comes back by itself.
      for (let again = 0; typeof lab === 'number' && again < 20; again += 1) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        lab = await openFrom(server, school);
      }
      assert.ok(typeof lab !== 'number', `student ${student} is let in`);
      const page = await server.enter(lab);
      await page.hears('session', ({ phase }) => phase === 'starting');
    }
    const tookMs = performance.now() - startedAt;
    // The attack leaves them four of the ten that come back in a second. One that kept up would leave none at all.
    assert.ok(tookMs < 30_000, `ten students in ${tookMs} ms`);
  } finally {
    clearInterval(attack);
  }
});

test('H08 a class of sixty behind one address starts at once', async () => {
  await using server = await startTestServer({ trustedProxies: ['127.0.0.1'], capacity: 100 });
  const labs = await Promise.all(Array.from({ length: 60 }, () => openFrom(server, '203.0.113.9')));
  assert.equal(labs.filter((lab) => typeof lab === 'number').length, 0);
  assert.equal((await server.health()).sessions, 60);
});

test('H08 newcomers of one network cannot fill the machine, however many addresses they have of it', async () => {
  await using server = await startTestServer({ trustedProxies: ['127.0.0.1'], capacity: 16 });
  for (let number = 1; number <= 20; number += 1) await mustOpenFrom(server, `203.0.113.${number}`);
  for (let number = 1; number <= 20; number += 1) await openFrom(server, `2001:db8:7:${number.toString(16)}::1`);
  // 7/8 of 16 are 14: the second network has what the first one had to leave.
  const { sessions, queued } = await server.health();
  assert.deepEqual({ sessions, queued }, { sessions: 16, queued: 24 });
  await using alone = await startTestServer({ trustedProxies: ['127.0.0.1'], capacity: 16, maxPerNetwork: 3 });
  for (let number = 1; number <= 20; number += 1) await mustOpenFrom(alone, `203.0.113.${number}`);
  assert.equal((await alone.health()).sessions, 3);
  await mustOpenFrom(alone, '192.0.2.1');
  assert.equal((await alone.health()).sessions, 4);
});
