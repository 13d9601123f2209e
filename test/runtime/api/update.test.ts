// docker update, as a client of the Docker API meets it.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { type EitherDocker, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { ask, expect, expectSending, unframe } from './exchange.ts';

const MiB = 1024 * 1024;
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
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: { readonly Status: string };
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

async function inspect(name: string): Promise<Inspected> {
  return (await expect(socket, `GET /containers/${name}/json`, 200)) as Inspected;
}

async function update(name: string, body: object): Promise<void> {
  await expectSending(socket, `POST /containers/${name}/update`, body, 200, { Warnings: null });
}

/** What a command in a container says. */
async function says(name: string, script: string): Promise<string> {
  const id = await docker.exec(name, ['sh', '-c', script]);
  const { body } = await ask(socket, `POST /exec/${id}/start`, { Detach: false });
  const pieces = unframe(Buffer.from(String(body)).toString('latin1'));
  return pieces.map((piece) => piece.slice(2)).join('');
}

const sleep = ['sleep', '1000'];
/** The first of the files that there is: of cgroups of version 1, or 2. */
const limit = (name1: string, name2: string) =>
  `cat /sys/fs/cgroup/${name1} 2>/dev/null || cat /sys/fs/cgroup/${name2}`;

test('limits of a container that runs are others at once, and others after a restart', async () => {
  await docker.run('limited', sleep, { HostConfig: { Memory: 64 * MiB, PidsLimit: 100, CpuShares: 512 } });
  await update('limited', { Memory: 96 * MiB, PidsLimit: 50, CpuShares: 1024, CpuQuota: 20_000 });
  const { HostConfig } = await inspect('limited');
  const { Memory, PidsLimit, CpuShares, CpuQuota, NanoCpus } = HostConfig;
  assert.deepEqual([Memory, PidsLimit, CpuShares, CpuQuota, NanoCpus], [96 * MiB, 50, 1024, 20_000, 0]);
  const seen = async () => [
    (await says('limited', limit('memory/memory.limit_in_bytes', 'memory.max'))).trim(),
    (await says('limited', limit('pids/pids.max', 'pids.max'))).trim(),
    (await says('limited', limit('cpu/cpu.cfs_quota_us', 'cpu.max'))).split(' ')[0]?.trim(),
  ];
  const wanted = [String(96 * MiB), '50', '20000'];
  assert.deepEqual(await seen(), wanted);
  await expect(socket, 'POST /containers/limited/restart?t=0', 204);
  assert.deepEqual(await seen(), wanted);
});

test('what is 0 or empty stays as it is, and a container that does not run is updated too', async () => {
  await docker.create('idle', ['true'], { HostConfig: { Memory: 64 * MiB, NanoCpus: 500_000_000, CpusetCpus: '0' } });
  await update('idle', { Memory: 0, NanoCpus: 0, CpusetCpus: '', PidsLimit: null, RestartPolicy: { Name: '' } });
  await update('idle', { MemoryReservation: 32 * MiB, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } });
  const { Memory, MemoryReservation, NanoCpus, CpusetCpus, RestartPolicy } = (await inspect('idle')).HostConfig;
  assert.deepEqual(
    [Memory, MemoryReservation, NanoCpus, CpusetCpus, RestartPolicy],
    [64 * MiB, 32 * MiB, 500_000_000, '0', { Name: 'on-failure', MaximumRetryCount: 3 }],
  );
});

test('another restart policy counts from the next end on', async () => {
  await docker.run('policed', ['sh', '-c', 'until [ -e /end ]; do usleep 20000; done; rm /end; exit 1']);
  await update('policed', { RestartPolicy: { Name: 'always' } });
  await says('policed', 'touch /end');
  await until('it was started again', async () => (await inspect('policed')).RestartCount === 1);
  await until('it runs', async () => (await inspect('policed')).State.Status === 'running');
  await update('policed', { RestartPolicy: { Name: 'no' } });
  const waited = expect(socket, 'POST /containers/policed/wait', 200, { StatusCode: 1 });
  await says('policed', 'touch /end');
  await waited;
  assert.equal((await inspect('policed')).State.Status, 'exited');
});

test('what does not go together is refused in Docker’s words, and nothing has changed', async () => {
  await docker.create('shares', ['true'], { HostConfig: { NanoCpus: 500_000_000 } });
  await docker.create('periods', ['true'], { HostConfig: { CpuPeriod: 50_000, CpuQuota: 20_000 } });
  await docker.create('removed', ['true'], { HostConfig: { AutoRemove: true } });
  const cannot = 'cannot be updated as';
  const table: [name: string, body: object, status: number, message: string][] = [
    ['shares', { CpuPeriod: 50_000 }, 409, `Conflicting options: CPU Period ${cannot} NanoCPUs has already been set`],
    ['shares', { CpuQuota: 50_000 }, 409, `Conflicting options: CPU Quota ${cannot} NanoCPUs has already been set`],
    ['periods', { NanoCpus: 1e8 }, 409, `Conflicting options: Nano CPUs ${cannot} CPU Period has already been set`],
    [
      'shares',
      { Memory: 64 * MiB },
      409,
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    ],
    [
      'removed',
      { RestartPolicy: { Name: 'always' } },
      409,
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
    ],
    ['shares', { Memory: MiB }, 400, 'Minimum memory limit allowed is 6MB'],
    [
      'shares',
      { RestartPolicy: { Name: 'always', MaximumRetryCount: 1 } },
      400,
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
  ];
  for (const [name, body, status, message] of table) {
    const before = await inspect(name);
    const prefix = status === 409 ? `Cannot update container ${before.Id}: ` : '';
    await expectSending(socket, `POST /containers/${name}/update`, body, status, { message: prefix + message });
    assert.deepEqual(await inspect(name), before);
  }
  await expectSending(socket, 'POST /containers/nosuch/update', {}, 404);
});
