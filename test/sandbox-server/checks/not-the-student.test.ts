// What the engine, the operator or the machine does to a lab makes no task done: only what its student does counts.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import type { TestPage } from '../page.ts';
import { type OpenedLab, startTestServer, type TestServer } from '../server.ts';
import { type TestLessons, testLessons, toStop } from '../sessions/labs.ts';
import { atPrompt, done, end, enterReady, isDone, last, run } from '../sessions/student.ts';

let engine: TestEngine;
let lessons: TestLessons;
let server: TestServer;
let lab: OpenedLab;
let page: TestPage;
let host: string;
let looks = 0;
const tasks = ['stop', 'ran', 'still'];

beforeAll(async () => {
  engine = await startEngine();
  lessons = await testLessons();
  server = await startTestServer({ engineSocket: engine.socket, lessonsDirectory: lessons.directory });
  lab = await server.open(toStop);
  page = await enterReady(server, lab);
  host = (await engine.client.hosts()).find(({ name }) => name.startsWith('s-'))?.name ?? '';
  await run(page, 't1', 'docker run -d --name web --stop-signal KILL busybox sleep 1000');
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await lessons?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

/** Does `what`, waits until the lab is ready again, and asserts that `web` is as `state` says, and that no task became done. */
async function changesNothing(what: () => Promise<unknown>, state: 'running' | 'exited'): Promise<void> {
  const heard = page.heard.length;
  await what();
  await page.hears('session', (message) => message.phase === 'ready' && page.heard.indexOf(message) >= heard);
  const terminal = await atPrompt(page);
  assert.match(await run(page, terminal, `docker inspect -f '{{.State.Status}}' web`), new RegExp(`${state}\\r`));
  // It is done with a look that comes after all of that.
  looks += 1;
  await run(page, terminal, `docker create --name look${looks} busybox true`);
  await done(page, `look${looks}`);
  for (const task of tasks) assert.equal(isDone(page, task), false, `${task} is not done`);
}

const shutDownAndUp = async (): Promise<void> => {
  await engine.shutdown();
  await engine.start();
};

test('H09 an engine that is shut down and started again stops no container in the eyes of a check', async () => {
  await changesNothing(shutDownAndUp, 'running');
});

test('H09 X10 nor does a reboot of the machine', async () => {
  await changesNothing(() => engine.reboot(), 'running');
});

test('nor does the end of the lab’s machine alone', async () => {
  const { pid } = await engine.client.host(host);
  await changesNothing(async () => process.kill(pid, 'SIGKILL'), 'running');
});

test('a container that could not be started again counts for nothing, and the page says what to do', async () => {
  const terminal = await atPrompt(page);
  await run(page, terminal, 'docker rename web first');
  await run(page, terminal, `docker run -d --name web --stop-signal KILL busybox sh -c 'rm /bin/sh; exec sleep 1000'`);
  // `docker run -d` returns before the shell has removed its own file.
  await run(page, terminal, 'while docker exec web test -e /bin/sh; do sleep 0.1; done');
  await changesNothing(shutDownAndUp, 'exited');
  await page.hears('tasks', () => last(page, 'tasks')?.tasks[0]?.found.includes('docker start web') === true);
  const [stop] = last(page, 'tasks')?.tasks ?? [];
  assert.equal(
    stop?.found,
    'The container web was running when this machine was restarted, and could not be started again. Start it with docker start web.',
  );
});

test('what the student does counts again', async () => {
  const terminal = await atPrompt(page);
  await run(page, terminal, 'docker rm web; docker rename first web');
  await until('it runs', async () => (await engine.client.host(host)).containersRunning === 1);
  assert.equal(isDone(page, 'stop'), false);
  await run(page, terminal, 'docker stop -t 0 web');
  for (const task of tasks) await done(page, task);
  await end(server, lab);
});
