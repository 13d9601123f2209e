// docker cp, diff and export through the API: as Docker does them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { entriesOf, type Sent, sendArchive } from '../../support/archives.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { tarOf } from '../../support/tar.ts';
import { until } from '../../support/until.ts';
import { xzOf } from '../../support/xz.ts';
import { ask, expect } from './exchange.ts';

let docker: EitherDocker;
const script = [
  'mkdir -p /x/sub /y /z',
  'echo hi >/x/f && chown 1000:1001 /x/f && ln /x/f /x/hard && ln -s f /x/l && ln -s /x /xl && ln -s ../../up /x/up && mkfifo /x/p',
  'echo old >/z/file && mkdir /z/dir && ln -s /nowhere /dangling && ln -s / /rootl',
  'echo ready && exec sleep 10000',
].join('; ');

beforeAll(async () => {
  docker = await openDocker();
  await docker.run('files', ['sh', '-c', script]);
  await expectLog('files', /ready/);
  await docker.create('never-started', ['true']);
});
afterAll(() => docker[Symbol.asyncDispose]());

async function expectLog(name: string, pattern: RegExp): Promise<void> {
  await until(`${name} says ${pattern}`, async () => {
    const { body } = await sendArchive(docker.socket, `GET /containers/${name}/logs?stdout=1`);
    return pattern.test(body.toString());
  });
}

const at = (path: string, name = 'files', query = ''): string =>
  `/containers/${name}/archive?path=${encodeURIComponent(path)}${query}`;

function statOf({ headers }: Sent): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString());
}

function messageOf({ body }: Sent): string {
  return JSON.parse(body.toString()).message;
}

async function namesAt(path: string, name = 'files'): Promise<string[]> {
  const { status, body } = await sendArchive(docker.socket, `GET ${at(path, name)}`);
  assert.equal(status, 200, body.toString());
  return [...(await entriesOf(body)).keys()];
}

/** `by-bzip2`, in which is `b`, in a tar that bzip2 has packed. */
const packedByBzip2 = Buffer.from(
  'QlpoOTFBWSZTWWdcXGcAAC9bgMmQQAJ9gABAcCBeMAgIIABUUjCegEwA9QSgoYRoGgDfzk6uhBwQpznEjOUBBQq3tLhHUQ3ZBtutawlUi8Noe3G9gC5iOfou5IpwoSDOuLjO',
  'base64',
);

test('an archive may be compressed', async () => {
  const tarWith = async (name: string): Promise<Buffer> => Buffer.from(await tarOf([[{ name }, 'content']]));
  const packed: readonly Buffer[] = [
    gzipSync(await tarWith('by-gzip')),
    zstdCompressSync(await tarWith('by-zstd')),
    xzOf(await tarWith('by-xz')),
    packedByBzip2,
  ];
  for (const archive of packed) {
    const { status, body } = await sendArchive(docker.socket, `PUT ${at('/y')}`, archive);
    assert.equal(status, 200, body.toString());
  }
  const names = (await namesAt('/y')).filter((name) => /by-/.test(name)).sort();
  assert.deepEqual(names, ['y/by-bzip2', 'y/by-gzip', 'y/by-xz', 'y/by-zstd']);
});

