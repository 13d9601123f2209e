// A lab that its student has left: frozen, then stored, and as it was when they come back; ended after days, or when its
// place is needed.

import assert from 'node:assert/strict';
import type { HostInfo } from '@drydock/runtime';
import { afterAll, test } from 'vitest';
import { maxSessionsPerStudent, startsPerMinute } from '../../../sandbox-server/limits.ts';
import { startEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { type OpenedLab, spawnServer, startTestServer, type TestServer } from '../server.ts';
import { plain, testLessons, twoHosts, twoTasks } from './labs.ts';
import { atPrompt, done, end, enterReady, last, run } from './student.ts';

// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await startEngine());
/** With `plain`, as many lessons as a student may have labs of. */
const many = Array.from({ length: maxSessionsPerStudent - 1 }, (_, n) => `02-many/${n + 11}-lesson`);
const lessons = things.use(await testLessons(many));
const engine = running.client;
const hourMs = 3_600_000;
const settings = { engineSocket: running.socket, lessonsDirectory: lessons.directory };

/** The hosts that came to be since `before` was asked. */
async function hostsSince(before: ReadonlySet<string>): Promise<readonly HostInfo[]> {
  return (await engine.hosts()).filter(({ name }) => !before.has(name));
}
const names = async (): Promise<ReadonlySet<string>> => new Set((await engine.hosts()).map(({ name }) => name));

async function untilAll(state: HostInfo['state'], before: ReadonlySet<string>): Promise<void> {
  await until(`the lab is ${state}`, async () => {
    const hosts = await hostsSince(before);
    return hosts.length > 0 && hosts.every((host) => host.state === state);
  });
}

/** Comes back to a lab; resolves with the page once it is ready, having heard why it was not. */
async function comeBack(server: TestServer, lab: OpenedLab) {
  // There before it is woken: that may be quicker than a page's way in.
  const page = await server.enter(await server.ticket(lab));
  await page.hears('session', (message) => message.phase === 'starting' && message.why === 'return');
  await server.open(twoTasks, lab.cookie);
  await page.hears('session', ({ phase }) => phase === 'ready');
  return page;
}

test('a lab without a page is frozen after a while, and its shell goes on when its student comes back', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200 });
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  page.type('t1', 'for n in $(seq 100000); do echo "n$n."; sleep 0.05; done\r');
  // Far longer than until it would be frozen, were there no page.
  await page.shows('t1', 'n20.');
  page.drop();
  await untilAll('frozen', before);
  assert.deepEqual((await server.health()).stored, 0);
  const back = await comeBack(server, lab);
  const { offset, gone } = await back.attach('t1');
  assert.deepEqual({ offset, gone }, { offset: 0, gone: false });
  await back.until(() => /n\d+\./.test(back.output('t1')), 'what was said before');
  const shown = Math.max(...[...back.output('t1').matchAll(/n(\d+)\./g)].map(([, n]) => Number(n)));
  await back.shows('t1', `n${shown + 20}.`);
  await end(server, lab);
});

test('a lab without a page is stored after longer, and comes back with its files and what ran running', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200, idleMs: 2_000, capacity: 1 });
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  await run(
    page,
    't1',
    'echo kept > kept; docker run -d --name first busybox sleep 1000; docker create --name idle busybox',
  );
  await done(page, 'first');
  page.drop();
  await untilAll('stopped', before);
  await until('it is known as stored', async () => (await server.health()).stored === 1);
  assert.equal((await server.health()).sessions, 0, 'a stored lab holds no place');
  const back = await comeBack(server, lab);
  const shell = await atPrompt(back);
  assert.match(await run(back, shell, 'cat kept; docker ps --format "{{.Names}}."'), /kept\s+first\.\s/);
  assert.equal((await server.health()).sessions, 1);
  assert.deepEqual((await back.hears('resetPoints')).points, ['start', 'second']);
  await end(server, lab);
});

