// The server and the engine each killed with shells open: every shell goes on, and its page comes back to it.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import type { ServerMessage } from '../../sandbox-server/protocol.ts';
import { startEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';
import type { TestPage } from './page.ts';
import { type OpenedLab, spawnServer, type TestServer } from './server.ts';
import { atPrompt, enterReady, reset, run } from './sessions/student.ts';

const engine = await startEngine();
afterAll(() => engine[Symbol.asyncDispose]());

async function enter(server: TestServer, lab: OpenedLab): Promise<TestPage> {
  const page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  return page;
}

test('X05 a shell survives the engine being killed; its page is told, stays, and types on', async () => {
  await using running = await spawnServer({ engineSocket: engine.socket });
  const { server } = running;
  const lab = await server.open('01-why-containers/02-first-container');
  const page = await enter(server, lab);
  await page.attach('t1');
  await page.shows('t1', '$ ');
  page.type('t1', 'me=same; for i in $(seq 1 400); do echo "line $i"; sleep 0.01; done; echo end-$((1 + 1))\r');
  await page.shows('t1', 'line 20\r');
  await engine.kill();
  await page.hears('engine', ({ state }) => state === 'away');
  await engine.start();
  const away = page.heard.findIndex((message) => message.type === 'engine' && message.state === 'away');
  await page.hears('engine', (message) => message.state === 'up' && page.heard.indexOf(message) > away);
  await page.shows('t1', 'end-2');
  const lines = page.output('t1').match(/line \d+\r/g) ?? [];
  assert.deepEqual(
    lines,
    Array.from({ length: 400 }, (_, line) => `line ${line + 1}\r`),
  );
  page.type('t1', 'echo the-$me-shell\r');
  await page.shows('t1', 'the-same-shell');
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
});

/** Kills `host`'s machine, or stops all of them, and asserts that the page gets a new shell on the same host. */
async function comesBack(
  server: TestServer,
  page: TestPage,
  lab: OpenedLab,
  stop: () => Promise<unknown>,
): Promise<void> {
  await page.attach('t1');
  await page.shows('t1', '$ ');
  page.type('t1', 'echo kept > ~/kept; sync; echo written-$((1 + 1))\r');
  await page.shows('t1', 'written-2');
  const before = page.heard.length;
  await stop();
  const later = (message: ServerMessage) => page.heard.indexOf(message) >= before;
  await page.hears('session', (message) => message.phase === 'ready' && later(message));
  const { terminals } = await page.hears(
    'terminals',
    (message) => later(message) && message.terminals.some(({ running }) => running),
  );
  const shell = terminals.findLast(({ running }) => running)?.id ?? 'none';
  const old = page.output(shell).length;
  await page.attach(shell);
  await page.shows(shell, '$ ', old);
  page.type(shell, 'tr a-z A-Z < ~/kept\r');
  await page.shows(shell, 'KEPT', old);
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
}

test('a lab whose machine dies is started again, with the files that it had', async () => {
  await using running = await spawnServer({ engineSocket: engine.socket });
  const before = new Set((await engine.client.hosts()).map(({ name }) => name));
  const lab = await running.server.open();
  const page = await enter(running.server, lab);
  const host = (await engine.client.hosts()).find(({ name }) => !before.has(name));
  assert.ok(host && host.pid > 1);
  await comesBack(running.server, page, lab, async () => process.kill(host.pid, 'SIGKILL'));
});

test('a lab comes back after the engine was shut down in order and started again', async () => {
  await using running = await spawnServer({ engineSocket: engine.socket });
  const lab = await running.server.open();
  const page = await enter(running.server, lab);
  await comesBack(running.server, page, lab, async () => {
    await engine.client.shutdown();
    await page.hears('engine', ({ state }) => state === 'away');
    await engine.kill();
    await engine.start();
  });
});

test('a reset that is cut off by the engine being killed leaves a lab that is whole, before the reset or after it', async () => {
  await using running = await spawnServer({ engineSocket: engine.socket });
  const { server } = running;
  const lab = await server.open();
  const page = await enterReady(server, lab);
  await run(page, 't1', 'touch mine');
  const ready = page.hearsNext('session', ({ phase }) => phase === 'ready');
  page.send({ type: 'reset', to: 'start' });
  await page.hears('session', (message) => message.phase === 'starting' && message.why === 'reset');
  await engine.kill();
  await engine.start();
  await ready;
  // It is done, or it was given up because the engine was away for long; then it can be asked for again.
  let files = await run(page, await atPrompt(page), 'ls');
  if (files.includes('mine')) files = await run(page, await reset(page, 'start'), 'ls');
  assert.doesNotMatch(files, /mine/);
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
});

test('a lab that was being stored when the server was killed is there for its student', async () => {
  await using first = await spawnServer({ engineSocket: engine.socket, freezeMs: 200, idleMs: 1_500 });
  const before = new Set((await engine.client.hosts()).map(({ name }) => name));
  const lab = await first.server.open();
  const page = await enterReady(first.server, lab);
  await run(page, 't1', 'echo kept > kept');
  const host = (await engine.client.hosts()).find(({ name }) => !before.has(name))?.name ?? '';
  page.drop();
  // It does not run any more: it is frozen, being stored, or stored.
  await until('it is put away', async () => (await engine.client.host(host)).state !== 'running');
  first.child.kill('SIGKILL');
  await until('the server is gone', () => first.child.signalCode !== null);
  const { port, dataDirectory } = first.server.settings;
  await using again = await spawnServer({ engineSocket: engine.socket, port, dataDirectory });
  const back = await again.server.enter(await again.server.open('playground', lab.cookie));
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.match(await run(back, await atPrompt(back), 'cat kept'), /kept/);
  await again.server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
});
