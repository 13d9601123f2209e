// What a lab has from the start: its hosts, each with a terminal of its own, images, files and parameters.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { startTestServer } from '../server.ts';
import { testLessons, twoHosts, twoTasks } from './labs.ts';
import { atPrompt, done, end, enterReady, last, run } from './student.ts';

// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await sharedEngine());
const lessons = things.use(await testLessons());
const engine = running.client;
const settings = { engineSocket: running.socket, lessonsDirectory: lessons.directory };

test('a lab with two hosts has a terminal on each, and they reach each other by name', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoHosts);
  const page = await server.enter(lab);
  assert.deepEqual((await page.hears('welcome')).hosts, ['dev', 'prod']);
  await page.hears('session', ({ phase }) => phase === 'ready');
  const [dev, prod] = [await atPrompt(page, 'dev'), await atPrompt(page, 'prod')];
  const told = last(page, 'terminals')?.terminals.map(({ id, host, title }) => ({ id, host, title }));
  assert.deepEqual(told, [
    { id: 't1', host: 'dev', title: 'dev' },
    { id: 't2', host: 'prod', title: 'prod' },
  ]);
  assert.match(await run(page, dev, 'echo "I am $(hostname)"; ls'), /I am dev/);
  assert.match(await run(page, prod, 'echo "I am $(hostname)"; cat where.txt'), /I am prod[\s\S]*on prod/);
  assert.match(await run(page, dev, 'getent hosts prod'), /10\.77\.0\.\d+ +prod/);
  await run(page, prod, 'docker run -d --name there busybox sleep 1000');
  await done(page, 'there');
  assert.doesNotMatch(await run(page, dev, 'docker ps -a'), /there/);
  await end(server, lab);
});

test('a terminal is opened on the host that is named, with the title that is given', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'dev');
  const open = async (request: number, more: { host?: string; title?: string }) => {
    page.send({ type: 'open', request, rows: 24, columns: 80, ...more });
    return page.hears('opened', (message) => message.request === request);
  };
  const { terminal } = await open(1, { host: 'prod', title: 'The logs' });
  await page.attach(terminal);
  await page.shows(terminal, '$ ');
  assert.match(await run(page, terminal, 'hostname'), /prod/);
  await open(2, {});
  const states = last(page, 'terminals')?.terminals ?? [];
  assert.deepEqual(
    states.map(({ host, title }) => `${host}: ${title}`),
    ['dev: dev', 'prod: prod', 'prod: The logs', 'dev: dev 2'],
  );
  page.send({ type: 'open', request: 3, host: 'elsewhere', rows: 24, columns: 80 });
  assert.match((await page.hears('refused', ({ of }) => of === 'open')).message, /no such host/);
  await end(server, lab);
});

test('a lab with two hosts counts twice, waits until there is room for both, and goes with both', async () => {
  await using server = await startTestServer({ ...settings, capacity: 2 });
  const before = new Set((await engine.hosts()).map(({ name }) => name));
  const ours = async () => (await engine.hosts()).filter(({ name }) => !before.has(name)).length;
  const small = await server.open();
  await enterReady(server, small);
  const large = await server.open(twoHosts);
  const page = await server.enter(large);
  await page.hears('session', ({ phase }) => phase === 'queued');
  await end(server, small);
  await page.hears('session', ({ phase }) => phase === 'ready');
  assert.equal(await ours(), 2);
  await end(server, large);
  await page.closed;
  await until('both hosts are gone', async () => (await ours()) === 0);
});

test('images, files and parameters of a lab are there before it is ready, the same for as long as it is kept', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  const printed = await run(
    page,
    't1',
    'docker image ls --format "{{.Repository}}"; stat -c %U notes/today.txt; cat notes/*',
  );
  assert.match(printed, /busybox[\s\S]*student[\s\S]*as it began/);
  const { parameters } = await page.hears('welcome');
  assert.match(parameters.port ?? '', /^8\d\d\d$/);
  assert.match(parameters.name ?? '', /^[a-z]+-[a-z]+$/);
  assert.match(last(page, 'tasks')?.tasks[1]?.expected ?? '', new RegExp(`named ${parameters.name} runs`));
  const again = await server.enter(await server.ticket(lab));
  const namespace = last(page, 'parameters')?.parameters.namespace ?? '';
  assert.match(namespace, /^student-/);
  assert.deepEqual((await again.hears('welcome')).parameters, { ...parameters, namespace });
  await end(server, lab);
});

test('a spare host does for a lab of one plain host, with its files and images put in', async () => {
  await using server = await startTestServer({ ...settings, spareHosts: 1, capacity: 2 });
  const old = new Set((await engine.hosts()).map(({ name }) => name));
  const spare = async () => (await engine.hosts()).find(({ name, terminals }) => !old.has(name) && terminals === 1);
  await until('a spare host is there', async () => (await spare()) !== undefined);
  const before = await spare();
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  assert.match(await run(page, 't1', 'cat notes/today.txt'), /as it began/);
  const uids = /uid_map (\d+)/.exec(
    await run(page, 't1', 'echo uid_map $(cat /proc/self/uid_map | tr -s " " | cut -d" " -f3)'),
  );
  assert.equal(Number(uids?.[1]), before?.uidBase, 'it is the host that was kept ready');
  await end(server, lab);
});
