// `npm run upgrade-test`: an earlier Drydock with students in it is followed by this one, once where all its processes were
// killed, once where it was taken down. UPGRADE_FROM names its commit. Some minutes, so it is no part of `npm test`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { readState } from '../../cli/supervisor/state.ts';
import type { TestPage } from '../sandbox-server/page.ts';
import { type OpenedLab, TestServer } from '../sandbox-server/server.ts';
import { done, enterReady, isDone, last, reset, run, shellOf } from '../sandbox-server/sessions/student.ts';
import { runDrydock } from '../support/command.ts';
import { settingsFor, startSupervisor } from '../support/drydock.ts';
import { freePort, makeInstance, type TestInstance } from '../support/instance.ts';
import { type OldDrydock, oldDrydock } from './old-drydock.ts';

const execute = promisify(execFile);
/** The last commit before the issue that made Drydock safe for strangers. */
const from = process.env.UPGRADE_FROM ?? 'b14278c';
const lesson = '01-why-containers/02-first-container';

let old: OldDrydock;
beforeAll(async () => {
  old = await oldDrydock(from);
});
afterAll(() => old?.[Symbol.asyncDispose]());

interface Student {
  readonly lab: OpenedLab;
  /** The id of the copy of the lab that the student made; `later` was written after it. */
  readonly kept: string;
  /** Of each container: its name, id, state and when it was started. */
  readonly containers: readonly string[];
}

type Server = TestServer<{ readonly port: number; readonly publicOrigin: string }>;

/** What a command printed, as lines, without the shell's echo, marks and prompts. */
async function linesOf(page: TestPage, terminal: string, command: string): Promise<readonly string[]> {
  // As it is typed, and so echoed, it is another mark than as it is printed.
  const printed = await run(page, terminal, `{ ${command}; } 2>/dev/null | sed 's/^/<''line>/'`);
  return [...printed.matchAll(/<line>([^\r\n]*)/g)].map(([, line = '']) => line);
}

const listed = (page: TestPage, terminal: string, fields: string) =>
  linesOf(page, terminal, `docker ps -aq --no-trunc | xargs docker inspect -f '${fields}' | sort`);
const whole = '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}}';
const withoutStart = '{{.Name}} {{.Id}} {{.State.Status}}';

async function keep(page: TestPage, title: string): Promise<string> {
  page.send({ type: 'keep', title });
  const isIt = () => last(page, 'resetPoints')?.kept.find((each) => each.title === title);
  await page.until(() => isIt() !== undefined, `the copy ${title}`);
  return isIt()?.id ?? '';
}

/** One in the lesson, with its first tasks done, and one in the playground; both have containers, files and a copy. */
async function twoStudents(server: Server): Promise<{ readonly learner: Student; readonly player: Student }> {
  const settle = async (lab: OpenedLab, page: TestPage): Promise<Student> => {
    await run(page, 't1', 'echo early > ~/file; sync; me=same');
    const kept = await keep(page, 'mine');
    await run(page, 't1', 'echo late > ~/later; sync');
    const containers = await listed(page, 't1', whole);
    page.drop();
    return { lab, kept, containers };
  };
  const lab = await server.open(lesson);
  const page = await enterReady(server, lab);
  assert.match(await run(page, 't1', 'docker run -d --name web -p 8080:80 nginx'), /[0-9a-f]{64}/);
  await done(page, 'web');
  assert.match(await run(page, 't1', 'curl -s localhost:8080'), /nginx/);
  await done(page, 'visit');
  const learner = await settle(lab, page);

  const other = await server.open();
  const play = await enterReady(server, other);
  await run(play, 't1', 'docker run -d --name box busybox sh -c "echo in-box > /made; exec sleep 100000"');
  await run(
    play,
    't1',
    'docker run -d --name calm busybox sleep 100000; docker pause calm; docker run --name ended busybox',
  );
  const player = await settle(other, play);
  assert.deepEqual([learner.containers.length, player.containers.length], [1, 3]);
  return { learner, player };
}

interface Upgraded extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  readonly server: Server;
  readonly learner: Student;
  readonly player: Student;
}

