// What a container has mounted: volumes, directories of its host, tmpfs, images, and what other containers have. As a real dockerd.

import assert from 'node:assert/strict';
import http from 'node:http';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { tarOf } from '../../support/tar.ts';
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

/** Runs a command that must succeed; gives what it printed, without the last newline. */
async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await dockerCommand(socket, ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.replace(/\n$/, '');
}

/** `docker import` of a layer with `entries`. */
async function importImage(name: string, entries: Parameters<typeof tarOf>[0], change = ''): Promise<void> {
  const archive = await tarOf(entries);
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const changes = change === '' ? '' : `&changes=${encodeURIComponent(change)}`;
  const path = `/images/create?fromSrc=-&repo=${name}&tag=latest${changes}`;
  const headers = { 'Content-Type': 'application/x-tar', 'Content-Length': archive.length };
  http.request({ socketPath: socket, method: 'POST', path, headers }, resolve).once('error', reject).end(archive);
  const response = await promise;
  assert.equal(response.statusCode, 200, Buffer.concat(await response.toArray()).toString());
  response.resume();
}

const run = (...args: string[]) => ok('run', '--rm', ...args);
/** `docker run` of a shell script in busybox. */
const sh = (script: string, ...options: string[]) => run(...options, 'busybox', 'sh', '-c', script);

async function complaint(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await dockerCommand(socket, 'run', '--rm', ...args);
  assert.notEqual(exitCode, 0);
  return stderr.split('\n')[0] ?? '';
}

