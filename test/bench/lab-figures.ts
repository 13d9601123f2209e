// What a student waits for in a lab that is there: a task that turns done, a reset, a return to a lab that was put away.
// On an engine and a server of their own, since labs are put away after seconds here.

import { type OpenedLab, startTestServer, type TestServer } from '../sandbox-server/server.ts';
import { testLessons, twoTasks } from '../sandbox-server/sessions/labs.ts';
import { atPrompt, done, enterReady, isDone, last, run } from '../sandbox-server/sessions/student.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';
import { timed } from './clock.ts';
import { type Figure, timing } from './figures.ts';

const rounds = 20;
/** Long enough for a page that is looked at and not typed into (four times as long), short enough to wait for. */
const idleMs = 2_000;

/** From the container's start, as the engine tells it, to the page's hearing of it; and from `reset` to a prompt. */
async function doneAndReset(engine: TestEngine, server: TestServer): Promise<Figure[]> {
  const lab = await server.open(twoTasks);
  const page = await enterReady(server, lab);
  const [host] = await engine.client.hosts();
  if (host === undefined) throw new Error('the lab has no host');
  const docker = engine.client.docker(host);
  await docker.request('POST', '/containers/create?name=beside', { Image: 'busybox', Cmd: ['sleep', '1000'] });
  await docker.request('POST', '/containers/beside/start');
  page.send({ type: 'keep', title: 'Nothing done' });
  const [copy] = (await page.hears('resetPoints', ({ kept }) => kept.length === 1)).kept;
  const [doneTimes, resetTimes]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    await docker.request('POST', '/containers/create?name=first', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    await docker.request('POST', '/containers/first/start');
    doneTimes.push(await timed(() => done(page, 'first')));
    resetTimes.push(
      await timed(async () => {
        const ready = page.hearsNext('session', ({ phase }) => phase === 'ready');
        page.send({ type: 'reset', to: copy?.id ?? '' });
        await ready;
        await atPrompt(page);
      }),
    );
    if (isDone(page, 'first')) throw new Error('the task is still done after the reset');
  }
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  return [
    timing('task done, after the fact', doneTimes, 300),
    timing('reset, a container running, to the prompt', resetTimes, 2000),
  ];
}

/** From the click that opens the lesson to a prompt, in a lab that holds no memory when it begins. */
async function comeBack(server: TestServer): Promise<Figure> {
  const times: number[] = [];
  const lab: OpenedLab = await server.open(twoTasks);
  let page = await enterReady(server, lab);
  await run(page, 't1', 'docker run -d --name first busybox sleep 1000');
  for (let round = 0; round < rounds / 2; round++) {
    page.drop();
    await until('the lab is stored', async () => (await server.health()).stored === 1);
    times.push(
      await timed(async () => {
        page = await server.enter(await server.open(twoTasks, lab.cookie));
        await page.hears('session', ({ phase }) => phase === 'ready');
        await atPrompt(page);
      }),
    );
    if (last(page, 'session')?.phase !== 'ready') throw new Error('the lab was put away while it was measured');
  }
  return timing('return to a stored lab, a container running', times, 2000);
}

export async function labFigures(): Promise<Figure[]> {
  await using engine = await startEngine();
  await using lessons = await testLessons();
  await using server = await startTestServer({
    engineSocket: engine.socket,
    lessonsDirectory: lessons.directory,
    freezeMs: 500,
    idleMs,
  });
  return [...(await doneAndReset(engine, server)), await comeBack(server)];
}