/** The old Drydock runs with its two students; `end` ends it; then this one is started in its place. */
async function upgrade(
  instance: TestInstance,
  end: (env: NodeJS.ProcessEnv, runDirectory: string) => Promise<void>,
): Promise<Upgraded> {
  const port = await freePort();
  const env = settingsFor(instance, port, { DRYDOCK_CATALOGUE: 'all' });
  const server: Server = new TestServer({ port, publicOrigin: `http://localhost:${port}` }, async () => undefined);
  const dispose = async () => {
    await server[Symbol.asyncDispose]();
    await runDrydock(env, 'down');
  };
  try {
    await startSupervisor(env, old.command);
    const students = await twoStudents(server);
    await end(env, instance.run);
    await startSupervisor(env);
    return { env, server, ...students, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** As a page does that was open meanwhile; resolves with it once the lab is ready, at a prompt. */
async function comeBack(server: Server, { lab }: Student): Promise<TestPage> {
  return enterReady(server, await server.ticket(lab));
}

/** Files and the copy of the lab are there, and the terminal is of use: the copy's state is gone back to, and containers run in it. */
async function goesBack(page: TestPage, { kept, containers }: Student): Promise<void> {
  const terminal = shellOf(page);
  assert.deepEqual(await linesOf(page, terminal, 'cat ~/file ~/later'), ['early', 'late']);
  const again = await reset(page, kept);
  assert.deepEqual(await linesOf(page, again, 'cat ~/file ~/later'), ['early']);
  assert.deepEqual(await listed(page, again, withoutStart), containers.map(startless));
  assert.match(await run(page, again, 'docker run --rm busybox echo works'), /works\r/);
}

const startless = (line: string) => line.split(' ').slice(0, 3).join(' ');
const tasksOf = (page: TestPage) => ['web', 'visit', 'stop', 'remove'].map((task) => isDone(page, task));

/** A student who comes back finds the tasks that were done, and no other. */
async function hasTasks(page: TestPage): Promise<void> {
  assert.deepEqual(tasksOf(page), [true, true, false, false]);
  assert.match(await run(page, shellOf(page), 'docker ps -a'), /web/);
  assert.deepEqual(tasksOf(page), [true, true, false, false], 'also once the containers were looked at');
}

test('its containers, shells and copies go on where it was killed, and again where this one is taken down and started', async () => {
  await using instance = await makeInstance();
  await using upgraded = await upgrade(instance, async (_env, runDirectory) => {
    const state = readState(runDirectory);
    assert.ok(state?.engine && state.server);
    for (const { pid } of [state.supervisor, state.engine, state.server]) process.kill(pid, 'SIGKILL');
  });
  const { env, server, learner, player } = upgraded;
  const page = await comeBack(server, learner);
  const play = await comeBack(server, player);
  for (const [each, student] of [
    [page, learner],
    [play, player],
  ] as const) {
    assert.match(await run(each, 't1', 'echo the-$me-shell'), /the-same-shell/);
    assert.deepEqual(await listed(each, 't1', whole), student.containers);
  }
  await hasTasks(page);
  assert.match(await run(page, 't1', 'curl -s localhost:8080'), /Welcome to nginx/);
  await goesBack(play, player);
  await run(play, shellOf(play), 'echo late > ~/later; sync');
  await checks(env);
  page.drop();
  play.drop();

  assert.equal((await runDrydock(env, 'down')).exitCode, 0);
  await startSupervisor(env);
  const back = await comeBack(server, learner);
  const playBack = await comeBack(server, player);
  for (const [each, student] of [
    [back, learner],
    [playBack, player],
  ] as const) {
    assert.deepEqual(await listed(each, shellOf(each), withoutStart), student.containers.map(startless));
  }
  await hasTasks(back);
  assert.match(await run(back, shellOf(back), 'curl -s localhost:8080'), /Welcome to nginx/);
  await goesBack(back, learner);
  await goesBack(playBack, player);
  await checks(env);
});

test('where it was taken down its containers are told to have ended, which makes no task done, and all else is there', async () => {
  await using instance = await makeInstance();
  await using upgraded = await upgrade(instance, async (env) => {
    await execute(old.command, ['down'], { env });
  });
  const { env, server, learner, player } = upgraded;
  const page = await comeBack(server, learner);
  await hasTasks(page);
  assert.match(
    await run(page, shellOf(page), 'docker start web && curl -s --retry-connrefused --retry 9 localhost:8080'),
    /Welcome/,
  );
  await goesBack(page, learner);
  await goesBack(await comeBack(server, player), player);
  await checks(env);
});

async function checks(env: NodeJS.ProcessEnv): Promise<void> {
  const { exitCode, stdout, stderr } = await runDrydock(env, 'check');
  assert.equal(exitCode, 0, stdout + stderr);
}