test.for([
  ['/x/f', { name: 'f', size: 3, mode: 0o644, linkTarget: '' }],
  ['/x', { name: 'x', mode: 2 ** 31 + 0o755, linkTarget: '' }],
  ['/x/', { name: 'x', mode: 2 ** 31 + 0o755, linkTarget: '' }],
  ['/x/.', { name: '.', mode: 2 ** 31 + 0o755, linkTarget: '' }],
  ['/x/l', { name: 'l', mode: 2 ** 27 + 0o777, linkTarget: '/x/f' }],
  ['/xl', { name: 'xl', mode: 2 ** 27 + 0o777, linkTarget: '/x' }],
  ['/xl/', { name: 'xl', mode: 2 ** 31 + 0o755, linkTarget: '' }],
  ['/x/up', { name: 'up', linkTarget: '/up' }],
  ['../../x/f', { name: 'f', size: 3 }],
  ['/tmp', { name: 'tmp', mode: 2 ** 31 + 2 ** 20 + 0o777 }],
] as const)('the stat of %s is as Docker tells it', async ([path, wanted]) => {
  const head = await sendArchive(docker.socket, `HEAD ${at(path)}`);
  assert.equal(head.status, 200);
  const found = statOf(head);
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key]])), wanted);
  assert.match(String(found.mtime), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test.for([
  ['/x/f', ['f']],
  ['/x', ['x/', 'x/f', 'x/hard', 'x/l', 'x/p', 'x/sub/', 'x/up']],
  ['/x/.', ['./', './f', './hard', './l', './p', './sub/', './up']],
  ['/xl', ['xl']],
  ['/xl/', ['xl/', 'xl/f', 'xl/hard', 'xl/l', 'xl/p', 'xl/sub/', 'xl/up']],
  ['/xl/sub', ['sub/']],
] as const)('the archive of %s has the names that Docker gives', async ([path, names]) => {
  assert.deepEqual(await namesAt(path), names);
});

test('owners, modes, links and hard links of a directory are in its archive', async () => {
  const entries = await entriesOf((await sendArchive(docker.socket, `GET ${at('/x')}`)).body);
  const { header, content } = entries.get('x/f') ?? assert.fail();
  assert.deepEqual([header.uid, header.gid, header.mode, content.toString()], [1000, 1001, 0o644, 'hi\n']);
  assert.deepEqual([entries.get('x/hard')?.header.type, entries.get('x/hard')?.header.linkname], ['link', 'x/f']);
  assert.equal(entries.get('x/l')?.header.linkname, 'f');
  assert.equal(entries.get('x/p')?.header.type, 'fifo');
});

test.for([
  ['HEAD', '/nope', 404, null],
  ['GET', '/nope', 404, 'Could not find the file /nope in container files'],
  ['GET', '/x/f/below', 500, 'lstat /x/f/below: not a directory'],
  ['GET', '', 400, 'bad parameter: pathcannot be empty'],
  ['PUT', '/nope', 404, 'Could not find the file /nope in container files'],
  ['PUT', '/dangling', 404, 'Could not find the file /dangling in container files'],
  ['PUT', '/x/f', 400, 'extraction point is not a directory'],
  // /proc is mounted by the container itself, and no part of its files.
  ['GET', '/proc/version', 404, 'Could not find the file /proc/version in container files'],
] as const)('%s of %s is refused with %i', async ([method, path, status, message]) => {
  const body = method === 'PUT' ? await tarOf([[{ name: 'f' }, 'x']]) : undefined;
  const sent = await sendArchive(docker.socket, `${method} ${at(path)}`, body);
  assert.equal(sent.status, status);
  if (message !== null) assert.equal(messageOf(sent), message);
});

async function put(path: string, tar: Buffer, query = '', name = 'files'): Promise<Sent> {
  return await sendArchive(docker.socket, `PUT ${at(path, name, query)}`, tar);
}

async function execIn(name: string, command: string): Promise<string> {
  const id = await docker.exec(name, ['sh', '-c', command], { Tty: true });
  const { body } = await ask(docker.socket, `POST /exec/${id}/start`, { Detach: false, Tty: true });
  return String(body).replaceAll('\r\n', '\n').trim();
}

test('what is copied in keeps owner, mode and kind, for a container that runs', async () => {
  const sent = await put(
    '/y',
    await tarOf([
      [{ name: 'd', type: 'directory', mode: 0o750, uid: 7, gid: 8 }],
      [{ name: 'd/f', mode: 0o4755, uid: 1000, gid: 1001 }, 'content'],
      [{ name: 'd/l', type: 'symlink', linkname: '/etc/passwd' }],
      [{ name: 'd/h', type: 'link', linkname: 'd/f', mode: 0o4755, uid: 1000, gid: 1001 }],
      [{ name: 'd/p', type: 'fifo', mode: 0o600 }],
      [{ name: 'not/told/f', mode: 0o644 }, 'x'],
    ]),
  );
  assert.equal(sent.status, 200, sent.body.toString());
  const found = await execIn(
    'files',
    'cd /y; stat -c "%n %a %u %g %F" d d/f d/l d/p not not/told; stat -c %h d/h; cat d/h; readlink d/l',
  );
  assert.deepEqual(found.split('\n'), [
    'd 750 7 8 directory',
    'd/f 4755 1000 1001 regular file',
    'd/l 777 0 0 symbolic link',
    'd/p 600 0 0 fifo',
    'not 755 0 0 directory',
    'not/told 755 0 0 directory',
    '2',
    'content/etc/passwd',
  ]);
});

test('what is copied into a container that was never started is there, also when it starts', async () => {
  assert.equal((await put('/', await tarOf([[{ name: 'new/f' }, 'x']]), '', 'never-started')).status, 200);
  assert.deepEqual(await namesAt('/new', 'never-started'), ['new/', 'new/f']);
  await expect(docker.socket, 'POST /containers/never-started/start', 204);
  await expect(docker.socket, 'POST /containers/never-started/wait', 200);
  assert.deepEqual(await namesAt('/new', 'never-started'), ['new/', 'new/f']);
});

// Docker lets nobody look before all has come.
test('a container that does not run is written into while others look into it', { skip: isReference }, async () => {
  await docker.create('looked-into', ['true']);
  // Of which the engine writes the first file before it has all of the second.
  const tar = await tarOf([
    [{ name: 'first' }, 'x'],
    [{ name: 'large' }, 'y'.repeat(1_000_000)],
    [{ name: 'last' }, 'z'],
  ]);
  const request = http.request({ socketPath: docker.socket, method: 'PUT', path: at('/', 'looked-into') });
  const answered = once(request, 'response');
  request.write(tar.subarray(0, 900_000));
  await until('the first file is there', async () => {
    return (await sendArchive(docker.socket, `HEAD ${at('/first', 'looked-into')}`)).status === 200;
  });
  request.end(tar.subarray(900_000));
  const [response] = await answered;
  response.resume();
  assert.equal(response.statusCode, 200);
  assert.deepEqual(await namesAt('/last', 'looked-into'), ['last']);
});

test('a directory and something else take each other’s place only where that is allowed', async () => {
  const directory = await tarOf([[{ name: 'file', type: 'directory' }]]);
  const file = await tarOf([[{ name: 'dir' }, 'x']]);
  const never = '&noOverwriteDirNonDir=true';
  assert.equal(
    messageOf(await put('/z', directory, never)),
    'cannot overwrite non-directory "file" with directory "/z"',
  );
  assert.equal(messageOf(await put('/z', file, never)), 'cannot overwrite directory "dir" with non-directory "/z"');
  assert.equal((await put('/z', directory)).status, 200);
  assert.equal((await put('/z', file)).status, 200);
  assert.equal(await execIn('files', 'stat -c "%n %F" /z/file /z/dir'), '/z/file directory\n/z/dir regular file');
});

test('copyUIDGID is nothing where the container has no user of its own', async () => {
  const tar = await tarOf([[{ name: 'owned', uid: 5, gid: 6 }, 'x']]);
  assert.equal((await put('/tmp', tar, '&copyUIDGID=1', 'files')).status, 200);
  assert.equal(await execIn('files', 'stat -c "%u %g" /tmp/owned'), '5 6');
});

test('a name that leads out of the directory is refused', async () => {
  const sent = await put('/y', await tarOf([[{ name: '../../evil' }, 'x']]));
  assert.deepEqual([sent.status, messageOf(sent)], [500, 'invalid entry name "../../evil"']);
});

test('links in names are followed inside the container', async () => {
  assert.equal((await put('/', await tarOf([[{ name: 'rootl/tmp/via' }, 'x']]))).status, 200);
  assert.equal(await execIn('files', 'ls /tmp/via'), '/tmp/via');
});

test('links of an archive lead nowhere but into the directory that it is for', async () => {
  const through = (target: string) =>
    tarOf([[{ name: 'out', type: 'symlink', linkname: target }], [{ name: 'out/deep/f' }, 'x']]);
  assert.equal((await put('/y', await through('/etc'))).status, 200);
  assert.equal(
    await execIn('files', 'ls /y/etc/deep; ls -d /etc/deep 2>&1'),
    'f\nls: /etc/deep: No such file or directory',
  );
  const sent = await put('/y', await through('../etc'));
  assert.deepEqual([sent.status, messageOf(sent)], [500, 'statat out/deep: path escapes from parent']);
});

test.for([
  [Buffer.from('one\n'), 'unexpected EOF'],
  [Buffer.alloc(1000, 7), 'archive/tar: invalid tar header'],
] as const)('what is no archive is refused in Docker’s words', async ([body, message]) => {
  const sent = await put('/y', body);
  assert.deepEqual([sent.status, messageOf(sent)], [500, message]);
});

test('the network’s files are as the container sees them, and cannot be replaced', async () => {
  const { body } = await sendArchive(docker.socket, `GET ${at('/etc/hosts')}`);
  assert.match((await entriesOf(body)).get('hosts')?.content.toString() ?? '', /127\.0\.0\.1\s+localhost/);
  const sent = await put('/etc', await tarOf([[{ name: 'hosts' }, 'x']]));
  assert.deepEqual([sent.status, messageOf(sent)], [500, 'RemoveAll hosts: device or resource busy']);
  assert.match(await execIn('files', 'cat /etc/hosts'), /localhost/);
});

test('the network’s files of a container that was never started are empty', async () => {
  await docker.create('unborn', ['true']);
  for (const name of ['hosts', 'hostname', 'resolv.conf']) {
    const { status, body } = await sendArchive(docker.socket, `GET ${at(`/etc/${name}`, 'unborn')}`);
    assert.equal(status, 200, body.toString());
    assert.equal((await entriesOf(body)).get(name)?.content.length, 0);
  }
});

test('a container whose root is read-only takes nothing', async () => {
  await docker.create('read-only', ['true'], { HostConfig: { ReadonlyRootfs: true } });
  const sent = await put('/', await tarOf([[{ name: 'f' }, 'x']]), '', 'read-only');
  assert.deepEqual([sent.status, messageOf(sent)], [400, 'container rootfs is marked read-only']);
});

test.for(['runs', 'was never started'])('volumes are part of the files of a container that %s', async (kind) => {
  const name = kind.replaceAll(' ', '-');
  const mounts = { HostConfig: { Binds: [`of-${name}:/data/v`, `of-${name}:/ro:ro`] } };
  await (kind === 'runs' ? docker.run(name, ['sleep', '10000'], mounts) : docker.create(name, ['true'], mounts));
  const tar = await tarOf([[{ name: 'f' }, 'x']]);
  assert.equal((await put('/data/v', tar, '', name)).status, 200);
  assert.deepEqual(await namesAt('/data', name), ['data/', 'data/v/', 'data/v/f']);
  assert.deepEqual(await namesAt('/ro/f', name), ['f']);
  const sent = await put('/ro', tar, '', name);
  assert.deepEqual([sent.status, messageOf(sent)], [400, 'mounted volume is marked read-only']);
  const exported = await entriesOf((await sendArchive(docker.socket, `GET /containers/${name}/export`)).body);
  assert.ok(!exported.has('data/v/f'));
  await expect(docker.socket, `DELETE /containers/${name}?force=1`, 204);
  await expect(docker.socket, `DELETE /volumes/of-${name}`, 204);
});

test('diff tells what was added, changed and deleted, and the directories above', async () => {
  const change =
    'mkdir -p /x/y && echo a >/x/y/f; echo more >>/etc/passwd; rm /etc/group; rm -rf /var; mkdir /var; mkdir /var/new; chmod 700 /home; ln -s /x /root/link';
  await docker.run('changed', ['sh', '-c', change]);
  await expect(docker.socket, 'POST /containers/changed/wait', 200);
  const { body } = await sendArchive(docker.socket, 'GET /containers/changed/changes');
  const changes = JSON.parse(body.toString()) as { Path: string; Kind: number }[];
  assert.deepEqual(changes.map(({ Path, Kind }) => `${'CAD'[Kind]} ${Path}`).sort(), [
    ...['A /root/link', 'A /var/new', 'A /x', 'A /x/y', 'A /x/y/f'],
    ...['C /etc', 'C /etc/passwd', 'C /home', 'C /root', 'C /var'],
    ...['D /etc/group', 'D /var/spool', 'D /var/www'],
  ]);
});

test('diff of a container that was only started is null', async () => {
  await docker.run('unchanged', ['true']);
  await expect(docker.socket, 'POST /containers/unchanged/wait', 200);
  const { body } = await sendArchive(docker.socket, 'GET /containers/unchanged/changes');
  assert.equal(body.toString(), 'null\n');
});

test('export has the whole file system, of a container that runs and of one that does not', async () => {
  for (const name of ['files', 'unchanged']) {
    const { status, headers, body } = await sendArchive(docker.socket, `GET /containers/${name}/export`);
    assert.deepEqual([status, headers['content-type']], [200, 'application/octet-stream']);
    const entries = await entriesOf(body);
    for (const path of ['bin/busybox', 'etc/passwd', 'tmp/', 'proc/']) assert.ok(entries.has(path), path);
    assert.ok(![...entries.keys()].some((path) => /^(proc|sys)\/./.test(path)), 'nothing that is mounted is in it');
    assert.equal(entries.has('x/f'), name === 'files');
  }
});

test('copying and exporting are events of the container', async () => {
  const since = Math.floor(Date.now() / 1000) - 1;
  await put('/y', await tarOf([[{ name: 'event' }, 'x']]));
  await sendArchive(docker.socket, `GET ${at('/y/event')}`);
  await sendArchive(docker.socket, 'GET /containers/files/export');
  const filters = encodeURIComponent(JSON.stringify({ container: ['files'], type: ['container'] }));
  const until = Math.floor(Date.now() / 1000) + 1;
  const { body } = await sendArchive(docker.socket, `GET /events?since=${since}&until=${until}&filters=${filters}`);
  const actions = body
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).Action as string);
  for (const action of ['extract-to-dir', 'archive-path', 'export']) assert.ok(actions.includes(action), action);
});

test('the files of a container can be copied while it is stopped and started again', async () => {
  await docker.run('stopping', ['sleep', '10000']);
  await put('/', await tarOf([[{ name: 'kept' }, 'kept']]), '', 'stopping');
  await expect(docker.socket, 'POST /containers/stopping/stop?t=0', 204);
  assert.deepEqual(await namesAt('/kept', 'stopping'), ['kept']);
  await expect(docker.socket, 'POST /containers/stopping/start', 204);
  assert.deepEqual(await namesAt('/kept', 'stopping'), ['kept']);
  await expect(docker.socket, 'DELETE /containers/stopping?force=1', 204);
});