test('a stored lab makes room for another, and waits in the queue when it finds none to come back to', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200, capacity: 1 });
  const left = await server.open(twoTasks);
  const page = await enterReady(server, left);
  await run(page, 't1', 'echo kept > kept');
  page.drop();
  await untilAll('frozen', before);
  // Frozen it still holds its place, until somebody else wants it.
  const other = await server.open();
  const others = await enterReady(server, other);
  assert.deepEqual((await hostsSince(before)).map(({ state }) => state).sort(), ['running', 'stopped']);
  const back = await server.enter(await server.open(twoTasks, left.cookie));
  await back.hears('session', (message) => message.phase === 'queued' && message.place === 1);
  await end(server, other);
  await others.closed;
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.match(await run(back, await atPrompt(back), 'cat kept'), /kept/);
  await end(server, left);
});

test('who gives up waiting to come back keeps the lab', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200, idleMs: 3_000, capacity: 1 });
  const left = await server.open(twoTasks);
  (await enterReady(server, left)).drop();
  await untilAll('stopped', before);
  const other = await server.open();
  await enterReady(server, other);
  const back = await server.enter(await server.open(twoTasks, left.cookie));
  await back.hears('session', ({ phase }) => phase === 'queued');
  back.drop();
  await until('nobody waits', async () => (await server.health()).queued === 0);
  assert.equal((await server.health()).stored, 1);
  await end(server, other);
  assert.equal((await server.open(twoTasks, left.cookie)).session, left.session);
  await end(server, left);
});

test('all hosts of a lab are put away, and come back together', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200, idleMs: 2_000 });
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'prod');
  await run(page, 't2', 'docker run -d --name there busybox sleep 1000');
  await done(page, 'there');
  page.drop();
  await untilAll('stopped', before);
  assert.equal((await hostsSince(before)).length, 2);
  const back = await server.enter(await server.open(twoHosts, lab.cookie));
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.match(await run(back, await atPrompt(back, 'prod'), 'docker ps --format "{{.Names}}."'), /there\./);
  assert.match(await run(back, await atPrompt(back, 'dev'), 'hostname'), /dev/);
  await end(server, lab);
});

test('a lab that was put away outlives the server, and ends when it was kept for long enough', async () => {
  const before = await names();
  await using first = await spawnServer({ ...settings, freezeMs: 200, idleMs: 1_500 });
  const lab = await first.server.open(twoTasks);
  const page = await enterReady(first.server, lab);
  await run(page, 't1', 'echo kept > kept');
  page.drop();
  await untilAll('stopped', before);
  first.child.kill('SIGKILL');
  await until('the server is gone', () => first.child.signalCode !== null);
  const { port, dataDirectory } = first.server.settings;
  {
    await using again = await spawnServer({ ...settings, port, dataDirectory });
    await until('it is known as stored', async () => (await again.server.health()).stored === 1);
    const back = await comeBack(again.server, lab);
    assert.match(await run(back, await atPrompt(back), 'cat kept'), /kept/);
  }
  await using last = await spawnServer({ ...settings, port, dataDirectory, freezeMs: 200, idleMs: 600, keepMs: 2_000 });
  await until('its host is gone', async () => (await hostsSince(before)).length === 0);
  const answer = await last.server.ask('POST', `/api/sessions/${lab.session}/ticket`, { cookie: lab.cookie });
  assert.equal(answer.status, 404);
});

test('a page that is left open without typing is told that its lab is put away, and may come back', async () => {
  const before = await names();
  await using server = await startTestServer({ ...settings, freezeMs: 200, idleMs: 1_500 });
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  assert.equal(await page.closed, 4000);
  assert.deepEqual(last(page, 'session'), { type: 'session', phase: 'ended', reason: 'left' });
  await untilAll('stopped', before);
  const back = await comeBack(server, lab);
  await atPrompt(back);
  await end(server, lab);
});

test('a student has three labs open: a fourth, or one that is come back to, puts one away and does not end it', async () => {
  await using server = await startTestServer(settings);
  const first = await server.open(plain);
  const page = await enterReady(server, first);
  await run(page, 't1', 'echo kept > kept');
  const second = await enterReady(server, await server.open(twoTasks, first.cookie));
  for (const lesson of [twoHosts, 'playground']) await enterReady(server, await server.open(lesson, first.cookie));
  assert.equal(await page.closed, 4000);
  assert.deepEqual(last(page, 'session'), { type: 'session', phase: 'ended', reason: 'crowded' });
  await until('the first is stored', async () => (await server.health()).stored === 1);
  assert.equal((await server.health()).sessions, 3);
  const again = await server.open(plain, first.cookie);
  assert.equal(again.session, first.session);
  const back = await server.enter(again);
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.match(await run(back, await atPrompt(back), 'cat kept'), /kept/);
  assert.deepEqual(
    last(back, 'terminals')?.terminals.map(({ title }) => title),
    ['Terminal 1'],
    'the new shell is named as the first one was',
  );
  assert.equal(await second.closed, 4000, 'the one that was used longest ago gives way to it');
  await until('the second is stored', async () => (await server.health()).stored === 1);
  assert.equal((await server.health()).sessions, 3);
});

