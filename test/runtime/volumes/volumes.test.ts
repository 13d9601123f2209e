// Volumes by the Docker API, as a real dockerd has them.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { expect, expectSending } from '../api/exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

interface Volume {
  readonly Name: string;
  readonly Mountpoint: string;
  readonly Labels: Record<string, string> | null;
  readonly UsageData?: { readonly RefCount: number; readonly Size: number };
}

const create = async (body: object): Promise<Volume> =>
  (await expectSending(socket, 'POST /volumes/create', body, 201)) as Volume;

/** The names of those that `filters` choose, in order. */
async function names(filters: object = {}): Promise<string[]> {
  const query = encodeURIComponent(JSON.stringify(filters));
  const { Volumes } = (await expect(socket, `GET /volumes?filters=${query}`, 200)) as { Volumes: Volume[] };
  return Volumes.map(({ Name }) => Name).sort();
}

/** Removes every container and every volume. */
async function clear(): Promise<void> {
  for (const { Id } of (await expect(socket, 'GET /containers/json?all=1', 200)) as { Id: string }[])
    await expect(socket, `DELETE /containers/${Id}?force=1&v=1`, 204);
  for (const name of await names()) await expect(socket, `DELETE /volumes/${name}`, 204);
}

async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await dockerCommand(socket, ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.trim();
}

