// The parts of a view: layers from a history, texts from strangers, the virtual machine's note, and the bound of it all.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { containersFrom } from '../../../sandbox-server/hosts/listed-container.ts';
import { maxViewBytes } from '../../../sandbox-server/limits.ts';
import { viewOf } from '../../../sandbox-server/view/build.ts';
import { timesFrom } from '../../../sandbox-server/view/docker-answers.ts';
import { inspectedFrom } from '../../../sandbox-server/view/inspected.ts';
import { layersFrom } from '../../../sandbox-server/view/layers.ts';
import { emulatorOf, machineFrom, machineStateFrom } from '../../../sandbox-server/view/machine.ts';
import { plainText } from '../../../sandbox-server/view/plain-text.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const step = (CreatedBy: string, Size = 0) => ({ CreatedBy, Size });
const withLayers = (...letters: string[]) => ({ RootFS: { Layers: letters.map(digest) } });

describe('layers', () => {
  test('have the words of their instruction, however the builder wrapped them', () => {
    const history = [
      step('CMD ["nginx" "-g" "daemon off;"]'),
      step('COPY docker-entrypoint.sh / # buildkit', 1_000),
      step('RUN /bin/sh -c set -x     && apt-get install -y nginx # buildkit', 11_000_000),
      step('/bin/sh -c #(nop)  ENV A=b'),
      step('recipe debian, packages apt libc6', 61_000_000),
    ];
    assert.deepEqual(layersFrom(history, withLayers('a', 'b', 'c')), [
      { id: 'a'.repeat(12), made: 'install apt libc6', size: 61_000_000 },
      { id: '', made: 'ENV A=b', size: 0 },
      { id: 'b'.repeat(12), made: 'RUN set -x && apt-get install -y nginx', size: 11_000_000 },
      { id: 'c'.repeat(12), made: 'COPY docker-entrypoint.sh /', size: 1_000 },
      { id: '', made: 'CMD ["nginx" "-g" "daemon off;"]', size: 0 },
    ]);
  });

  test('that are empty still count, and settings do not', () => {
    const history = [step('CMD ["sh"]'), step('WORKDIR /app'), step('recipe busybox', 5)];
    assert.deepEqual(
      layersFrom(history, withLayers('a', 'b')).map(({ id }) => id.slice(0, 1)),
      ['a', 'b', ''],
    );
  });

  test('stand alone where the history does not tell of them', () => {
    assert.deepEqual(layersFrom([step('x', 1)], withLayers('a', 'b')), [
      { id: 'a'.repeat(12), made: '', size: 0 },
      { id: 'b'.repeat(12), made: '', size: 0 },
    ]);
    assert.deepEqual(layersFrom([], { RootFS: { Layers: null } }), []);
  });

  test('of a hostile history are short text, soon', () => {
    const long = '|1 '.repeat(100_000) + '/bin/sh -c '.repeat(10_000);
    const began = process.threadCpuUsage();
    const [layer] = layersFrom([step(`<b>\u202e${long}`, 1)], withLayers('a'));
    // Of the processor's time: what else the machine does meanwhile is not its fault.
    const { user, system } = process.threadCpuUsage(began);
    assert.ok(user + system < 1_000_000, `${user + system} µs`);
    assert.equal(layer?.made.length, 80);
    assert.match(layer?.made ?? '', /^<b>\?/);
  });
});

test('text from a host is one line, bounded, and whole characters', () => {
  assert.equal(plainText('a\nb\u0000c\u001b[1m\u202e\u2066d\ud800', 100), 'a?b?c?[1m??d\ufffd');
  assert.equal(plainText('x'.repeat(50), 10), `${'x'.repeat(9)}…`);
  assert.equal(plainText('👋👋👋', 4), '👋\ufffd…');
  assert.equal(plainText('naïve 容器', 20), 'naïve 容器');
});