test('a page can ask before: it is told which lab would be put away, where that was typed into, and nothing is opened', async () => {
  await using server = await startTestServer(settings);
  const first = await server.open(plain);
  const page = await enterReady(server, first);
  await run(page, 't1', 'echo kept > kept');
  const { cookie } = first;
  const ask = async (lesson: string) => {
    const answer = await server.ask('POST', '/api/sessions', { cookie, body: { lesson, ask: true } });
    return JSON.parse(answer.text) as Record<string, unknown>;
  };
  assert.equal((await ask(plain)).session, first.session, 'its own lab is no other');
  for (const lesson of [twoTasks, twoHosts]) await enterReady(server, await server.open(lesson, cookie));
  assert.deepEqual(await ask('playground'), { givesWay: [plain], ends: [] });
  assert.equal((await server.health()).sessions, 3);
  assert.match(await run(page, 't1', 'cat kept'), /kept/);
  // Typed into last, so another one would go, in which nobody has typed: nothing is lost.
  assert.match(String((await ask('playground')).session), /./);
  await until('one is put away', async () => (await server.health()).stored === 1);
  assert.deepEqual(last(page, 'session')?.phase, 'ready');
});

test('a page is told which lab would end where a student has as many as are kept, and that one ends', async () => {
  // No student may start more a minute; a server that was started again has counted none.
  const perServer = startsPerMinute;
  const [lesson = '', ...others] = [...many, plain];
  await using first = await spawnServer(settings);
  const lab = await first.server.open(lesson);
  const { cookie } = lab;
  await run(await enterReady(first.server, lab), 't1', 'echo typed');
  const { port, dataDirectory } = first.server.settings;
  await using servers = new AsyncDisposableStack();
  let now = first;
  for (let opened = 0; opened < others.length; opened += perServer) {
    now.child.kill('SIGKILL');
    await until('the server is gone', () => now.child.signalCode !== null);
    now = servers.use(await spawnServer({ ...settings, port, dataDirectory }));
    for (const other of others.slice(opened, opened + perServer))
      await enterReady(now.server, await now.server.open(other, cookie));
  }
  const { server } = now;
  const asked = await server.ask('POST', '/api/sessions', { cookie, body: { lesson: 'playground', ask: true } });
  assert.deepEqual(JSON.parse(asked.text).ends, [lesson]);
  const ticket = async () => (await server.ask('POST', `/api/sessions/${lab.session}/ticket`, { cookie })).status;
  assert.equal(await ticket(), 200);
  await server.open('playground', cookie);
  assert.equal(await ticket(), 404);
});

test('where the engine has no range of users left, the lab that was put away first ends for a new one', async () => {
  await using small = await startEngine({ uidRanges: 2 });
  const inSmall = { engineSocket: small.socket, lessonsDirectory: lessons.directory };
  await using server = await startTestServer({ ...inSmall, freezeMs: 200, idleMs: 1_500, keepMs: 24 * hourMs });
  const labs: OpenedLab[] = [];
  for (let stored = 1; stored <= 2; stored += 1) {
    const lab = await server.open(twoTasks);
    labs.push(lab);
    (await enterReady(server, lab)).drop();
    await until('it is stored', async () => (await server.health()).stored === stored);
  }
  const lab = await server.open(twoTasks);
  await enterReady(server, lab);
  const tickets = await Promise.all(
    labs.map(({ session, cookie }) => server.ask('POST', `/api/sessions/${session}/ticket`, { cookie })),
  );
  assert.deepEqual(
    tickets.map(({ status }) => status),
    [404, 200],
    'the first to be left is the one that went',
  );
});
