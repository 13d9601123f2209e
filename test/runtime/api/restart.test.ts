// Restart policies, as a client of the Docker API meets them.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
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

interface Inspected {
  readonly RestartCount: number;
  readonly State: Readonly<Record<string, unknown>>;
  readonly HostConfig: { readonly RestartPolicy: object };
}

async function inspect(name: string): Promise<Inspected> {
  return (await expect(socket, `GET /containers/${name}/json`, 200)) as Inspected;
}

const statusOf = async (name: string): Promise<unknown> => (await inspect(name)).State.Status;
const restartsOf = async (name: string): Promise<number> => (await inspect(name)).RestartCount;

/** The actions that were told of a container, oldest first. */
async function actionsOf(container: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [container], type: ['container'] }));
  const { body } = await ask(socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
  const lines = typeof body === 'string' ? body.split('\n').filter(Boolean) : [JSON.stringify(body)];
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

const withPolicy = (Name: string, MaximumRetryCount = 0) => ({
  HostConfig: { RestartPolicy: { Name, MaximumRetryCount } },
});
/** Ends as soon as something tells it to, with the code that is asked for. */
const endsWith = (code: number) => ['sh', '-c', `until [ -e /end ]; do usleep 20000; done; exit ${code}`];
const endsQuickly = ['sh', '-c', 'exit 3'];

describe('on-failure:2', () => {
  test('starts a container that fails twice more, and tells each run', async () => {
    await docker.run('fails', ['sh', '-c', 'echo run; exit 3'], withPolicy('on-failure', 2));
    await until('it was given up', async () => (await statusOf('fails')) === 'exited');
    const { RestartCount, State } = await inspect('fails');
    assert.deepEqual([RestartCount, State.ExitCode, State.Restarting], [2, 3, false]);
    assert.deepEqual(await actionsOf('fails'), ['create', 'start', 'die', 'start', 'die', 'start', 'die']);
    const { body } = await ask(socket, 'GET /containers/fails/logs?stdout=1');
    assert.equal(String(body).match(/run/g)?.length, 3);
  });

  test('does not start one that succeeds', async () => {
    await docker.run('succeeds', ['true'], withPolicy('on-failure', 2));
    await expect(socket, 'POST /containers/succeeds/wait', 200, { StatusCode: 0 });
    assert.deepEqual([await statusOf('succeeds'), await restartsOf('succeeds')], ['exited', 0]);
  });

  test('counts anew after a start by hand', async () => {
    await expect(socket, 'POST /containers/fails/start', 204);
    await until('it was given up again', async () => (await statusOf('fails')) === 'exited');
    assert.equal(await restartsOf('fails'), 2);
  });
});

describe('a container that is about to be restarted', () => {
  /** It waits for three seconds more: the test has time to look at it. */
  const untilWaiting = async (name: string) =>
    await until(`${name} waits for long`, async () => {
      const { RestartCount, State } = await inspect(name);
      // It began with 100 ms, and doubles.
      const dueMs = Date.parse(String(State.FinishedAt)) + 100 * 2 ** (RestartCount - 1);
      return State.Restarting === true && dueMs - Date.now() > 3_000;
    });

  beforeAll(async () => {
    await docker.run('waiting', endsQuickly, withPolicy('always'));
    await untilWaiting('waiting');
  });

  test('is running and restarting, in inspect and in the list', async () => {
    await expect(socket, 'GET /containers/waiting/json', 200, {
      State: { Status: 'restarting', Running: true, Restarting: true, Paused: false, Pid: 0, ExitCode: 3 },
    });
    const filters = encodeURIComponent(JSON.stringify({ name: ['waiting'], status: ['restarting'] }));
    const list = await expect(socket, `GET /containers/json?filters=${filters}`, 200);
    const [only] = list as { State: string; Status: string }[];
    assert.equal(only?.State, 'restarting');
    assert.match(String(only?.Status), /^Restarting \(3\) (Less than a second|\d seconds?) ago$/);
  });

  test('is started already, and can neither be paused, executed in, attached to, nor removed', async () => {
    await untilWaiting('waiting');
    await expect(socket, 'POST /containers/waiting/start', 304);
    const { Id } = (await expect(socket, 'GET /containers/waiting/json', 200)) as { Id: string };
    const wait = `Container ${Id} is restarting, wait until the container is running`;
    await expect(socket, 'POST /containers/waiting/pause', 409, { message: wait });
    await expectSending(socket, 'POST /containers/waiting/exec', { Cmd: ['true'] }, 409, { message: wait });
    await expect(socket, 'GET /containers/waiting/top', 409, { message: wait });
    await expect(socket, 'POST /containers/waiting/attach?stream=1', 409);
    await expect(socket, 'DELETE /containers/waiting', 409, {
      message: /container is restarting: stop the container before removing or force remove$/,
    });
  });

  test('is not started any more once it was stopped, and tells that to who waits', async () => {
    await untilWaiting('waiting');
    const waited = expect(socket, 'POST /containers/waiting/wait', 200, { StatusCode: 3 });
    await expect(socket, 'POST /containers/waiting/stop', 204);
    await waited;
    const before = await restartsOf('waiting');
    assert.equal(await statusOf('waiting'), 'exited');
    assert.equal((await actionsOf('waiting')).at(-1), 'stop');
    await expect(socket, 'POST /containers/waiting/stop', 304);
    assert.equal(await restartsOf('waiting'), before);
  });

  // Docker gives its address to whoever asks for one, and lets its network be removed.
  test('keeps its address, and its network is in use', { skip: isReference }, async () => {
    await expectSending(socket, 'POST /networks/create', { Name: 'kept' }, 201);
    const on = { NetworkMode: 'kept', RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } };
    await docker.run('crashing', endsQuickly, { HostConfig: on });
    await untilWaiting('crashing');
    await docker.run('other', ['sleep', '1000'], { HostConfig: { NetworkMode: 'kept' } });
    const { NetworkSettings } = (await expect(socket, 'GET /containers/other/json', 200)) as {
      NetworkSettings: { Networks: { kept: { IPAddress: string } } };
    };
    assert.match(NetworkSettings.Networks.kept.IPAddress, /\.0\.3$/);
    await expect(socket, 'DELETE /containers/other?force=1', 204);
    await untilWaiting('crashing');
    await expect(socket, 'DELETE /networks/kept', 403, { message: /has active endpoints \(name:"crashing"/ });
    await expect(socket, 'POST /containers/crashing/stop', 204);
    await expect(socket, 'DELETE /networks/kept', 204);
    await expect(socket, 'DELETE /containers/crashing', 204);
  });

  test('is removed by force', async () => {
    await docker.run('forced', endsQuickly, withPolicy('always'));
    await until('it was restarted', async () => (await restartsOf('forced')) > 2);
    await expect(socket, 'DELETE /containers/forced?force=1', 204);
    await expect(socket, 'GET /containers/forced/json', 404);
  });
});

describe('what a student does', () => {
  const end = async (name: string): Promise<void> => {
    const { Id } = (await expectSending(socket, `POST /containers/${name}/exec`, { Cmd: ['touch', '/end'] }, 201)) as {
      Id: string;
    };
    await expectSending(socket, `POST /exec/${Id}/start`, { Detach: true }, 200);
  };

  test('docker stop and docker kill end a container whatever its policy', async () => {
    for (const policy of ['always', 'unless-stopped', 'on-failure']) {
      for (const verb of ['stop?t=0', 'kill']) {
        const name = `${policy}-${verb.slice(0, 4)}`;
        await docker.run(name, ['sleep', '1000'], withPolicy(policy));
        await expect(socket, `POST /containers/${name}/${verb}`, 204);
        assert.deepEqual([await statusOf(name), await restartsOf(name)], ['exited', 0], name);
      }
    }
  });

  test('a signal keeps a policy from starting it again; with a stop signal of its own another signal does so for unless-stopped alone', async () => {
    const cases = [
      ['always', {}, false],
      ['unless-stopped', {}, false],
      ['always', { StopSignal: 'SIGTERM' }, true],
      ['on-failure', { StopSignal: 'SIGTERM' }, true],
      ['unless-stopped', { StopSignal: 'SIGTERM' }, false],
    ] as const;
    for (const [n, [policy, more, isAgain]] of cases.entries()) {
      const name = `signalled-${n}`;
      await docker.run(name, endsWith(1), { ...more, ...withPolicy(policy) });
      const { StartedAt } = (await inspect(name)).State;
      await expect(socket, `POST /containers/${name}/kill?signal=WINCH`, 204);
      const waited = expect(socket, `POST /containers/${name}/wait?condition=next-exit`, 200, { StatusCode: 1 });
      await end(name);
      await waited;
      if (isAgain)
        await until(`${name} is started again`, async () => (await inspect(name)).State.StartedAt !== StartedAt);
      else assert.equal(await statusOf(name), 'exited', name);
      await expect(socket, `DELETE /containers/${name}?force=1`, 204);
    }
  });

  test('docker restart of a container with a policy starts it once', async () => {
    const polite = ['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do usleep 20000; done'];
    await docker.run('again', polite, withPolicy('always'));
    const said = async () => String((await ask(socket, 'GET /containers/again/logs?stdout=1')).body);
    await until('it hears SIGTERM', async () => (await said()).includes('ready'));
    await expect(socket, 'POST /containers/again/restart', 204);
    assert.deepEqual([await statusOf('again'), await restartsOf('again')], ['running', 0]);
    const actions = await actionsOf('again');
    // moby tells `stop` before or after `die`.
    assert.deepEqual(actions.toSpliced(3, 2, ...actions.slice(3, 5).sort()), [
      ...['create', 'start', 'kill', 'die', 'stop', 'start', 'restart'],
    ]);
  });
});

test('a policy is shown as it was asked for, and one that means nothing is refused in Docker’s words', async () => {
  await docker.create('shown', ['true'], withPolicy('on-failure', 7));
  assert.deepEqual((await inspect('shown')).HostConfig.RestartPolicy, { Name: 'on-failure', MaximumRetryCount: 7 });
  const one = "use one of 'no', 'always', 'on-failure', or 'unless-stopped'";
  const table: [policy: object, more: object, message: string][] = [
    [{ Name: 'sometimes' }, {}, `invalid restart policy: unknown policy 'sometimes'; ${one}`],
    [
      { Name: 'always', MaximumRetryCount: 2 },
      {},
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
    [
      { Name: 'no', MaximumRetryCount: -2 },
      {},
      "invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
    ],
    [
      { Name: 'on-failure', MaximumRetryCount: -1 },
      {},
      'invalid restart policy: maximum retry count cannot be negative',
    ],
    [{ Name: 'always' }, { AutoRemove: true }, "can't create 'AutoRemove' container with restart policy"],
  ];
  for (const [RestartPolicy, more, message] of table) {
    const body = { Image: 'busybox', HostConfig: { RestartPolicy, ...more } };
    await expectSending(socket, 'POST /containers/create', body, 400, { message });
  }
});