describe('a volume', () => {
  test('is created, told of, and removed', async () => {
    const made = await create({ Name: 'first', Labels: { a: 'b' } });
    assert.deepEqual(made, {
      CreatedAt: (made as { CreatedAt?: string }).CreatedAt,
      Driver: 'local',
      Labels: { a: 'b' },
      Mountpoint: made.Mountpoint,
      Name: 'first',
      Options: null,
      Scope: 'local',
    });
    assert.match(String((made as { CreatedAt?: string }).CreatedAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(made.Mountpoint, /\/volumes\/first\/_data$/);
    if (!isReference) assert.equal(made.Mountpoint, '/var/lib/docker/volumes/first/_data');
    assert.deepEqual(await expect(socket, 'GET /volumes/first', 200), made);
    assert.deepEqual(await create({ Name: 'first', Labels: { other: '' } }), made, 'there is one of that name');
    await expect(socket, 'DELETE /volumes/first', 204);
    await expect(socket, 'GET /volumes/first', 404, { message: 'get first: no such volume' });
    await expect(socket, 'DELETE /volumes/first', 404, { message: 'get first: no such volume' });
    await expect(socket, 'DELETE /volumes/first?force=1', 204);
  });

  test('without a name has one of 64 hex digits, and says that it is anonymous', async () => {
    for (const body of [{}, undefined]) {
      const made = (await expectSending(socket, 'POST /volumes/create', body, 201)) as Volume;
      assert.match(made.Name, /^[0-9a-f]{64}$/);
      assert.deepEqual(made.Labels, { 'com.docker.volume.anonymous': '' });
    }
    await clear();
  });

  test('is refused in Docker’s words where its name, driver or options are wrong', async () => {
    const letters =
      'includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed.';
    const table: [body: object, status: number, message: string | RegExp][] = [
      [{ Name: 'x' }, 400, 'create x: volume name is too short, names should be at least two alphanumeric characters'],
      [
        { Name: '../x' },
        400,
        `create ../x: "../x" ${letters} If you intended to pass a host directory, use absolute path`,
      ],
      [{ Name: 'vn', Driver: 'nope' }, 404, 'create vn: error looking up volume plugin nope: plugin "nope" not found'],
      [{ Driver: 'nope' }, 404, /^create [0-9a-f]{64}: error looking up volume plugin nope/],
      [{ Name: 'vo', DriverOpts: { foo: 'x' } }, 400, 'create vo: invalid option: "foo"'],
      [{ Name: 'vo', DriverOpts: { type: 'tmpfs' } }, 400, 'create vo: missing required option: "device"'],
      [{ Name: 'vo', DriverOpts: { size: '1m' } }, 400, 'create vo: quota size requested but no quota support'],
    ];
    for (const [body, status, message] of table)
      await expectSending(socket, 'POST /volumes/create', body, status, { message });
    assert.deepEqual(await names(), []);
  });

  test('of a swarm is not to be had', async () => {
    const sent = { Name: 'cluster', ClusterVolumeSpec: {} };
    await expectSending(socket, 'POST /volumes/create', sent, 503, { message: /^This node is not a swarm manager/ });
    await create({ Name: 'plain' });
    await expectSending(socket, 'PUT /volumes/plain?version=1', {}, 503, {
      message: 'volume update only valid for cluster volumes, but swarm is unavailable',
    });
    await expect(socket, 'DELETE /volumes/plain', 204);
  });

  // Docker makes the volume, and the start of its container fails or mounts the machine's.
  test('of anything but plain files or a tmpfs is refused in a sentence', { skip: isReference }, async () => {
    for (const DriverOpts of [
      { type: 'none', o: 'bind', device: '/etc' },
      { type: 'ext4', device: '/dev/vda' },
      { type: 'nfs', device: ':/x', o: 'addr=10.0.0.1' },
    ])
      await expectSending(socket, 'POST /volumes/create', { Name: 'vo', DriverOpts }, 400, {
        message: /^create vo: a volume of type "\w+" is not possible on a host of this engine: only tmpfs is; /,
      });
    await expectSending(
      socket,
      'POST /volumes/create',
      { Name: 'vo', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'lowerdir=/etc' } },
      400,
      { message: 'create vo: invalid tmpfs option "lowerdir=/etc"' },
    );
  });
});

describe('the list', () => {
  test('is chosen by name, label, driver and use', async () => {
    await create({ Name: 'one', Labels: { kind: 'db', x: '1' } });
    await create({ Name: 'two', Labels: { kind: 'web' } });
    await docker.create('user', ['true'], { HostConfig: { Binds: ['two:/data'] } });
    const table: [filters: object, expected: string[]][] = [
      [{}, ['one', 'two']],
      [{ name: ['w'] }, ['two']],
      [{ name: ['^o'] }, ['one']],
      [{ name: ['one', 'two'] }, ['one', 'two']],
      [{ label: ['kind=db'] }, ['one']],
      [{ label: ['kind'] }, ['one', 'two']],
      [{ label: ['kind', 'x=1'] }, ['one']],
      [{ driver: ['nope'] }, []],
      [{ dangling: ['true'] }, ['one']],
      [{ dangling: ['0'] }, ['two']],
    ];
    for (const [filters, expected] of table) assert.deepEqual(await names(filters), expected, JSON.stringify(filters));
    for (const [filters, message] of [
      ['{"bad":["x"]}', "invalid filter 'bad'"],
      ['{"dangling":["x"]}', "invalid filter 'dangling=[x]'"],
    ])
      await expect(socket, `GET /volumes?filters=${filters}`, 400, { message });
    await clear();
  });
});

describe('in use', () => {
  test('by a container, running or not, it is neither removed nor pruned', async () => {
    const id = await docker.create('user', ['true'], { HostConfig: { Binds: ['held:/data'] } });
    const message = `remove held: volume is in use - [${id}]`;
    for (const force of ['', '?force=1']) await expect(socket, `DELETE /volumes/held${force}`, 409, { message });
    assert.equal(await ok('volume', 'prune', '--all', '--force'), 'Total reclaimed space: 0B');
    await expect(socket, `DELETE /containers/user?v=1`, 204);
    assert.deepEqual(await names(), ['held'], 'it has a name');
    await expect(socket, 'DELETE /volumes/held', 204);
  });

  test('it is told by ps, and by df with its size', async () => {
    await docker.output(['sh', '-c', 'echo 12345 >/data/file'], { HostConfig: { Binds: ['sized:/data', '/tmp:/t'] } });
    for (const [value, count] of [
      ['sized', 1],
      ['/data', 1],
      ['/tmp', 1],
      ['size', 0],
    ] as const) {
      const filters = encodeURIComponent(JSON.stringify({ volume: [value] }));
      const found = await expect(socket, `GET /containers/json?all=1&filters=${filters}`, 200);
      assert.equal((found as object[]).length, count, value);
    }
    const { Volumes } = (await expect(socket, 'GET /system/df?type=volume', 200)) as { Volumes: Volume[] };
    assert.deepEqual(
      Volumes.map(({ Name, UsageData }) => [Name, UsageData]),
      [['sized', { RefCount: 1, Size: 6 }]],
    );
    await clear();
  });
});

describe('anonymous volumes', () => {
  const twice = { Volumes: { '/anonymous': {} }, HostConfig: { Binds: ['named:/named'] } };

  test('go with rm -v and with --rm, and stay with rm alone', async () => {
    await docker.create('one', ['true'], twice);
    assert.equal((await names()).length, 2);
    await expect(socket, 'DELETE /containers/one?v=1', 204);
    assert.deepEqual(await names(), ['named']);
    await ok('run', '--rm', '-v', '/anonymous', '-v', 'named:/named', 'busybox', 'true');
    assert.deepEqual(await names(), ['named']);
    await docker.create('one', ['true'], twice);
    await expect(socket, 'DELETE /containers/one', 204);
    assert.equal((await names({ dangling: ['1'] })).length, 2);
  });

  test('and no others are pruned, unless all are meant', async () => {
    const [anonymous = ''] = (await names()).filter((name) => name !== 'named');
    assert.match(await ok('volume', 'prune', '--force'), new RegExp(`^Deleted Volumes:\n${anonymous}\n`));
    assert.deepEqual(await names(), ['named']);
    await create({ Name: 'other', Labels: { keep: '' } });
    await ok('volume', 'prune', '--all', '--force', '--filter', 'label!=keep');
    assert.deepEqual(await names(), ['other']);
    for (const [filters, message] of [
      ['{"bad":["x"]}', "invalid filter 'bad'"],
      ['{"all":["x"]}', `invalid filter 'all': strconv.ParseBool: parsing "x": invalid syntax`],
    ])
      await expect(socket, `POST /volumes/prune?filters=${filters}`, 400, { message });
    await clear();
  });

  test('of another container stay while it has them', async () => {
    await docker.create('owner', ['true'], { Volumes: { '/a': {} } });
    await docker.create('guest', ['true'], { HostConfig: { VolumesFrom: ['owner'] } });
    await expect(socket, 'DELETE /containers/owner?v=1', 204);
    assert.equal((await names()).length, 1);
    await expect(socket, 'DELETE /containers/guest?v=1', 204);
    assert.deepEqual(await names(), []);
  });

  test('that a refused create made are gone', async () => {
    const HostConfig = { Mounts: [{ Type: 'bind', Source: '/nope', Target: '/x' }], Binds: [] };
    await expectSending(
      socket,
      'POST /containers/create',
      { Image: 'busybox', Volumes: { '/a': {} }, HostConfig },
      400,
    );
    await expectSending(
      socket,
      'POST /containers/create',
      { Image: 'busybox', Volumes: { '/a': {}, '/etc/passwd': {} } },
      500,
      {
        message: /^cannot mount volume over existing file, file exists /,
      },
    );
    assert.deepEqual(await names(), []);
  });
});

test('what happens to volumes is told in Docker’s order', async () => {
  const since = Math.floor(Date.now() / 1000);
  await create({ Name: 'told' });
  const id = await docker.run('teller', ['true'], { HostConfig: { Binds: ['told:/a:ro'] } });
  await expect(socket, 'POST /containers/teller/wait', 200);
  await expect(socket, 'DELETE /containers/teller', 204);
  await expect(socket, 'DELETE /volumes/told', 204);
  const format = '{{.Type}} {{.Action}} {{json .Actor.Attributes}}';
  const until = String(Math.floor(Date.now() / 1000) + 1);
  const said = await ok('events', '--since', String(since), '--until', until, '--format', format);
  const lines = said.split('\n').filter((line) => /^volume|^container (start|die)|^network/.test(line));
  const words = lines.map((line) => (line.startsWith('volume') ? line : line.split(' ', 2).join(' ')));
  const driver = '"driver":"local"';
  assert.deepEqual(words.slice(words.lastIndexOf(`volume create {${driver}}`)), [
    `volume create {${driver}}`,
    `volume mount {"container":"${id}","destination":"/a",${driver},"propagation":"","read/write":"false"}`,
    'network connect',
    'container start',
    'network disconnect',
    `volume unmount {"container":"${id}",${driver}}`,
    'container die',
    `volume destroy {${driver}}`,
  ]);
});
