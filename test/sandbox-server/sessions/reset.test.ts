// A lab taken back: to its start, to the start of a task, to a copy that the student made. Files, containers and tasks are
// as they were then, and nothing counts that only the taking back did.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { startEngine } from '../../support/engine.ts';
import { type OpenedLab, spawnServer, startTestServer } from '../server.ts';
import { testLessons, twoHosts, twoTasks } from './labs.ts';
import { atPrompt, done, end, enterReady, isDone, last, reset, run } from './student.ts';

// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await startEngine());
const lessons = things.use(await testLessons());
const settings = { engineSocket: running.socket, lessonsDirectory: lessons.directory };

/** The name that the second task wants in this lab. */
const nameIn = (page: Parameters<typeof last>[0]): string => last(page, 'welcome')?.parameters.name ?? '';
const runContainer = (name: string) => `docker run -d --name ${name} busybox sleep 1000`;

test('reset to the start of a task brings back files and containers, and opens that task and the later ones', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  assert.deepEqual((await page.hears('resetPoints', (message) => message.points.length > 0)).points, ['start']);
  await run(page, 't1', 'echo mine > notes/mine.txt');
  await run(page, 't1', runContainer('first'));
  await done(page, 'first');
  await page.hears('resetPoints', ({ points }) => points.includes('second'));
  await run(page, 't1', `rm -r notes; docker rm -f first; ${runContainer(nameIn(page))}`);
  await done(page, 'second');

  const later = page.heard.length;
  const shell = await reset(page, 'second');
  const phases = page.heard.slice(later).filter(({ type }) => type === 'session');
  assert.deepEqual(phases, [
    { type: 'session', phase: 'starting', why: 'reset' },
    { type: 'session', phase: 'ready' },
  ]);
  assert.equal(shell, 't2', 'no new terminal has the id of one that is gone');
  assert.match(await run(page, shell, 'cat notes/mine.txt; docker ps --format "{{.Names}}."'), /mine\s+first\./);
  assert.deepEqual([isDone(page, 'first'), isDone(page, 'second')], [true, false]);
  await run(page, shell, runContainer(nameIn(page)));
  await done(page, 'second');

  const fresh = await reset(page, 'start');
  const printed = await run(page, fresh, 'ls notes; docker ps -a; docker image ls --format "{{.Repository}}"');
  assert.match(printed, /today\.txt\s+CONTAINER.*\s+busybox/);
  assert.deepEqual([isDone(page, 'first'), isDone(page, 'second')], [false, false]);
  const progress = JSON.parse((await server.ask('GET', '/api/progress', { cookie: lab.cookie })).text);
  assert.deepEqual(progress.lessons[twoTasks].tasks, ['first', 'second'], 'what was done once stays in the progress');
  await end(server, lab);
});

test('a task that was done again after a reset has its start where it was reached the last time', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  const doFirst = async (terminal: string, mark: string) => {
    const kept = page.hearsNext('resetPoints', ({ points }) => points.includes('second'));
    await run(page, terminal, `echo ${mark} > mark; ${runContainer('first')}`);
    await kept;
  };
  await doFirst('t1', 'once');
  // The start of the first task is the start of the lesson.
  const again = await reset(page, 'first');
  const before = page.heard.length;
  await doFirst(again, 'twice');
  const since = page.heard.slice(before);
  const told = since.findIndex((message) => message.type === 'tasks' && message.tasks[0]?.done === true);
  const gone = since.findIndex((message) => message.type === 'resetPoints' && !message.points.includes('second'));
  assert.ok(gone >= 0 && gone < told, 'the start of before the reset is gone before the task is told to be done');
  assert.match(await run(page, await reset(page, 'second'), 'cat mark'), /twice/);
  await end(server, lab);
});

test('all hosts of a lab are reset together', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'dev');
  const prod = await atPrompt(page, 'prod');
  await run(page, 't1', 'touch on-dev');
  await run(page, prod, `touch on-prod; ${runContainer('there')}`);
  await done(page, 'there');
  await reset(page, 'start');
  assert.doesNotMatch(await run(page, await atPrompt(page, 'dev'), 'ls'), /on-dev/);
  const printed = await run(page, await atPrompt(page, 'prod'), 'ls; docker ps -aq | wc -l');
  assert.doesNotMatch(printed, /on-prod/);
  assert.match(printed, /\s0\s/);
  assert.ok(!isDone(page, 'there'));
  await end(server, lab);
});

