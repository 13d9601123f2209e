// Sessions with a real engine: opened, kept, queued for, ended; and each with a host that is its own.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { HostInfo } from '@drydock/runtime';
import { afterAll, test } from 'vitest';
import { openDatabase } from '../../../sandbox-server/store/database.ts';
import { testRun } from '../../support/instance.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { startTestServer } from '../server.ts';
import { enterReady, reset, run } from './student.ts';

const running = await sharedEngine();
afterAll(() => running[Symbol.asyncDispose]());
const engine = running.client;
const engineSocket = running.socket;

async function untilGone(name: string): Promise<void> {
  await until(`the host ${name} is gone`, async () => (await engine.hosts()).every((host) => host.name !== name));
}

const names = async (): Promise<string[]> => (await engine.hosts()).map(({ name }) => name).sort();

test('a student who opens a lab has a shell at its prompt, and the same one after a reload', async () => {
  await using server = await startTestServer({ engineSocket });
  const lab = await server.open();
  const page = await enterReady(server, lab);
  page.type('t1', 'echo $((40 + 2)) on $(hostname)\r');
  await page.shows('t1', '42 on docker-host');
  page.socket.close();
  const again = await server.open('playground', lab.cookie);
  assert.equal(again.session, lab.session);
  const reloaded = await server.enter(again);
  const { offset, gone } = await reloaded.attach('t1');
  assert.deepEqual({ offset, gone }, { offset: 0, gone: false });
  await reloaded.shows('t1', '42 on docker-host');
  await reloaded.until(() => reloaded.output('t1').length >= page.output('t1').length, 'all that was there');
  assert.ok(reloaded.output('t1').startsWith(page.output('t1')), 'what was there is the same, byte for byte');
  const [host] = await names();
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  assert.equal(await reloaded.closed, 4000);
  await untilGone(host ?? '');
});

test('two students have two hosts, and neither sees what the other does', async () => {
  await using server = await startTestServer({ engineSocket });
  const [a, b] = await Promise.all([server.open(), server.open()]);
  const [pageA, pageB] = await Promise.all([enterReady(server, a), enterReady(server, b)]);
  assert.equal((await names()).length, 2);
  pageA.type('t1', 'touch ~/only-here; docker create --name mine busybox; echo ready-$((1 + 1))\r');
  await pageA.shows('t1', 'ready-2');
  pageB.type('t1', 'ls ~; docker ps -a; echo seen-$((1 + 1))\r');
  await pageB.shows('t1', 'seen-2');
  assert.doesNotMatch(pageB.output('t1'), /only-here|mine/);
  for (const lab of [a, b]) await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  for (const name of await names()) await untilGone(name);
});

test('a student who comes to a full machine waits, sees the place move, and is let in', async () => {
  await using server = await startTestServer({ engineSocket, capacity: 1 });
  const first = await server.open();
  const page = await enterReady(server, first);
  const waiting = await Promise.all([server.open(), server.open()]);
  const [second, third] = await Promise.all(waiting.map((lab) => server.enter(lab)));
  assert.ok(second && third);
  const placeOf = (wanted: number) => (state: { phase: string; place?: number }) =>
    state.phase === 'queued' && state.place === wanted;
  await Promise.all([second, third].map((each) => each.hears('session', ({ phase }) => phase === 'queued')));
  const secondIsNext = second.heard.some((message) => message.type === 'session' && placeOf(1)(message));
  const [next, last] = secondIsNext ? [second, third] : [third, second];
  await next.hears('session', placeOf(1));
  await last.hears('session', placeOf(2));
  assert.deepEqual(JSON.parse((await server.ask('GET', '/healthz')).text).queued, 2);
  await server.ask('DELETE', `/api/sessions/${first.session}`, { cookie: first.cookie });
  await page.closed;
  await last.hears('session', placeOf(1));
  await next.hears('session', ({ phase }) => phase === 'ready');
  assert.equal((await names()).length, 1);
  for (const lab of waiting) await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  for (const name of await names()) await untilGone(name);
});

test('a spare host makes the next lab open at once, and counts towards the capacity', async () => {
  await using server = await startTestServer({ engineSocket, spareHosts: 1, capacity: 2 });
  const old = new Set(await names());
  const isSpare = ({ name, terminals }: HostInfo) => !old.has(name) && terminals === 1;
  await until('a spare host is there', async () => (await engine.hosts()).some(isSpare));
  const spare = (await engine.hosts()).find(isSpare)?.name;
  assert.deepEqual((await server.health()).sessions, 0, 'a spare host is no session');
  const lab = await server.open();
  const page = await enterReady(server, lab);
  assert.ok((await names()).includes(spare ?? 'none'), 'the spare host is the lab now');
  await run(page, 't1', 'touch mine');
  assert.doesNotMatch(await run(page, await reset(page, 'start'), 'ls'), /mine/);
  const other = await server.open();
  await enterReady(server, other);
  const ours = (await names()).filter((name) => !old.has(name));
  assert.equal(ours.length, 2, 'no spare host beyond the capacity');
  for (const one of [lab, other]) await server.ask('DELETE', `/api/sessions/${one.session}`, { cookie: one.cookie });
});

test('a host that no session has is removed at the start; an operator’s is left alone, and one of a session that cannot be read', async () => {
  for (const name of ['s-00000000000000aa', 'operators-own', 's-0123456789abcdef']) await engine.createHost(name);
  const dataDirectory = await mkdtemp(`/tmp/${testRun}-`);
  const database = openDatabase(dataDirectory);
  database.exec(`INSERT INTO students VALUES (7, x'00', 1, 1);
    INSERT INTO sessions (id, student, lesson, created_at, parameters) VALUES ('one', 7, 'playground', 1, '{"port":');
    INSERT INTO session_hosts (session, name, host) VALUES ('one', 'docker-host', 's-00000000000000aa')`);
  database.close();
  await using server = await startTestServer({ engineSocket, dataDirectory });
  assert.equal((await server.ask('GET', '/healthz')).status, 200);
  await untilGone('s-0123456789abcdef');
  for (const name of ['operators-own', 's-00000000000000aa']) {
    assert.equal((await engine.host(name)).state, 'running');
    await engine.removeHost(name);
  }
  await rm(dataDirectory, { recursive: true });
});
