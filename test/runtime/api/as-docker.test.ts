// What clients meet in the same words and codes on a real dockerd: run with TEST_AGAINST=unix:///run/docker.sock to ask one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hostConfigKeys } from '../../../runtime/containers/host-config/keys.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { tarOf } from '../../support/tar.ts';
import { bodyOf } from './busybox.ts';
import { ask, Bytes, expect, expectSending, unframe, upgrade } from './exchange.ts';

/** Of a HostConfig, where they are empty. `KernelMemory` and its like are not kept at all. */
const leftOutWhereEmpty = ['Annotations', 'StorageOpt', 'Sysctls', 'KernelMemory', 'KernelMemoryTCP', 'Mounts', 'Init'];

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

async function inspect(name: string): Promise<Record<string, Record<string, unknown>>> {
  return (await expect(socket, `GET /containers/${name}/json`, 200)) as Record<string, Record<string, unknown>>;
}

/** Sends a body as it is. */
async function post(path: string, body: string | Buffer, type = 'application/json') {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
  const request = http.request(
    { socketPath: socket, method: 'POST', path, headers, agent: false },
    async (response) => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(await response.toArray()).toString() });
    },
  );
  request.once('error', reject);
  request.end(body);
  return await promise;
}

describe('a body', () => {
  test('names its keys in any case, and may have keys that Docker does not know', async () => {
    await docker.create('any-case', [], {
      Cmd: undefined,
      cmd: ['true'],
      hostconfig: { networkmode: 'none', PIDSLIMIT: 7, Bar: 1 },
      Dns: ['1.1.1.1'],
      Frobnicate: { a: 1 },
    });
    const { Config, HostConfig } = await inspect('any-case');
    assert.deepEqual([Config?.Cmd, HostConfig?.NetworkMode, HostConfig?.PidsLimit], [['true'], 'none', 7]);
    assert.deepEqual(HostConfig?.Dns ?? [], []);
    await expectSending(socket, 'POST /containers/create', { Image: 'busybox', image: 'nosuch' }, 404);
    await docker.run('execs', ['sleep', '1000']);
    await docker.exec('execs', ['true'], { detachKeys: 'ctrl-a', nope: 1 });
  });

  test('that is broken is told of in Docker’s words', async () => {
    for (const [body, message] of [
      ['{"Image":"busybox",', 'invalid JSON: unexpected EOF'],
      ['{"Image":"busy', 'invalid JSON: unexpected EOF'],
      ['{"Image":"busybox"} x', 'unexpected content after JSON'],
      ['null', 'config cannot be empty in order to create a container'],
    ] as const)
      assert.deepEqual(await post('/containers/create', body), {
        status: 400,
        text: `${JSON.stringify({ message })}\n`,
      });
    assert.match((await post('/containers/create', '{"Env":"x"}')).text, /^\{"message":"invalid JSON: /);
  });
});

describe('create', () => {
  test('takes long names and any host name', async () => {
    const name = `long-${'x'.repeat(195)}`;
    await docker.create(name, ['true']);
    assert.equal((await inspect(name)).Name, `/${name}`);
    for (const [hostname, names] of [
      ['a b', 'a b'],
      ['-x', '-x'],
      ['a_b.c-', 'a_b.c- a_b'],
    ] as const) {
      const text = await docker.output(['sh', '-c', 'hostname; tail -n 1 /etc/hosts'], { Hostname: hostname });
      assert.match(text, new RegExp(`^${hostname}\n[0-9.]+\t${names}\n$`));
    }
  });

  test('keeps a variable without value, which takes the image’s away', async () => {
    await docker.create('bare', ['true'], { Env: ['Foo', 'B=', 'PATH'] });
    assert.deepEqual((await inspect('bare')).Config?.Env, ['Foo', 'B=', 'PATH']);
    const text = await docker.output(['env'], { Env: ['Foo', 'B=', 'HOSTNAME', 'C=1'] });
    assert.deepEqual(text.trim().split('\n').sort(), [
      'B=',
      'C=1',
      'HOME=/root',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'TERM=xterm',
    ]);
    await docker.run('bare-exec', ['sleep', '1000'], { Env: ['A=1'] });
    const id = await docker.exec('bare-exec', ['sh', '-c', 'env | grep -c ^A='], { Env: ['A'] });
    using connection = new Bytes(socket);
    connection.request(`POST /exec/${id}/start`, upgrade, '{}');
    assert.deepEqual(unframe(bodyOf(await connection.rest())), ['1:0\n']);
  });

  test('does not find an image for another architecture, so that the CLI pulls', async () => {
    const body = { Image: 'busybox', Cmd: ['true'] };
    await expectSending(socket, 'POST /containers/create?platform=linux/s390x', body, 404, {
      message:
        /^image with reference busybox was found but its platform \(linux\/\w+\) does not match the specified platform \(linux\/s390x\)$/,
    });
    await expectSending(socket, 'POST /containers/create?platform=a/b/c/d', body, 400, {
      message: '"a/b/c/d": cannot parse platform specifier: invalid argument',
    });
    await expectSending(socket, 'POST /containers/create?platform=linux/s390x', { Image: 'nosuch' }, 404, {
      message: 'No such image: nosuch:latest',
    });
  });

  test('names CPUs that there are not', async () => {
    for (const [CpusetCpus, message] of [
      ['99', /^Requested CPUs are not available - requested 99, available: 0/],
      ['0,99', /^Requested CPUs are not available - requested 0,99, available: 0/],
      ['x', 'Invalid value x for cpuset cpus: invalid format: x'],
      ['3-1', 'Invalid value 3-1 for cpuset cpus: invalid format: 3-1'],
    ] as const) {
      const body = { Image: 'busybox', Cmd: ['true'], HostConfig: { CpusetCpus } };
      await expectSending(socket, 'POST /containers/create', body, 400, { message });
    }
  });

  test('reads capabilities back in the spelling that was sent, and each spelling gives them', async () => {
    const HostConfig = { CapAdd: ['chown', 'cap_kill', 'CAP_KILL'], CapDrop: ['all'] };
    await docker.create('spelled', ['true'], { HostConfig });
    const { CapAdd, CapDrop } = (await inspect('spelled')).HostConfig ?? {};
    assert.deepEqual({ CapAdd, CapDrop }, HostConfig);
    const status = await docker.output(['grep', 'CapEff', '/proc/self/status'], { HostConfig });
    assert.equal(status, 'CapEff:\t0000000000000021\n'); // chown is bit 0, kill bit 5
  });

  test('reads isolation, the runtime and the score for memory shortage back', async () => {
    await docker.create('told', ['true'], { HostConfig: { Isolation: 'default', OomScoreAdj: -500 } });
    const { HostConfig } = await inspect('told');
    assert.deepEqual([HostConfig?.Isolation, HostConfig?.OomScoreAdj], ['default', -500]);
    // The name that clients give and compare, whichever program it stands for.
    assert.equal(HostConfig?.Runtime, 'runc');
    await docker.create('told-runtime', ['true'], { HostConfig: { Runtime: 'runc' } });
    assert.equal((await inspect('told-runtime')).HostConfig?.Runtime, 'runc');
    const { DefaultRuntime, Runtimes } = (await expect(socket, 'GET /info', 200)) as Record<string, object>;
    assert.equal(DefaultRuntime, 'runc');
    assert.ok(Runtimes && 'runc' in Runtimes);
    await expectSending(
      socket,
      'POST /containers/create',
      { Image: 'busybox', HostConfig: { Isolation: 'hyperv' } },
      400,
      { message: "invalid isolation (hyperv): linux only supports 'default'" },
    );
    assert.equal(
      await docker.output(['cat', '/proc/self/oom_score_adj'], { HostConfig: { OomScoreAdj: 200 } }),
      '200\n',
    );
  });

  test('takes how ready the kernel is to swap, and says why not', async () => {
    for (const [MemorySwappiness, shown] of [
      [0, 0],
      [40, 40],
      [-1, null],
    ] as const) {
      const id = await docker.create(`swaps-${shown}`, ['true'], { HostConfig: { MemorySwappiness } });
      assert.equal((await inspect(id)).HostConfig?.MemorySwappiness, shown);
    }
    for (const wrong of [-2, 101])
      await expectSending(
        socket,
        'POST /containers/create',
        { Image: 'busybox', HostConfig: { MemorySwappiness: wrong } },
        400,
        { message: `Invalid value: ${wrong}, valid memory swappiness range is 0-100` },
      );
    const read = ['cat', '/sys/fs/cgroup/memory/memory.swappiness'];
    assert.equal(await docker.output(read, { HostConfig: { MemorySwappiness: 7 } }), '7\n');
  });

  test('shows every key of a HostConfig, in one order', async () => {
    const all = { Tmpfs: { '/t': '' }, Annotations: {}, Mounts: [], StorageOpt: {}, Sysctls: {} };
    await docker.create('keys', ['true'], { HostConfig: all });
    assert.deepEqual(
      Object.keys((await inspect('keys')).HostConfig ?? {}),
      hostConfigKeys.filter((key) => !leftOutWhereEmpty.includes(key)),
    );
  });

  test('has defaults that differ from Docker’s in two keys', async () => {
    await docker.create('defaults', ['true'], { HostConfig: { Memory: 33554432 } });
    const { HostConfig } = await inspect('defaults');
    // Docker gives a container with a limit as much swap again. Ours gives none: what passes its limit is killed, on every machine.
    assert.equal(HostConfig?.MemorySwap, isReference ? 67108864 : 0);
    // On machines with cgroups of version 1 Docker shows a container the machine's own tree. Ours never does.
    assert.match(String(HostConfig?.CgroupnsMode), isReference ? /^(host|private)$/ : /^private$/);
  });

  test('gives a process its primary group as a supplementary one too', async () => {
    const groups = async (User: string, GroupAdd: string[] = []) =>
      (await docker.output(['grep', 'Groups', '/proc/self/status'], { User, HostConfig: { GroupAdd } }))
        .trim()
        .split(/\s+/);
    assert.deepEqual(await groups('1000:1001'), ['Groups:', '1001']);
    assert.deepEqual(await groups(''), ['Groups:', '0', '10']);
    assert.deepEqual(await groups('5:6', ['7']), ['Groups:', '6', '7']);
    await docker.run('groups', ['sleep', '1000']);
    const id = await docker.exec('groups', ['grep', 'Groups', '/proc/self/status'], { User: '5:6' });
    using connection = new Bytes(socket);
    connection.request(`POST /exec/${id}/start`, upgrade, '{}');
    assert.match(unframe(bodyOf(await connection.rest())).join(), /^1:Groups:\t6 \n$/);
  });
});

describe('exec', () => {
  beforeAll(() => docker.run('shell', ['sleep', '1000']));

  test('is framed by what its start says of a terminal, whatever its creation said', async () => {
    for (const [Tty, body, type, line] of [
      [true, '{}', 'multiplexed', 'hi\r\n'],
      [true, '{"Tty":false}', 'multiplexed', 'hi\r\n'],
      [true, '{"Tty":true}', 'raw', 'hi\r\n'],
      [false, '{"Tty":true}', 'raw', 'hi\n'],
    ] as const) {
      const id = await docker.exec('shell', ['echo', 'hi'], { Tty });
      using connection = new Bytes(socket);
      connection.request(`POST /exec/${id}/start`, upgrade, body);
      const text = await connection.rest();
      assert.match(text, new RegExp(`Content-Type: application/vnd.docker.${type}-stream\r\n`));
      // A terminal's line may come in two pieces.
      const said = type === 'raw' ? [`1:${bodyOf(text)}`] : unframe(bodyOf(text));
      assert.ok(said.every((piece) => piece.startsWith('1:')));
      assert.equal(said.map((piece) => piece.slice(2)).join(''), line, `${Tty} ${body}`);
    }
  });

  test('tells events as Docker does, and no end of what never began', async () => {
    const since = (Date.now() / 1000 - 0.001).toFixed(3);
    const missing = await docker.exec('shell', ['/nope']);
    using connection = new Bytes(socket);
    connection.request(`POST /exec/${missing}/start`, upgrade, '{}');
    assert.match(await connection.rest(), /exec: "\/nope": stat \/nope: no such file or directory/);
    const there = await docker.exec('shell', ['echo', 'a', 'b']);
    await expectSending(socket, `POST /exec/${there}/start`, { Detach: true }, 200);
    const query = new URLSearchParams({
      since,
      filters: JSON.stringify({ container: ['shell'], event: ['exec_create', 'exec_start', 'exec_die'], nope: ['x'] }),
    });
    using events = new Bytes(socket);
    events.request(`GET /events?${query}`, {});
    // The end of what an earlier test began may be told between them.
    const die = new RegExp(`"exec_die"[^\\n]*"execID":"${there}"`);
    const told = (await events.until(die)).split('\n').filter((line) => line.includes(missing) || line.includes(there));
    assert.deepEqual(
      told.map((line) => /"Action":"([^"]*)"/.exec(line)?.[1]),
      ['exec_create: /nope ', 'exec_start: /nope ', 'exec_create: echo a b', 'exec_start: echo a b', 'exec_die'],
    );
    await expectSending(socket, `POST /exec/${there}/start`, { Detach: true }, 409, {
      message: `exec command ${there} has already run`,
    });
  });

  test('refuses a user that there is not when it is created', async () => {
    await expectSending(socket, 'POST /containers/shell/exec', { Cmd: ['true'], User: 'zz' }, 400, {
      message: 'unable to find user zz: no matching entries in passwd file',
    });
  });
});

describe('words and codes', () => {
  let running: string;
  let paused: string;
  let created: string;

  beforeAll(async () => {
    running = await docker.run('running', ['sleep', '1000']);
    paused = await docker.run('paused', ['sleep', '1000']);
    created = await docker.create('created', ['sleep', '1000']);
    await expect(socket, 'POST /containers/paused/pause', 204);
  });

  const table: [place: string, status: number, message: () => string, body?: object][] = [
    ['running/resize?h=x&w=1', 400, () => 'invalid resize height "x": invalid syntax'],
    ['running/resize?h=1', 400, () => 'invalid resize width "": invalid syntax'],
    ['running/resize?h=-1&w=1', 400, () => 'invalid resize height "-1": value out of range'],
    ['running/resize?h=1&w=4294967296', 400, () => 'invalid resize width "4294967296": value out of range'],
    ['created/resize?h=1&w=1', 409, () => `container ${created} is not running`],
    ['created/pause', 409, () => `container ${created} is not running`],
    ['paused/pause', 409, () => `Container ${paused} is already paused`],
    ['running/unpause', 500, () => `Container ${running} is not paused`],
    ['created/unpause', 500, () => `Container ${created} is not paused`],
    ['paused/exec', 409, () => 'Container paused is paused, unpause the container before exec', { Cmd: ['ls'] }],
    ['created/exec', 409, () => `container ${created} is not running`, { Cmd: ['ls'] }],
    ['running/kill?signal=SIG42', 400, () => 'cannot kill container: running: invalid signal: SIG42'],
    ['running/kill?signal=sig9', 400, () => 'cannot kill container: running: invalid signal: sig9'],
    ['running/kill?signal=0', 400, () => 'cannot kill container: running: invalid signal: 0'],
    [
      'running/kill?signal=99',
      400,
      () => 'cannot kill container: running: the linux daemon does not support signal 99',
    ],
    [
      'running/kill?signal=-1',
      400,
      () => 'cannot kill container: running: the linux daemon does not support signal -1',
    ],
    [
      'running/rename?name=created',
      409,
      () =>
        `Error when allocating new name: Conflict. The container name "/created" is already in use by container "${created}". You have to remove (or rename) that container to be able to reuse that name.`,
    ],
    [
      'running/rename?name=a%20b',
      400,
      () => 'Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    ],
  ];
  for (const [place, status, message, body] of table)
    test(`POST /containers/${place}`, async () => {
      await expectSending(socket, `POST /containers/${place}`, body, status, { message: message() });
    });

  test('DELETE of one that is paused, or runs', async () => {
    await expect(socket, 'DELETE /containers/paused', 409, {
      message: 'cannot remove container "paused": container is paused and must be unpaused first',
    });
    await expect(socket, 'DELETE /containers/running', 409, {
      message:
        'cannot remove container "running": container is running: stop the container before removing or force remove',
    });
  });

  test('attach that cannot be is told in plain text', async () => {
    for (const [place, status, body] of [
      ['nope/attach?stream=1', 404, 'No such container: nope\r\n'],
      ['paused/attach?stream=1', 409, 'container paused is paused, unpause the container before attach\r\n'],
    ] as const) {
      const answer = await ask(socket, `POST /containers/${place}`);
      const type = answer.headers['content-type'];
      assert.deepEqual([answer.status, type, answer.body], [status, 'application/vnd.docker.raw-stream', body]);
    }
  });

  for (const [place, message] of [
    ['containers/json?filters={', 'invalid filter'],
    ['containers/json?filters={"name":"x"}', 'invalid filter'],
    ['containers/json?filters={"is-task":["maybe"]}', "invalid filter 'is-task=[maybe]'"],
    ['images/json?filters={"dangling":["maybe"]}', "invalid filter 'dangling=[maybe]'"],
    ['networks?filters={"nope":["x"]}', "invalid filter 'nope'"],
    [
      'networks?filters={"dangling":["maybe"]}',
      'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")',
    ],
    ['events?until=1&since=2', '`since` time (2) cannot be after `until` time (1)'],
  ] as const)
    test(`GET /${place}`, async () => {
      await expect(socket, `GET /${place}`, 400, { message });
    });

  test('logs with details', async () => {
    const id = await docker.run('details', ['echo', 'out']);
    await expect(socket, `POST /containers/${id}/wait`, 200);
    const logs = async (more: string) =>
      unframe(String((await ask(socket, `GET /containers/${id}/logs?stdout=1&details=1${more}`)).body)).join();
    assert.equal(await logs(''), '1: out\n');
    assert.match(await logs('&timestamps=1'), /^1:\S+Z {2}out\n$/);
  });

  test('logs with details that the log options name', async () => {
    const Config = { labels: 'b,none', env: 'A,C' };
    const more = {
      Env: ['A=1 é', 'B=2'],
      Labels: { b: '(x)' },
      HostConfig: { LogConfig: { Type: 'json-file', Config } },
    };
    const id = await docker.run('detailed', ['echo', 'out'], more);
    await expect(socket, `POST /containers/${id}/wait`, 200);
    const { body } = await ask(socket, `GET /containers/${id}/logs?stdout=1&details=1`);
    assert.equal(unframe(String(body)).join(), '1:A=1+%C3%A9,b=%28x%29 out\n');
  });

  test('a size of 0 in inspect', async () => {
    await expect(socket, 'GET /containers/created/json?size=1', 200, { SizeRw: 0 });
  });
});

describe('images', () => {
  test('are named by nothing that looks like a digest', async () => {
    for (const [query, message] of [
      ['repo=sha256&tag=x', 'refusing to create an ambiguous tag using digest algorithm as name'],
      ['repo=sha256:x', 'refusing to create an ambiguous tag using digest algorithm as name'],
      [`repo=x&tag=sha256:${'a'.repeat(64)}`, 'invalid tag format'],
      [`repo=x@sha256:${'a'.repeat(64)}`, 'cannot import digest reference'],
    ])
      await expect(socket, `POST /images/busybox/tag?${query}`, 400, { message });
  });

  test('are shown to older clients as these know them', async () => {
    type Body = Record<string, unknown>;
    const at = async (version: string) =>
      (await expect(socket, `GET /v${version}/images/busybox/json`, 200)) as Body & { Config: Body };
    for (const [version, config, containerConfig, virtual] of [
      ['1.51', false, false, false],
      ['1.50', false, false, false],
      ['1.49', true, false, false],
      ['1.44', true, true, false],
      ['1.43', true, true, true],
      ['1.24', true, true, true],
    ] as const) {
      const body = await at(version);
      const found = ['Tty' in body.Config, 'ContainerConfig' in body, body.VirtualSize === body.Size];
      assert.deepEqual(found, [config, containerConfig, virtual], version);
      const list = (await expect(socket, `GET /v${version}/images/json`, 200)) as Body[];
      const one = list.find(({ Id }) => Id === body.Id);
      assert.deepEqual([one?.Containers === -1, 'VirtualSize' in (one ?? {})], [version !== '1.51', virtual], version);
      const usage = (await expect(socket, `GET /v${version}/system/df`, 200)) as Body & { Images: Body[] };
      const used = usage.Images.find(({ Id }) => Id === body.Id);
      assert.deepEqual([used?.VirtualSize, usage.BuilderSize], [virtual ? used?.Size : undefined, undefined]);
    }
  });

  test('that are imported are tagged and told of, and a broken archive is a failure', async () => {
    const since = (Date.now() / 1000 - 0.001).toFixed(3);
    const tar = Buffer.alloc(10_240); // an archive of nothing
    const { status, text } = await post('/images/create?fromSrc=-&repo=imported&tag=1', tar, 'application/x-tar');
    const id = /sha256:[0-9a-f]{64}/.exec(text)?.[0];
    assert.equal(status, 200, text);
    await expect(socket, 'DELETE /images/imported:1', 200);
    await expect(socket, 'POST /images/prune?filters={"label":["none-has-this"]}', 200);
    const query = new URLSearchParams({ since, filters: JSON.stringify({ type: ['image'] }) });
    using events = new Bytes(socket);
    events.request(`GET /events?${query}`, {});
    const told = await events.until(/"prune"/);
    const actions = [...told.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
    const ours = actions.filter(({ id: of, Action }) => of === id || Action === 'prune');
    assert.deepEqual(
      ours.map(({ Action, Actor }) => [Action, Actor.ID, Actor.Attributes]),
      [
        ['tag', id, { name: 'imported:1' }],
        ['import', id, { name: id }],
        ['untag', id, { name: id }],
        ['delete', id, { name: id }],
        ['prune', '', { reclaimed: '0' }],
      ],
    );
    const broken = await post('/images/create?fromSrc=-&repo=imported&tag=1', 'nonsense', 'application/x-tar');
    assert.deepEqual(broken, { status: 500, text: '{"message":"unexpected EOF"}\n' });
    assert.match((await post('/images/load', 'nonsense', 'application/x-tar')).text, /"error":"unexpected EOF"/);
  });
});

test('system df has the lists that are asked for', async () => {
  const lists = async (query: string) => {
    const said = (await expect(socket, `GET /system/df${query}`, 200)) as Record<string, unknown>;
    return ['Images', 'Containers', 'Volumes', 'BuildCache'].filter((key) => Array.isArray(said[key])).join(' ');
  };
  assert.equal(await lists(''), 'Images Containers Volumes BuildCache');
  assert.equal(await lists('?type=container'), 'Containers');
  assert.equal(await lists('?type=image&type=volume'), 'Images Volumes');
  await expect(socket, 'GET /system/df?type=nope', 400, { message: 'unknown object type: nope' });
  await expect(socket, 'GET /system/df?type=', 400, { message: 'unknown object type: ' });
});

test('a prune of networks and of volumes is an event', async () => {
  const since = Math.floor(Date.now() / 1000);
  await expect(socket, 'POST /networks/prune', 200);
  await expect(socket, 'POST /volumes/prune', 200);
  const filters = encodeURIComponent(JSON.stringify({ event: ['prune'], type: ['network', 'volume'] }));
  const until = Math.floor(Date.now() / 1000) + 1;
  const { body } = await ask(socket, `GET /events?since=${since}&until=${until}&filters=${filters}`);
  const told = JSON.stringify(body);
  for (const type of ['network', 'volume'])
    assert.match(told, new RegExp(`Type[^{]*${type}[^{]*Action[^{]*prune[^}]*reclaimed[^}]*0`), told);
});

test('a port is published at all addresses of both families, or at the one that is given', async () => {
  const ExposedPorts = { '80/tcp': {} };
  const at = (HostIp: string, HostPort: string) => ({ HostIp, HostPort });
  const cases: [string, object[], object[]][] = [
    ['all', [at('', '18080')], [at('0.0.0.0', '18080'), at('::', '18080')]],
    ['all-four', [at('0.0.0.0', '18081')], [at('0.0.0.0', '18081')]],
    ['all-six', [at('::', '18082')], [at('::', '18082')]],
    ['one-six', [at('0:0::1', '18083')], [at('::1', '18083')]],
    ['mapped', [at('::ffff:127.0.0.1', '18084')], [at('127.0.0.1', '18084')]],
    [
      'several',
      [at('::1', '18085'), at('127.0.0.1', '18086'), at('127.0.0.1', '18085')],
      [at('127.0.0.1', '18085'), at('::1', '18085'), at('127.0.0.1', '18086')],
    ],
  ];
  for (const [name, given, told] of cases) {
    await docker.run(`port-${name}`, ['sleep', '1000'], {
      ExposedPorts,
      HostConfig: { PortBindings: { '80/tcp': given } },
    });
    const { NetworkSettings, HostConfig } = await inspect(`port-${name}`);
    assert.deepEqual(NetworkSettings?.Ports, { '80/tcp': told }, name);
    assert.deepEqual(HostConfig?.PortBindings, { '80/tcp': given }, name);
  }
  const listed = (await expect(socket, 'GET /containers/json', 200)) as { Names: string[]; Ports: object[] }[];
  assert.deepEqual(listed.find(({ Names }) => Names.includes('/port-all'))?.Ports, [
    { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 18080, Type: 'tcp' },
    { IP: '::', PrivatePort: 80, PublicPort: 18080, Type: 'tcp' },
  ]);
  // One that any port will do for has the same one at both.
  await docker.run('port-any', ['sleep', '1000'], {
    ExposedPorts,
    HostConfig: { PortBindings: { '80/tcp': [at('', '')] } },
  });
  const { NetworkSettings } = await inspect('port-any');
  const [four, six] = ((NetworkSettings?.Ports ?? {}) as Record<string, { HostPort: string }[]>)['80/tcp'] ?? [];
  assert.equal(four?.HostPort, six?.HostPort);
  // What is taken, and what no interface has.
  const refusals: [string, string, RegExp][] = [
    ['::', '18080', /Bind for :::18080 failed: port is already allocated/],
    ['', '18083', /Bind for ::1?:18083 failed: port is already allocated/],
    ['2001:db8::1', '18087', /failed to bind host port for .*\[2001:db8::1\]:18087.*: cannot assign requested address/],
  ];
  for (const [index, [ip, port, words]] of refusals.entries()) {
    await docker.create(`port-not-${index}`, ['true'], {
      ExposedPorts,
      HostConfig: { PortBindings: { '80/tcp': [at(ip, port)] } },
    });
    const { status, body } = await ask(socket, `POST /containers/port-not-${index}/start`);
    const { message } = body as { message: string };
    assert.match(message, words);
    const driver = 'failed to set up container networking: driver failed programming external connectivity on endpoint';
    assert.match(message, new RegExp(`^${driver} port-not-${index} \\([0-9a-f]{64}\\): `));
    assert.equal(status, 500);
  }
});

test('an image may have links for /etc/passwd, as those of Nix, and owners of any number', async () => {
  const tar = await tarOf([
    [{ name: 'bin/', type: 'directory' }],
    [{ name: 'bin/busybox', mode: 0o755 }, new Uint8Array(readFileSync('/bin/busybox'))],
    [{ name: 'nix/passwd' }, 'root:x:0:0::/:/bin/sh\nalice:x:1007:1008::/home:/bin/sh\n'],
    [{ name: 'etc/passwd', type: 'symlink', linkname: '/nix/passwd' }],
    [{ name: 'far', uid: 70_000, gid: 70_000 }, 'x'],
  ]);
  const { status, text } = await post('/images/create?fromSrc=-&repo=linked&tag=1', tar, 'application/x-tar');
  assert.equal(status, 200, text);
  const output = (words: string[], more: object) =>
    docker.output(['/bin/busybox', ...words], { Image: 'linked:1', ...more });
  assert.match(await output(['id'], { User: 'alice' }), /^uid=1007\S* gid=1008/);
  // Each host has 65,536 users: what belongs to one beyond them is nobody's, and root may still change it.
  const owner = isReference ? '70000' : '65534';
  assert.equal(
    await output(
      ['sh', '-c', 'busybox stat -c %u /far; echo >>/far && busybox chown 5 /far; busybox stat -c %u /far'],
      {},
    ),
    `${owner}\n5\n`,
  );
});

test('the version is that of the Docker API, and Drydock’s own beside it', { skip: isReference }, async () => {
  const { Version, Platform, Components } = (await expect(socket, 'GET /version', 200)) as {
    Version: string;
    Platform: { Name: string };
    Components: { Name: string; Version: string }[];
  };
  assert.match(Version, /^28\.5\./);
  const own = Components.find(({ Name }) => Name === 'drydock')?.Version ?? 'none';
  assert.equal(Platform.Name, `Drydock Engine ${own}`);
  assert.equal(Components[0]?.Version, Version);
  await expect(socket, 'GET /info', 200, { ServerVersion: Version });
});
