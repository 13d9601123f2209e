// The first lesson in a real shell on a real host: each task turns done by itself, soon after the fact, and by nothing else.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { startEngine } from '../../support/engine.ts';
import type { TestPage } from '../page.ts';
import { type OpenedLab, startTestServer } from '../server.ts';

const lesson = '01-why-containers/02-first-container';
// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await startEngine({ catalogue: 'all' }));
const engine = running.client;
const server = things.use(await startTestServer({ engineSocket: running.socket }));

async function enter(lab: OpenedLab): Promise<TestPage> {
  const page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  await page.attach('t1');
  await page.shows('t1', '$ ');
  return page;
}

const isDone = (page: TestPage, id: string): boolean =>
  page.heard.findLast((message) => message.type === 'tasks')?.tasks.find((task) => task.id === id)?.done === true;

const done = (page: TestPage, id: string) =>
  page.hears('tasks', ({ tasks }) => tasks.some((task) => task.id === id && task.done));

/** Runs a command line; resolves when it has ended. */
let commands = 0;
async function run(page: TestPage, command: string): Promise<void> {
  commands += 1;
  page.type('t1', `${command}; echo end-$((${commands} + 100000))\r`);
  await page.shows('t1', `end-${commands + 100_000}`);
}

test('every task of the lesson turns done while a student does what it says', async () => {
  const lab = await server.open(lesson);
  const page = await enter(lab);
  await run(page, 'docker run hello-world');
  await done(page, 'hello');
  await run(page, 'docker run -d --name web nginx');
  await page.hears('tasks', ({ tasks }) => /none of its ports is published/.test(tasks[1]?.found ?? ''));
  await run(page, 'docker rm -f web');
  await run(page, 'docker run -d --name web -p 8080:80 nginx');
  await done(page, 'web');
  // `docker run -d` returns before its web server listens.
  await run(page, 'curl -s --retry 20 --retry-connrefused localhost:8080/missing');
  await page.hears('tasks', ({ tasks }) => /does not have/.test(tasks[2]?.found ?? ''));
  await run(page, 'curl -s localhost:8080');
  await done(page, 'visit');
  await run(page, 'docker stop web');
  await done(page, 'stop');
  await run(page, 'docker rm web');
  await done(page, 'remove');
  const progress = JSON.parse((await server.ask('GET', '/api/progress', { cookie: lab.cookie })).text);
  assert.deepEqual(progress.lessons[lesson].tasks, ['hello', 'web', 'visit', 'stop', 'remove']);
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  const again = await enter(await server.open(lesson, lab.cookie));
  for (const id of ['hello', 'web', 'visit', 'stop', 'remove']) assert.ok(isDone(again, id), `${id} stays done`);
});

test('a task turns done within 300 ms of the fact, also when no command of the terminal made it', async () => {
  const before = new Set((await engine.hosts()).map(({ name }) => name));
  const page = await enter(await server.open(lesson));
  const host = (await engine.hosts()).find(({ name }) => !before.has(name));
  assert.ok(host);
  const docker = engine.docker(host);
  const create = async (name: string, body: object) => {
    await docker.request('POST', `/containers/create?name=${name}`, body);
  };
  const times: number[] = [];
  const within = async (id: string, fact: () => Promise<unknown>) => {
    await fact();
    const began = performance.now();
    await done(page, id);
    times.push(performance.now() - began);
  };
  for (const image of ['hello-world', 'nginx']) {
    const { exitCode, stderr } = await engine.run(host.name, { argv: ['docker', 'pull', image], timeoutMs: 60_000 });
    assert.equal(exitCode, 0, stderr);
  }
  await create('hi', { Image: 'hello-world' });
  await within('hello', async () => {
    await docker.request('POST', '/containers/hi/start');
    await docker.request('POST', '/containers/hi/wait');
  });
  await create('web', { Image: 'nginx', HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } });
  await within('web', () => docker.request('POST', '/containers/web/start'));
  const visit = ['curl', '-s', '--retry', '20', '--retry-connrefused', 'localhost:8080'];
  await within('visit', () => engine.run(host.name, { argv: visit, timeoutMs: 60_000 }));
  await within('stop', () => docker.request('POST', '/containers/web/stop'));
  await within('remove', () => docker.request('DELETE', '/containers/web'));
  // The middle of five: on a busy machine any one may wait for the processor (`npm run bench` has the 95th percentile).
  const [, , middle = Number.NaN] = times.toSorted((a, b) => a - b);
  assert.ok(middle < 300, `${times.map(Math.round)} ms`);
});

test('F12 what a student’s terminal prints makes no task done', async () => {
  const page = await enter(await server.open(lesson));
  const forgeries = [
    'docker() { echo "Hello from Docker"; }; docker run hello-world; unset -f docker',
    `mkdir -p ~/bin; printf '#!/bin/sh\\necho Hello from Docker\\n' > ~/bin/docker; chmod +x ~/bin/docker; PATH=~/bin:$PATH docker run hello-world`,
    'printf "\\033]133;D;0\\007\\033]133;A\\007"',
    'printf \'{"type":"tasks","tasks":[{"id":"hello","done":true}]}\'',
    'docker run --name hello-world --entrypoint true busybox; docker run --label image=hello-world busybox false',
    'echo \'172.17.0.1 - - [x] "GET / HTTP/1.1" 200 1\'',
  ];
  for (const forgery of forgeries) await run(page, forgery);
  page.send({ type: 'ping' });
  await page.hears('pong');
  for (const id of ['hello', 'web', 'visit', 'stop', 'remove']) assert.ok(!isDone(page, id), id);
});
