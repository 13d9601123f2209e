// Health checks, as a client of the Docker API meets them.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { ask, expect, expectSending } from './exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { Start: string; End: string; ExitCode: number; Output: string }[];
}

const second = 1e9;
/** Checks ten times a second. */
const quick = { Interval: 0.1 * second };

async function healthOf(name: string): Promise<Health | undefined> {
  const body = (await expect(socket, `GET /containers/${name}/json`, 200)) as { State: { Health?: Health } };
  return body.State.Health;
}

const untilStatus = async (name: string, status: string): Promise<void> =>
  await until(`${name} is ${status}`, async () => (await healthOf(name))?.Status === status);

async function listed(filters: object): Promise<{ Names: string[]; Status: string }[]> {
  const query = `filters=${encodeURIComponent(JSON.stringify(filters))}`;
  return (await expect(socket, `GET /containers/json?${query}`, 200)) as { Names: string[]; Status: string }[];
}

async function actionsOf(container: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [container], type: ['container'] }));
  const { body } = await ask(socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
  const lines = typeof body === 'string' ? body.split('\n').filter(Boolean) : [JSON.stringify(body)];
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

const sleep = ['sleep', '1000'];

/** Runs it to its end. */
async function exec(name: string, ...Cmd: string[]): Promise<void> {
  const id = await docker.exec(name, Cmd);
  await expectSending(socket, `POST /exec/${id}/start`, { Detach: false }, 200);
}

describe('a container with a check', () => {
  /** No check is over while there is no /go. */
  const command = 'echo looked; until test -e /go; do sleep 0.05; done; test -e /well';

  beforeAll(async () => {
    const Test = ['CMD-SHELL', command];
    await docker.run('checked', sleep, { Healthcheck: { Test, Interval: second, Retries: 2 } });
  });

  test('is starting, then unhealthy after as many failures as it may have, then healthy after one success', async () => {
    assert.deepEqual(await healthOf('checked'), { Status: 'starting', FailingStreak: 0, Log: [] });
    assert.match(String((await listed({ health: ['starting'] }))[0]?.Status), /^Up .* \(health: starting\)$/);
    await exec('checked', 'touch', '/go');
    await untilStatus('checked', 'unhealthy');
    const health = await healthOf('checked');
    // Another check may be over by now; the events tell of how many it became unhealthy.
    const streak = health?.FailingStreak ?? 0;
    assert.ok(streak >= 2);
    assert.equal(health?.Log.length, Math.min(streak, 5));
    const [first, last] = health?.Log ?? [];
    assert.deepEqual([first?.ExitCode, first?.Output], [1, 'looked\n']);
    assert.ok(Date.parse(String(first?.Start)) <= Date.parse(String(first?.End)));
    const betweenMs = Date.parse(String(last?.Start)) - Date.parse(String(first?.End));
    assert.ok(betweenMs >= 990, `the second began ${betweenMs} ms after the first had ended`);
    assert.match(String((await listed({ health: ['unhealthy'] }))[0]?.Status), /\(unhealthy\)$/);
    await exec('checked', 'touch', '/well');
    await untilStatus('checked', 'healthy');
    assert.equal((await healthOf('checked'))?.FailingStreak, 0);
    assert.deepEqual(
      (await listed({ health: ['healthy'] })).map(({ Names }) => Names),
      [['/checked']],
    );
  });

  test('tells its checks and what came of them', async () => {
    const actions = await actionsOf('checked');
    const check = [`exec_create: /bin/sh -c ${command}`, `exec_start: /bin/sh -c ${command}`];
    // The first was under way when it was let go on.
    const touch = ['exec_create: touch /go', 'exec_start: touch /go', 'exec_die'];
    assert.deepEqual(actions.slice(0, 2), ['create', 'start']);
    const untilUnhealthy = actions.slice(0, actions.indexOf('health_status: unhealthy'));
    assert.deepEqual(untilUnhealthy.toSorted(), [
      ...['create', 'start', ...check, 'exec_die', ...check, 'exec_die', ...touch].toSorted(),
    ]);
    assert.ok(actions.includes('health_status: healthy'));
  });

  test('is not checked while it is paused, and again afterwards', async () => {
    await expect(socket, 'POST /containers/checked/pause', 204);
    const before = await healthOf('checked');
    assert.equal(before?.Status, 'unhealthy'); // as moby has it: nobody looks
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(await healthOf('checked'), before);
    await expect(socket, 'POST /containers/checked/unpause', 204);
    await untilStatus('checked', 'healthy');
  });

  test('is unhealthy once it has ended, and starting when it is started again, with its last results', async () => {
    await exec('checked', 'rm', '/go');
    await expect(socket, 'POST /containers/checked/kill', 204);
    const ended = await healthOf('checked');
    assert.equal(ended?.Status, 'unhealthy');
    assert.ok(!(await actionsOf('checked')).slice(-2).some((action) => action.startsWith('health_status')));
    await expect(socket, 'POST /containers/checked/start', 204);
    const health = await healthOf('checked');
    assert.deepEqual([health?.Status, health?.FailingStreak], ['starting', 0]);
    assert.ok((health?.Log.length ?? 0) > 0);
    await exec('checked', 'touch', '/go');
    await untilStatus('checked', 'healthy');
    assert.ok(((await healthOf('checked'))?.Log.length ?? 9) <= 5);
    await expect(socket, 'DELETE /containers/checked?force=1', 204);
  });
});

describe('a check', () => {
  test('that takes too long is killed, and says so with what it wrote', async () => {
    const Test = ['CMD-SHELL', 'echo hung; sleep 1000 & sleep 1000'];
    await docker.run('slow', sleep, { Healthcheck: { ...quick, Test, Timeout: 0.5 * second, Retries: 1 } });
    await untilStatus('slow', 'unhealthy');
    // On a machine that is busy one may be killed before it has written.
    const said = 'Health check exceeded timeout (500ms): hung\n';
    await until('a check has written something', async () =>
      Boolean((await healthOf('slow'))?.Log.some(({ ExitCode, Output }) => ExitCode === -1 && Output === said)),
    );
    await expect(socket, 'DELETE /containers/slow?force=1', 204);
  });

  test('that is not there is a failure, with the reason', async () => {
    await docker.run('missing', sleep, { Healthcheck: { ...quick, Test: ['CMD', 'nosuch'], Retries: 1 } });
    await untilStatus('missing', 'unhealthy');
    const [result] = (await healthOf('missing'))?.Log ?? [];
    assert.deepEqual([result?.ExitCode], [-1]);
    assert.match(String(result?.Output), /exec: "nosuch": executable file not found in \$PATH/);
    await expect(socket, 'DELETE /containers/missing?force=1', 204);
  });

  test('that writes without end has its first 4,096 bytes told', async () => {
    const Test = ['CMD-SHELL', 'head -c 100000 /dev/zero | tr "\\\\0" x'];
    await docker.run('loud', sleep, { Healthcheck: { ...quick, Test } });
    await untilStatus('loud', 'healthy');
    const [result] = (await healthOf('loud'))?.Log ?? [];
    assert.equal(result?.Output, `${'x'.repeat(4096)}...`);
    await expect(socket, 'DELETE /containers/loud?force=1', 204);
  });

  test('runs as the container’s user, in its directory, with its environment', async () => {
    const Test = ['CMD-SHELL', 'echo $(id -u) $PWD $GREETING'];
    const more = { User: '7', WorkingDir: '/tmp', Env: ['GREETING=hi'] };
    await docker.run('surrounded', sleep, { ...more, Healthcheck: { ...quick, Test } });
    await untilStatus('surrounded', 'healthy');
    assert.equal((await healthOf('surrounded'))?.Log[0]?.Output, '7 /tmp hi\n');
    await expect(socket, 'DELETE /containers/surrounded?force=1', 204);
  });

  test('can be switched off', async () => {
    await docker.run('none', sleep, { Healthcheck: { Test: ['NONE'] } });
    assert.equal(await healthOf('none'), undefined);
    assert.ok((await listed({ health: ['none'] })).some(({ Names }) => Names[0] === '/none'));
    await expect(socket, 'GET /containers/none/json', 200, { Config: { Healthcheck: { Test: ['NONE'] } } });
    await expect(socket, 'DELETE /containers/none?force=1', 204);
  });

  test('with times or retries that mean nothing is refused in Docker’s words', async () => {
    const table: [object, string][] = [
      [{ Interval: 1 }, 'Interval in Healthcheck cannot be less than 1ms'],
      [{ Timeout: -1 }, 'Timeout in Healthcheck cannot be less than 1ms'],
      [{ StartPeriod: 999_999 }, 'StartPeriod in Healthcheck cannot be less than 1ms'],
      [{ StartInterval: 1 }, 'StartInterval in Healthcheck cannot be less than 1ms'],
      [{ Retries: -1 }, 'Retries in Healthcheck cannot be negative'],
    ];
    for (const [Healthcheck, message] of table)
      await expectSending(socket, 'POST /containers/create', { Image: 'busybox', Healthcheck }, 400, { message });
  });
});