describe('times', () => {
  const inspected = (State: object, Created = '2026-01-01T10:00:00.000Z') => ({
    Created,
    RestartCount: 0,
    State: { ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z', ...State },
  });

  test('tell the last start or end, and how long the first start took', () => {
    assert.deepEqual(timesFrom(inspected({})), { exitCode: 0, since: '2026-01-01T10:00:00.000Z', readyMs: null });
    const StartedAt = '2026-01-01T10:00:00.250Z';
    assert.deepEqual(timesFrom(inspected({ StartedAt })), { exitCode: 0, since: StartedAt, readyMs: 250 });
    const FinishedAt = '2026-01-01T10:05:00Z';
    assert.deepEqual(timesFrom(inspected({ StartedAt, FinishedAt, ExitCode: 3 })), {
      exitCode: 3,
      since: FinishedAt,
      readyMs: 250,
    });
    // Started again: how long that took is not told.
    assert.equal(timesFrom(inspected({ StartedAt: '2026-01-01T10:06:00Z', FinishedAt })).readyMs, null);
    assert.equal(timesFrom(inspected({ StartedAt: '2026-01-01T12:00:00Z' })).readyMs, null);
  });

  test('and a list of another form is refused', () => {
    assert.throws(() => containersFrom([{ Id: '../../x' }]));
    assert.throws(() => timesFrom({}));
  });
});

describe('the virtual machine', () => {
  const note = {
    accelerator: 'tcg',
    startedAtMs: 1_000,
    readyAtMs: 3_500,
    kernel: '6.12',
    memoryBytes: 1,
    diskBytes: 5,
  };
  const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const qemu = {
    pid: 9,
    insidePid: 9,
    parent: 1,
    container: null,
    executable: 'qemu-system-x86_64',
    memoryBytes: 190_000_000,
    command: 'qemu-system-x86_64 -name vm -accel tcg -cpu max',
  };

  test('is what boot-vm noted, with the memory that the process has now', () => {
    const booting = machineFrom(qemu, null, null);
    assert.deepEqual([booting?.state, booting?.accelerator, booting?.readyMs], ['booting', 'tcg', null]);
    const ready = machineFrom(qemu, machineStateFrom(bytes(note)), booting);
    assert.deepEqual(ready, {
      state: 'ready',
      accelerator: 'tcg',
      readyMs: 2_500,
      memoryBytes: 190_000_000,
      diskBytes: 5,
      kernel: '6.12',
    });
    assert.deepEqual(machineFrom(null, null, ready), { ...ready, state: 'off' });
    assert.equal(machineFrom(null, null, null), null);
  });

  test('and a note that is none is not believed', () => {
    for (const bad of [
      ...['', '{', 'null', '[]', 'x'.repeat(100_000)],
      ...[
        { ...note, more: 1 },
        { ...note, kernel: 'x'.repeat(65) },
        { ...note, accelerator: '<b>' },
      ],
      ...[
        { ...note, readyAtMs: 500 },
        { ...note, readyAtMs: 1e15 },
        { ...note, memoryBytes: -1 },
      ],
    ])
      assert.equal(machineStateFrom(bytes(bad)), null, JSON.stringify(bad).slice(0, 80));
  });

  test('is a process of the workspace, not of a container', () => {
    const usage = { memoryBytes: 0, memoryLimitBytes: 0, pids: 0, containers: [] };
    assert.equal(emulatorOf({ ...usage, processes: [{ ...qemu, container: 'abc' }] }), null);
    assert.equal(emulatorOf({ ...usage, processes: [qemu] }), qemu);
  });
});

test('however much there is, a view fits into one message and says that it was cut', () => {
  const wide = '容'.repeat(64);
  const wider = '容'.repeat(120);
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const layers = many(120, () => ({ id: 'a'.repeat(12), made: wider.slice(0, 80), size: 1e12 }));
  const images = many(200, (index) => ({
    id: `${digest('b')}${index}`,
    tags: many(20, () => wider.slice(0, 100)),
    size: 1e12,
  }));
  const containers = many(60, (index) => ({
    id: String(index).padStart(64, '0'),
    name: wide,
    image: wide,
    imageId: digest('b'),
    state: 'running' as const,
    command: wider,
    ports: many(20, () => ({ host: 65_535, container: 65_535, protocol: 'tcp' as const })),
    networks: many(20, (network) => ({ name: `${wide}${network}`, address: '172.17.255.255' })),
    mounts: many(40, (mount) => ({
      type: mount % 2 === 0 ? 'volume' : 'bind',
      name: mount % 2 === 0 ? `${wide}${mount}` : '',
      source: wider.slice(0, 80),
      destination: wider.slice(0, 80),
      readOnly: true,
    })),
  }));
  const inspected = {
    health: 'unhealthy' as const,
    restarts: 99_999,
    oomKilled: false,
    limits: { memoryBytes: 1e12, cpus: 0.123456789, pids: 99_999 },
    names: new Map(many(20, (network) => [`${wide}${network}`, [wide, wide, wide]] as const)),
  };
  const view = viewOf({
    host: 'docker-host',
    containers,
    images,
    times: new Map(),
    machine: null,
    kernel: '',
    layers: new Map(images.map(({ id }) => [id, layers])),
    networks: many(40, (index) => ({
      name: `${wide}${index}`,
      driver: 'bridge',
      subnet: '172.17.0.0/16',
      internal: false,
    })),
    volumes: many(200, (index) => `${wide}${index}`),
    inspected: new Map(containers.map(({ id }) => [id, inspected])),
    usage: {
      memoryBytes: 1,
      memoryLimitBytes: 2,
      pids: 1,
      containers: [],
      processes: many(300, (index) => ({
        pid: index,
        insidePid: index,
        parent: 0,
        executable: wide,
        command: wide + wide,
        memoryBytes: 1,
        container: containers[index % 60]?.id ?? null,
      })),
    },
  });
  const sizes = Object.entries(view).map(([name, part]) => `${name} ${Buffer.byteLength(JSON.stringify(part))}`);
  assert.ok(Buffer.byteLength(JSON.stringify(view)) <= maxViewBytes, sizes.join(', '));
  assert.equal(view.more, true);
  assert.ok(view.containers.length >= 10 && view.images.length >= 10 && view.networks.length >= 8);
  assert.ok(view.volumes.length >= 8 && (view.volumes[0]?.users.length ?? 0) > 0);
});

test('health, limits and other names are read from what docker inspect answers, and short text', () => {
  const answer = {
    Name: '/db',
    RestartCount: 2,
    State: { OOMKilled: true, Health: { Status: 'unhealthy', Log: [{ Output: '<b>\u001b[2J' }] } },
    HostConfig: { Memory: 64, NanoCpus: 0, CpuQuota: 50_000, CpuPeriod: 0, PidsLimit: null },
    NetworkSettings: {
      Networks: { back: { Aliases: ['db', 'database\u202e', 'x'.repeat(100), 'a', 'b'] }, bridge: { Aliases: null } },
    },
  };
  assert.deepEqual(inspectedFrom(answer), {
    health: 'unhealthy',
    restarts: 2,
    oomKilled: true,
    limits: { memoryBytes: 64, cpus: 0.5, pids: 0 },
    names: new Map([['back', ['database?', `${'x'.repeat(63)}…`, 'a']]]),
  });
  assert.equal(inspectedFrom({ ...answer, State: { OOMKilled: false } }).health, null);
  assert.throws(() => inspectedFrom({ ...answer, State: { OOMKilled: false, Health: { Status: '<b>' } } }));
});

test('a container that has ended has no process, though it ran when its use was looked at', () => {
  const id = 'a'.repeat(64);
  const ended = {
    id,
    name: 'web',
    image: 'busybox',
    imageId: digest('b'),
    command: 'sleep 9',
    ports: [],
    networks: [],
    mounts: [],
  };
  const process = { pid: 7, insidePid: 1, parent: 0, executable: 'sleep', command: 'sleep 9', memoryBytes: 1 };
  const used = { id, memoryBytes: 1_000_000, pids: 1, cpuMs: 1, ownLayer: { files: 1, bytes: 3, truncated: false } };
  const at = (state: 'running' | 'exited') =>
    viewOf({
      host: 'docker-host',
      images: [],
      times: new Map(),
      machine: null,
      kernel: '',
      layers: new Map(),
      networks: [],
      volumes: [],
      inspected: new Map(),
      containers: [{ ...ended, state }],
      usage: {
        memoryBytes: 1,
        memoryLimitBytes: 2,
        pids: 1,
        containers: [used],
        processes: [{ ...process, container: id }],
      },
    }).containers[0];
  assert.equal(at('running')?.processes.length, 1);
  const { processes, memoryBytes, ownLayer } = at('exited') ?? {};
  assert.deepEqual([processes, memoryBytes, ownLayer], [[], 0, { files: 1, bytes: 3 }]);
});
