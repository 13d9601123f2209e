// The engine view with a real engine: right after every command, told to whoever looks, and harmless whatever a host says.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { maxViewBytes } from '../../../sandbox-server/limits.ts';
import type { View, ViewContainer } from '../../../sandbox-server/protocol.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import type { TestPage } from '../page.ts';
import { type OpenedLab, startTestServer, type TestServer } from '../server.ts';
import { last, run, shellOf } from '../sessions/student.ts';

let engine: TestEngine;
let server: TestServer;
let lab: OpenedLab;
let page: TestPage;
let host: string;

beforeAll(async () => {
  engine = await startEngine();
  server = await startTestServer({ engineSocket: engine.socket });
  lab = await server.open();
  page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  host = (await engine.client.hosts())[0]?.name ?? '';
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

/** Runs the machine's docker on the lab's host. */
async function docker(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.docker(host, ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** The view once it is as `is` wants it: the last that was told, or one that comes. */
async function view(is: (now: View) => boolean): Promise<View> {
  await page.hears('view', () => {
    const now = last(page, 'view');
    return now !== undefined && is(now);
  });
  const now = last(page, 'view');
  assert.ok(now && is(now));
  return now;
}

const named = (now: View, name: string): ViewContainer | undefined => now.containers.find((one) => one.name === name);

/** Before a container's own program the OCI runtime's stands there, for a moment. */
const runs = (now: View, name: string, program: string): boolean =>
  named(now, name)?.processes[0]?.command.startsWith(program) === true;

test('a new host has no images and no containers, and a bridge with nobody on it', async () => {
  const now = await view(() => true);
  assert.deepEqual([now.host, now.images, now.containers, now.machine, now.more], ['docker-host', [], [], null, false]);
  assert.deepEqual(
    now.networks.find(({ name }) => name === 'bridge'),
    { name: 'bridge', driver: 'bridge', subnet: '172.17.0.0/16', internal: false, members: [] },
  );
  assert.ok(now.memory.usedBytes > 0 && now.memory.usedBytes < now.memory.limitBytes, JSON.stringify(now.memory));
  assert.match(now.kernel, /^\d+\.\d+/);
});

test('it follows pull, run, pause, rename, stop, start and rm', async () => {
  await docker('pull', '-q', 'busybox');
  const pulled = await view(({ images }) => images.length === 1);
  const [image] = pulled.images;
  assert.ok(image);
  assert.ok(image.tags.includes('busybox:latest'), String(image.tags));
  assert.match(image.layers[0]?.id ?? '', /^[0-9a-f]{12}$/);
  assert.equal(image.layers[0]?.made, 'busybox, as this machine has it');
  assert.deepEqual(image.layers.at(-1), { id: '', made: 'CMD ["sh"]', size: 0 });
  assert.equal(image.layers[0]?.size, image.size);

  const id = await docker(
    'run',
    '-d',
    '--name',
    'web',
    '-p',
    '8080:80',
    '-p',
    '5353:53/udp',
    'busybox',
    'sleep',
    '1000',
  );
  const isUp = (now: View) => named(now, 'web')?.state === 'running' && runs(now, 'web', 'sleep 1000');
  const running = named(await view(isUp), 'web');
  assert.ok(running);
  assert.deepEqual([running.id, running.state, running.exitCode, running.imageId], [id, 'running', null, image.id]);
  assert.deepEqual([running.image, running.command], ['busybox', 'sleep 1000']);
  assert.deepEqual(
    running.ports.toSorted((a, b) => a.container - b.container),
    [
      { host: 5353, container: 53, protocol: 'udp' },
      { host: 8080, container: 80, protocol: 'tcp' },
    ],
  );
  assert.deepEqual(running.ownLayer, { files: 0, bytes: 0 });
  assert.ok(running.readyMs !== null && running.readyMs >= 0 && running.readyMs < 10_000, String(running.readyMs));
  const [process] = running.processes;
  assert.deepEqual([process?.inside, process?.command], [1, 'sleep 1000']);
  assert.equal(String(process?.pid), await docker('inspect', '-f', '{{.State.Pid}}', 'web'));
  const bridge = last(page, 'view')?.networks.find(({ name }) => name === 'bridge');
  assert.deepEqual(bridge?.members, [{ container: 'web', address: '172.17.0.2', names: [] }]);

  await docker('exec', 'web', 'sh', '-c', 'echo hi > /hi');
  await view((now) => named(now, 'web')?.ownLayer.files === 1 && named(now, 'web')?.ownLayer.bytes === 3);
  await docker('pause', 'web');
  await view((now) => named(now, 'web')?.state === 'paused');
  await docker('unpause', 'web');
  await docker('rename', 'web', 'site');
  await view((now) => named(now, 'site')?.state === 'running' && now.containers.length === 1);
  await docker('stop', '-t', '0', 'site');
  const stopped = named(await view((now) => named(now, 'site')?.state === 'exited'), 'site');
  assert.deepEqual([stopped?.exitCode, stopped?.processes, stopped?.memoryBytes], [137, [], 0]);
  assert.deepEqual([stopped?.ports, stopped?.ownLayer.files], [[], 1]);
  assert.equal(stopped?.readyMs, running.readyMs);
  assert.ok(Date.parse(stopped?.since ?? '') > Date.parse(running.since));
  assert.deepEqual(last(page, 'view')?.networks.find(({ name }) => name === 'bridge')?.members, []);
  await docker('start', 'site');
  await view((now) => named(now, 'site')?.state === 'running');
  await docker('rm', '-f', 'site');
  await view(({ containers }) => containers.length === 0);
});

test('it follows volumes, networks, health, restarts and limits', async () => {
  await docker('network', 'create', '--internal', 'back');
  await view(({ networks }) => networks.some(({ name, internal }) => name === 'back' && internal));
  await docker('volume', 'create', 'data');
  await view(({ volumes }) => volumes.length === 1 && volumes[0]?.name === 'data' && volumes[0].users.length === 0);
  await docker(
    ...['run', '-d', '--name', 'db', '--network', 'back', '--network-alias', 'database', '-v', 'data:/data:ro'],
    ...['-v', '/home/student:/site', '--memory', '32m', '--cpus', '0.5', '--pids-limit', '20'],
    ...['--health-cmd', 'test -e /well', '--health-interval', '1s', '--health-retries', '1'],
    ...['busybox', 'sleep', '1000'],
  );
  const ill = await view((now) => named(now, 'db')?.health === 'unhealthy');
  const { limits, binds, restarts, pids } = named(ill, 'db') ?? {};
  assert.deepEqual(limits, { memoryBytes: 32 * 1024 * 1024, cpus: 0.5, pids: 20 });
  assert.deepEqual(binds, [{ source: '/home/student', at: '/site', readOnly: false }]);
  assert.ok(restarts === 0 && (pids ?? 0) >= 1);
  assert.deepEqual(ill.volumes, [{ name: 'data', users: [{ container: 'db', at: '/data', readOnly: true }] }]);
  const back = ill.networks.find(({ name }) => name === 'back');
  assert.deepEqual(
    back?.members.map(({ container, names }) => ({ container, names })),
    [{ container: 'db', names: ['database'] }],
  );
  await docker('exec', 'db', 'touch', '/well');
  await view((now) => named(now, 'db')?.health === 'healthy');
  await docker('network', 'connect', 'bridge', 'db');
  await view(({ networks }) => networks.some(({ name, members }) => name === 'bridge' && members.length === 1));
  await docker('network', 'disconnect', 'back', 'db');
  await view(({ networks }) => networks.some(({ name, members }) => name === 'back' && members.length === 0));
  await docker('rm', '-f', 'db');
  const left = await view(({ containers }) => containers.length === 0);
  assert.deepEqual(left.volumes, [{ name: 'data', users: [] }], 'it outlives its container');

  await docker('run', '-d', '--name', 'loop', '--restart', 'on-failure:2', 'busybox', 'false');
  await view((now) => named(now, 'loop')?.restarts === 2 && named(now, 'loop')?.state === 'exited');
  await docker('run', '-d', '--name', 'hungry', '--memory', '16m', 'busybox', 'sh', '-c', 'exec tail /dev/zero');
  const hasEnded = (now: View) => named(now, 'hungry')?.oomKilled === true && named(now, 'hungry')?.state === 'exited';
  assert.equal(named(await view(hasEnded), 'hungry')?.exitCode, 137);
  await docker('rm', '-f', 'loop', 'hungry');
  await docker('volume', 'rm', 'data');
  await docker('network', 'rm', 'back');
  await view((now) => now.volumes.length === 0 && now.networks.every(({ name }) => name !== 'back'));
});

test('a command in the terminal is enough', async () => {
  await page.attach('t1');
  await page.shows('t1', '$ ');
  await run(page, shellOf(page), 'docker create --name typed busybox true');
  assert.equal(named(await view((now) => named(now, 'typed') !== undefined), 'typed')?.state, 'created');
  await run(page, shellOf(page), 'docker rm typed');
  await view(({ containers }) => containers.length === 0);
});

test('images that share a layer name the same one', async () => {
  await docker('tag', 'busybox', 'mine:1');
  const tagged = await view(({ images }) => images[0]?.tags.includes('mine:1') === true);
  assert.equal(tagged.images.length, 1);
  await docker('pull', '-q', 'hello-world');
  const two = await view(({ images }) => images.length === 2);
  const ids = two.images.map(({ layers }) => layers.map(({ id }) => id).filter((id) => id !== ''));
  assert.equal(new Set(ids.flat()).size, ids.flat().length, 'these share none');
  await docker('rmi', 'mine:1', 'hello-world');
  await view(({ images }) => images.length === 1);
});

test('names, labels and commands are one short line of text each, and the message stays small', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  await docker(
    ...['run', '-d', '--name', 'evil', '--label', `evil=${evil}`, '--hostname', 'x', 'busybox'],
    ...['sh', '-c', 'sleep 1000; :', `${evil}\u202e\n\u0007`, 'x'.repeat(10_000)],
  );
  const now = await view((one) => runs(one, 'evil', 'sh -c'));
  const found = named(now, 'evil');
  assert.equal(found?.command.length, 120);
  assert.match(found?.command ?? '', /^sh -c .*onerror.*x…$/);
  assert.match(found?.processes[0]?.command ?? '', /^sh -c sleep 1000; : <img src=x onerror=alert\(1\)>\?\?\? x+…$/);
  assert.doesNotMatch(JSON.stringify(now), /\u202e|\\u0007|\\n/);
  await docker('rm', '-f', 'evil');

  for (let count = 0; count < 15; count++)
    await docker(
      'run',
      '-d',
      '--name',
      `${count}-`.padEnd(63, 'x'),
      'busybox',
      'sh',
      '-c',
      `for i in ${'1 '.repeat(15)}; do sleep 1000 & done; wait`,
    );
  const many = await view(
    ({ containers }) => containers.length === 15 && containers.every(({ processes }) => processes.length > 0),
  );
  assert.ok(Buffer.byteLength(JSON.stringify(many)) <= maxViewBytes);
  await docker('rm', '-f', ...many.containers.map(({ id }) => id));
  await view(({ containers }) => containers.length === 0);
});

test('a page that comes later is told at once, and nobody is told what has not changed', async () => {
  const other = await server.enter(await server.ticket(lab));
  await other.hears('view');
  other.drop();
  const told = page.heard.filter(({ type }) => type === 'view').map((message) => JSON.stringify(message));
  for (const [index, message] of told.entries()) assert.notEqual(message, told[index + 1]);
});

test('it goes on when the engine comes back', async () => {
  const away = page.hearsNext('engine', ({ state }) => state === 'away');
  await engine.kill();
  await away;
  const back = page.hearsNext('engine', ({ state }) => state === 'up');
  await engine.start();
  await back;
  await docker('create', '--name', 'after', 'busybox', 'true');
  await view((now) => named(now, 'after')?.state === 'created');
  await docker('rm', 'after');
});