test('a copy is come back to, three are kept at most, and the fourth is refused with the name of the oldest', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  const kept = (count: number) => page.hears('resetPoints', (message) => message.kept.length === count);
  await run(page, 't1', `echo kept > notes/today.txt; ${runContainer('first')}`);
  await done(page, 'first');
  page.send({ type: 'keep', title: 'With the container' });
  const [copy] = (await kept(1)).kept;
  assert.equal(copy?.title, 'With the container');
  await reset(page, 'start');
  assert.ok(!isDone(page, 'first'));
  const shell = await reset(page, copy?.id ?? '');
  assert.match(await run(page, shell, 'cat notes/today.txt; docker ps --format "{{.Names}}."'), /kept\s+first\./);
  assert.ok(isDone(page, 'first'));

  for (const [place, title] of ['Another', 'A third'].entries()) {
    page.send({ type: 'keep', title });
    await kept(place + 2);
  }
  page.send({ type: 'keep', title: 'One too many' });
  assert.match((await page.hears('refused', ({ of }) => of === 'keep')).message, /“With the container” is the oldest/);
  page.send({ type: 'dropKept', id: copy?.id ?? '' });
  assert.deepEqual(
    (await page.hearsNext('resetPoints')).kept.map(({ title }) => title),
    ['A third', 'Another'],
  );
  page.send({ type: 'dropKept', id: copy?.id ?? '' });
  assert.match((await page.hears('refused', ({ of }) => of === 'dropKept')).message, /no such copy/);
  await end(server, lab);
});

test('a second reset at once, and resets to points that are not there, are refused with a sentence', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  const refused = (about: RegExp) => page.hears('refused', ({ of, message }) => of === 'reset' && about.test(message));
  page.send({ type: 'reset', to: 'second' });
  await refused(/not been reached/);
  page.send({ type: 'reset', to: 'nowhere' });
  await refused(/no such point/);
  page.send({ type: 'reset', to: 'start' });
  page.send({ type: 'reset', to: 'start' });
  await refused(/not ready/);
  await page.hears('terminals', ({ terminals }) => terminals.some(({ id }) => id === 't2'));
  assert.match(await run(page, await atPrompt(page), 'cat notes/today.txt'), /as it began/);
  await end(server, lab);
});

test('a page that asks for copies without end is refused, and its lab goes on', async () => {
  await using server = await startTestServer(settings);
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  for (let n = 0; n < 60; n += 1) {
    page.send({ type: 'keep', title: `Copy ${n}` });
    page.send({ type: 'dropKept', id: 'kept-1' });
  }
  await page.hears('refused', ({ message }) => /Too much is asked/.test(message));
  assert.match(await run(page, 't1', 'cat notes/today.txt'), /as it began/);
  assert.match(await run(page, await reset(page, 'start'), 'cat notes/today.txt'), /as it began/);
  await end(server, lab);
});

test('what a reset has opened again, and where the lab can go back to, outlive the server', async () => {
  const flags = { ...settings };
  await using first = await spawnServer(flags);
  const lab: OpenedLab = await first.server.open(twoTasks);
  const page = await enterReady(first.server, lab);
  await run(page, 't1', runContainer('first'));
  await done(page, 'first');
  page.send({ type: 'keep', title: 'A copy' });
  const { points, kept } = await page.hears('resetPoints', (message) => message.kept.length === 1);
  await reset(page, 'start');
  first.child.kill('SIGKILL');
  await page.closed;

  const { port, dataDirectory } = first.server.settings;
  await using again = await spawnServer({ ...flags, port, dataDirectory });
  const back = await again.server.enter(await again.server.ticket(lab));
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.deepEqual(await back.hears('resetPoints'), { type: 'resetPoints', points, kept });
  assert.ok(!isDone(back, 'first'));
  await atPrompt(back);
  const shell = await reset(back, kept[0]?.id ?? '');
  assert.match(await run(back, shell, 'docker ps --format "{{.Names}}."'), /first\./);
  assert.ok(isDone(back, 'first'));
  await end(again.server, lab);
});

test('a reset that is cut off by the server being killed is finished by the next', async () => {
  await using first = await spawnServer(settings);
  const lab: OpenedLab = await first.server.open(twoTasks);
  const page = await enterReady(first.server, lab);
  await run(page, 't1', `touch mine; ${runContainer('first')}`);
  await done(page, 'first');
  page.send({ type: 'reset', to: 'start' });
  await page.hears('session', (message) => message.phase === 'starting' && message.why === 'reset');
  first.child.kill('SIGKILL');
  await page.closed;

  const { port, dataDirectory } = first.server.settings;
  await using again = await spawnServer({ ...settings, port, dataDirectory });
  const back = await again.server.enter(await again.server.ticket(lab));
  await back.hears('session', ({ phase }) => phase === 'ready');
  assert.ok(!isDone(back, 'first'));
  const shell = await atPrompt(back);
  const printed = await run(back, shell, 'ls; docker ps -aq | wc -l');
  assert.doesNotMatch(printed, /mine/);
  assert.match(printed, /\s0\s/);
  await run(back, shell, runContainer('first'));
  await done(back, 'first');
  await end(again.server, lab);
});