interface Mount {
  readonly Type: string;
  readonly Name?: string;
  readonly Destination: string;
}
interface Inspected {
  readonly Mounts: readonly Mount[];
  readonly Config: { readonly Volumes: object | null };
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

async function inspect(name: string): Promise<Inspected> {
  const body = (await expect(socket, `GET /containers/${name}/json`, 200)) as Inspected;
  return { ...body, Mounts: body.Mounts.toSorted((a, b) => (a.Destination < b.Destination ? -1 : 1)) };
}

describe('a named volume', () => {
  test('outlives its containers, and is shared by those that have it', async () => {
    await sh('echo kept >/data/file', '-v', 'shared:/data');
    assert.equal(await sh('cat /other/file', '-v', 'shared:/other:ro'), 'kept');
    await ok('run', '-d', '--name', 'writer', '-v', 'shared:/w', 'busybox', 'sleep', '1000');
    await sh('echo more >>/data/file', '-v', 'shared:/data');
    assert.equal(await ok('exec', 'writer', 'cat', '/w/file'), 'kept\nmore');
    await ok('rm', '-f', 'writer');
  });

  test('is not written through :ro', async () => {
    assert.match(await sh('touch /data/x 2>&1 || true', '-v', 'shared:/data:ro'), /Read-only file system/);
    const readonly = 'type=volume,src=shared,dst=/data,readonly';
    assert.match(await sh('touch /data/x 2>&1 || true', '--mount', readonly), /Read-only file system/);
  });

  test('is filled on first use with what the image has there, with owners and modes', async () => {
    await importImage('own', [
      [{ name: 'data', type: 'directory', uid: 7, gid: 8, mode: 0o750 }, ''],
      [{ name: 'data/file', uid: 1000, gid: 5, mode: 0o640 }, 'first'],
      [{ name: 'data/deep', type: 'directory', uid: 3, gid: 3, mode: 0o1777 }, ''],
      [{ name: 'data/deep/link', type: 'symlink', linkname: '/etc/passwd' }, ''],
      [{ name: 'empty', type: 'directory', uid: 9, gid: 9, mode: 0o700 }, ''],
      [{ name: 'linked', type: 'symlink', linkname: '/data' }, ''],
    ]);
    const look = 'cd /x && stat -c "%n %u:%g %a" . file deep && readlink deep/link && cat file';
    const there = ['. 7:8 750', 'file 1000:5 640', 'deep 3:3 1777', '/etc/passwd', 'first'].join('\n');
    await ok('create', '--name', 'fills', '-v', 'filled:/data', 'own', '/nothing');
    assert.equal(await sh(look, '-v', 'filled:/x'), there);
    await ok('rm', 'fills');
    // Once it has something, it is left as it is.
    await sh('rm -r /x/deep; echo second >/x/file', '-v', 'filled:/x');
    await ok('create', '--name', 'again', '-v', 'filled:/data', 'own', '/nothing');
    assert.equal(await sh('cd /x && ls && cat file', '-v', 'filled:/x'), 'file\nsecond');
    await ok('rm', 'again');
    // An empty directory has an owner too, and a link of the image is followed in the image.
    await ok('create', '--name', 'third', '-v', 'hollow:/empty', '-v', 'linked:/linked', 'own', '/nothing');
    assert.equal(await sh('stat -c "%u:%g %a" /x', '-v', 'hollow:/x'), '9:9 700');
    assert.equal(await sh(look, '-v', 'linked:/x'), there);
    await ok('rm', 'third');
  });

  test('is not filled with nocopy, and nothing of another container’s is', async () => {
    const nocopy = 'type=volume,src=not-filled-2,dst=/data,volume-nocopy';
    await ok('create', '--name', 'fills', '-v', 'not-filled:/data:nocopy', 'own', '/nothing');
    await ok('create', '--name', 'fills-2', '--mount', nocopy, 'own', '/nothing');
    for (const name of ['not-filled', 'not-filled-2']) assert.equal(await sh('ls -A /x', '-v', `${name}:/x`), '');
    await ok('create', '--name', 'from', '--volumes-from', 'fills', 'own', '/nothing');
    assert.equal(await sh('ls -A /x', '-v', 'not-filled:/x'), '');
    await ok('rm', 'from', 'fills', 'fills-2');
  });

  test('is filled through --mount, and the image’s own VOLUMEs are anonymous ones, filled too', async () => {
    await ok('create', '--name', 'fills', '--mount', 'type=volume,src=by-mount,dst=/data', 'own', '/nothing');
    assert.equal(await sh('cat /x/file', '-v', 'by-mount:/x'), 'first');
    await ok('rm', 'fills');
    await importImage('declares', [[{ name: 'data/file' }, 'declared']], 'VOLUME /data');
    await ok('create', '--name', 'declared', 'declares', '/nothing');
    const { Mounts, Config } = await inspect('declared');
    assert.deepEqual(Config.Volumes, { '/data': {} });
    assert.equal(Mounts.length, 1);
    assert.match(Mounts[0]?.Name ?? '', /^[0-9a-f]{64}$/);
    assert.equal(await run('--volumes-from', 'declared', 'busybox', 'cat', '/data/file'), 'declared');
    await ok('rm', '-v', 'declared');
    // What the client wants there counts.
    await ok('create', '--name', 'declared', '-v', 'named:/data', 'declares', '/nothing');
    assert.deepEqual(
      (await inspect('declared')).Mounts.map(({ Name }) => Name),
      ['named'],
    );
    await ok('rm', 'declared');
  });

  test('can be had in part, and no link leads out of it', async () => {
    await sh('mkdir /s/in; echo hi >/s/in/f; ln -s in /s/link; ln -s / /s/root; ln -s ../../ /s/up', '-v', 'parts:/s');
    const part = (subpath: string) => ['--mount', `type=volume,src=parts,dst=/x,volume-subpath=${subpath}`];
    assert.equal(await sh('ls /x', ...part('in')), 'f');
    assert.equal(await sh('ls /x', ...part('link')), 'f');
    assert.equal(await sh('cat /x', ...part('in/f')), 'hi');
    for (const subpath of ['root', 'up', 'nope'])
      assert.match(
        await complaint(...part(subpath), 'busybox', 'ls', '/x'),
        /escapes the base directory|cannot access path/,
      );
    assert.match(
      await complaint(...part('../up'), 'busybox', 'true'),
      /subpath must be a relative path within the volume/,
    );
  });
});

describe('a volume that is a tmpfs', () => {
  test('is there while somebody has it, and shared by those', async () => {
    const options = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000' };
    await expectSending(socket, 'POST /volumes/create', { Name: 'memory', DriverOpts: options }, 201, {
      Options: options,
    });
    const look = 'stat -c "%u %a" /m; grep " /m " /proc/mounts; touch /m/x';
    assert.match(await sh(look, '-v', 'memory:/m'), /^1000 1777\ntmpfs \/m tmpfs rw,.*size=1024k/);
    assert.equal(await sh('ls /m', '-v', 'memory:/m'), '');
    await ok('run', '-d', '--name', 'holder', '-v', 'memory:/here', 'busybox', 'sh', '-c', 'touch /here/x; sleep 1000');
    await ok('exec', 'holder', 'sh', '-c', 'until test -e /here/x; do :; done');
    assert.equal(await sh('ls /m', '-v', 'memory:/m'), 'x');
    await ok('rm', '-f', 'holder');
    assert.equal(await sh('ls /m', '-v', 'memory:/m'), '');
  });
});

describe('inspect', () => {
  test('tells all of them as Docker does', async () => {
    await ok(
      ...'create --name told -v /anonymous -v named:/data -v /tmp:/bound:ro,z --tmpfs /t busybox true'.split(' '),
    );
    const { Mounts, Config, HostConfig } = await inspect('told');
    const volume = (Name: string, Destination: string, more: object) => {
      const Source = Mounts.find((mount) => mount.Name === Name) as { Source?: string } | undefined;
      return {
        Type: 'volume',
        Name,
        Source: Source?.Source,
        Destination,
        Driver: 'local',
        RW: true,
        Propagation: '',
        ...more,
      };
    };
    const [anonymous] = Mounts;
    const bind = Mounts[1] as { Propagation?: string } | undefined;
    // A reference whose own files are below /tmp says rslave.
    assert.match(bind?.Propagation ?? '', /^(rprivate|rslave)$/);
    assert.deepEqual(Mounts, [
      volume(anonymous?.Name ?? '', '/anonymous', { Mode: '' }),
      { Type: 'bind', Source: '/tmp', Destination: '/bound', Mode: 'ro,z', RW: false, Propagation: bind?.Propagation },
      volume('named', '/data', { Mode: 'z' }),
    ]);
    assert.deepEqual(Config.Volumes, { '/anonymous': {} });
    // The docker command sends them in no order of its own.
    assert.deepEqual(
      [(HostConfig.Binds as string[]).toSorted(), HostConfig.Tmpfs],
      [['/tmp:/bound:ro,z', 'named:/data'], { '/t': '' }],
    );
  });

  test('tells --mount and --volumes-from', async () => {
    const mounts = [
      'type=volume,src=named,dst=/d,readonly',
      'type=bind,src=/etc,dst=/e',
      'type=tmpfs,dst=/q,tmpfs-size=1048576,tmpfs-mode=700',
      'type=volume,dst=/anonymous',
      'type=volume,src=labelled,dst=/l,volume-label=x=y,volume-nocopy',
    ];
    await ok('create', '--name', 'mounted', ...mounts.flatMap((mount) => ['--mount', mount]), 'busybox', 'true');
    const { Mounts, HostConfig } = await inspect('mounted');
    const common = Mounts.map(({ Type, Destination, ...rest }) => {
      const { Mode, RW, Propagation } = rest as unknown as Record<string, unknown>;
      return [Type, Destination, Mode, RW, Propagation];
    });
    assert.deepEqual(common, [
      ['volume', '/anonymous', 'z', true, ''],
      ['volume', '/d', 'z', false, ''],
      ['bind', '/e', '', true, 'rprivate'],
      ['volume', '/l', 'z', true, ''],
      ['tmpfs', '/q', '', true, ''],
    ]);
    assert.deepEqual(HostConfig.Mounts, [
      { Type: 'volume', Source: 'named', Target: '/d', ReadOnly: true },
      { Type: 'bind', Source: '/etc', Target: '/e' },
      { Type: 'tmpfs', Target: '/q', TmpfsOptions: { SizeBytes: 1048576, Mode: 448 } },
      { Type: 'volume', Target: '/anonymous' },
      {
        Type: 'volume',
        Source: 'labelled',
        Target: '/l',
        VolumeOptions: { NoCopy: true, Labels: { x: 'y' }, DriverConfig: {} },
      },
    ]);
    await expect(socket, 'GET /volumes/labelled', 200, { Labels: { x: 'y' } });
    // Of one that has a tmpfs, Docker says that there is no such volume.
    const more = isReference ? 'plain' : 'mounted';
    const lasting = mounts.filter((mount) => !mount.startsWith('type=tmpfs')).flatMap((mount) => ['--mount', mount]);
    await ok('create', '--name', 'plain', ...lasting, 'busybox', 'true');
    await ok('create', '--name', 'from', '--volumes-from', 'told:ro', '--volumes-from', more, 'busybox', 'true');
    const from = await inspect('from');
    assert.deepEqual(HostConfig.VolumesFrom, null);
    assert.deepEqual(from.HostConfig.VolumesFrom, ['told:ro', more]);
    assert.deepEqual(
      from.Mounts.map((mount) => [mount.Destination, (mount as { RW?: boolean }).RW]),
      [
        ['/anonymous', true],
        ['/bound', false],
        ['/d', false],
        ['/data', false],
        ['/e', true],
        ['/l', true],
        ...(isReference ? [] : [['/q', true]]),
      ],
    );
    await ok('rm', '-v', 'from', 'told', 'mounted', 'plain');
  });

  // Docker names a directory of its own.
  test('tells an image that is mounted', async () => {
    const image = ['--mount', 'type=image,src=own,dst=/image'];
    await ok('create', '--name', 'pictured', ...image, 'busybox', 'true');
    const [mount] = (await inspect('pictured')).Mounts as unknown as Record<string, unknown>[];
    const { Source, ...rest } = mount ?? {};
    assert.match(String(Source), /\/overlay2\/[0-9a-f]{64}\/merged$/);
    assert.deepEqual(rest, {
      Type: 'image',
      Name: 'own',
      Destination: '/image',
      Mode: '',
      RW: false,
      Propagation: 'rprivate',
    });
    assert.equal(await sh('cat /image/data/file; touch /image/x 2>/dev/null || echo no', ...image), 'firstno');
    const part = ['--mount', 'type=image,src=own,dst=/image,image-subpath=data'];
    assert.equal(await sh('ls /image', ...part), 'deep\nfile');
    await ok('rm', 'pictured');
  });
});

describe('a mount', () => {
  test('is refused in Docker’s words', async () => {
    const bind = (spec: string) => ({ Binds: [spec] });
    const mount = (spec: object) => ({ Mounts: [{ Target: '/x', ...spec }] });
    const wrong = (spec: string, why: string, type = 'volume') =>
      `invalid volume specification: '${spec}': invalid mount config for type "${type}": ${why}`;
    const table: [hostConfig: object, status: number, message: string][] = [
      [bind('a:b:c:d'), 500, "invalid volume specification: 'a:b:c:d'"],
      [bind('v1:/a:xx'), 500, 'invalid mode: xx'],
      [bind('v1:/a:rro'), 500, 'invalid mode: rro'],
      [bind('/a:ro'), 500, "invalid volume specification: '/a:ro'"],
      [bind(':/x'), 500, "invalid volume specification: ':/x'"],
      [bind('v1:/'), 500, wrong('v1:/', "invalid specification: destination can't be '/'")],
      [bind('v1:/../..'), 500, wrong('v1:/../..', "invalid specification: destination can't be '/'")],
      [bind('v1:b'), 500, wrong('v1:b', "invalid mount path: 'b' mount path must be absolute")],
      [bind('v1:/x:ro,rw'), 500, 'invalid mode: ro,rw'],
      [bind('v1:/x:rshared'), 500, wrong('v1:/x:rshared', 'field BindOptions must not be specified')],
      [bind('/t:/x:nocopy'), 500, wrong('/t:/x:nocopy', 'field VolumeOptions must not be specified', 'bind')],
      [{ Binds: ['v1:/x', 'v2:/x/'] }, 400, 'Duplicate mount point: /x'],
      [{ Binds: ['v1:/x'], Tmpfs: { '/x': '' } }, 400, 'Duplicate mount point: /x'],
      [{ Binds: ['v1:/x'], ...mount({ Type: 'volume' }) }, 400, 'Duplicate mount point: /x'],
      [{ VolumesFrom: ['nope'] }, 400, 'No such container: nope'],
      [{ VolumesFrom: [''] }, 400, 'volumes-from specification cannot be an empty string'],
      [{ VolumesFrom: ['x:rshared'] }, 400, 'invalid mode: rshared'],
      [
        { Binds: ['v-d:/x'], VolumeDriver: 'nope' },
        404,
        'create v-d: error looking up volume plugin nope: plugin "nope" not found',
      ],
      [mount({ Type: 'image', Source: 'nope' }), 404, 'No such image: nope:latest'],
      [mount({ Type: 'volume', BindOptions: {} }), 400, 'BindOptions must not be specified on mount type "volume"'],
      ...(
        [
          [{ Type: 'bind', Source: '/nope-x' }, 'bind source path does not exist: /nope-x'],
          [{ Type: 'bind', Source: 'nope' }, "invalid mount path: 'nope' mount path must be absolute"],
          [{ Type: 'bind' }, 'field Source must not be empty'],
          [{ Type: 'bind', Source: '/', BindOptions: { Propagation: 'foo' } }, 'invalid propagation mode: foo'],
          [{ Type: 'volume', Target: '' }, 'field Target must not be empty'],
          [{ Type: 'volume', Target: '/' }, "invalid specification: destination can't be '/'"],
          [{ Type: 'foo' }, 'mount type unknown'],
          [{ Type: 'npipe', Source: 'a' }, 'mount type unknown'],
          [{ Type: 'tmpfs', Source: 'a' }, 'field Source must not be specified'],
          [{ Type: 'tmpfs', TmpfsOptions: { Options: [['foo']] } }, 'invalid option: foo'],
          [{ Type: 'volume', ReadOnly: true }, 'must not set ReadOnly mode when using anonymous volumes'],
          [{ Type: 'volume', VolumeOptions: { Subpath: 'a' } }, 'must not set Subpath when using anonymous volumes'],
        ] as const
      ).map(([spec, why]): [object, number, string] => [
        mount(spec),
        400,
        `invalid mount config for type "${spec.Type}": ${why}`,
      ]),
    ];
    for (const [HostConfig, status, message] of table)
      await expectSending(socket, 'POST /containers/create', { Image: 'busybox', Cmd: ['true'], HostConfig }, status, {
        message,
      });
  });

  test('hides none that is below it, whatever the order, and gives way to the network’s own files', async () => {
    const script = 'ls -d /a/b/c /a/t /a/file 2>/dev/null; grep -c . /etc/hosts; ls /etc/file';
    await sh('mkdir -p /x/b/c /x/t; touch /x/file', '-v', 'outer:/x');
    await sh('mkdir /x/c', '-v', 'inner:/x');
    const options = ['-v', 'inner:/a/b', '--tmpfs', '/a/t', '-v', 'outer:/a', '-v', 'outer:/etc'];
    assert.match(await sh(script, ...options), /^\/a\/b\/c\n\/a\/file\n\/a\/t\n\d+\n\/etc\/file$/);
  });

  test('takes the place of /dev/shm and of a file of the network where it is asked for', async () => {
    await sh('echo mine >/x/mine', '-v', 'own-shm:/x');
    assert.equal(await sh('cat /dev/shm/mine', '-v', 'own-shm:/dev/shm'), 'mine');
    assert.match(await sh('cat /etc/hosts', '-v', '/etc/passwd:/etc/hosts'), /^root:/);
    assert.match(
      await sh('hostname; tail -n 1 /etc/hosts', '-h', 'own-name', '-v', '/etc:/etc'),
      /^own-name\n.*\sown-name$/,
    );
  });
});
