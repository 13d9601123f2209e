// `--link` on the default network: names, variables, and what they do when the other container changes. Asked of either Docker.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { expect } from '../api/exchange.ts';

let docker: EitherDocker;

beforeAll(async () => {
  docker = await openDocker();
});
afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const run = (...args: string[]) => dockerCommand(docker.socket, ...args);
async function cli(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

test('a linked container finds the other by its alias, its name and its host name, and has its variables', async () => {
  await cli(
    'run',
    '-d',
    '--name',
    'db',
    '-h',
    'dbhost',
    '-e',
    'A=1',
    '-e',
    'PATH=/bin',
    '--expose',
    '80',
    '--expose',
    '53/udp',
    'busybox',
    'sleep',
    '1000',
  );
  await cli('run', '-d', '--name', 'app', '--link', 'db:the-db', '-e', 'THE_DB_ENV_A=mine', 'busybox', 'sleep', '1000');
  const ip = await cli('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'db');
  const hosts = await cli('exec', 'app', 'cat', '/etc/hosts');
  assert.match(hosts, new RegExp(`^${ip}\tthe-db dbhost db$`, 'm'));
  await cli('exec', 'app', 'ping', '-c', '1', '-W', '10', 'the-db');
  const told = (await cli('exec', 'app', 'env')).split('\n').filter((line) => line.startsWith('THE_DB_'));
  const expected = [
    'NAME=/app/the-db',
    `PORT=tcp://${ip}:80`,
    ...[`=tcp://${ip}:80`, `_ADDR=${ip}`, '_PORT=80', '_PROTO=tcp'].map((rest) => `PORT_80_TCP${rest}`),
    ...[`=udp://${ip}:53`, `_ADDR=${ip}`, '_PORT=53', '_PROTO=udp'].map((rest) => `PORT_53_UDP${rest}`),
    'ENV_A=mine',
  ];
  assert.deepEqual(told.sort(), expected.map((line) => `THE_DB_${line}`).sort());
  assert.equal(
    await cli(
      'inspect',
      '-f',
      '{{json .HostConfig.Links}} {{json (index .NetworkSettings.Networks "bridge").Links}}',
      'app',
    ),
    '["/db:/app/the-db"] null',
  );
  assert.equal(await cli('ps', '--no-trunc', '--filter', 'name=db', '--format', '{{.Names}}'), 'app/the-db,db');
});

test('the name leads to the new address when the other is started again at another one', async () => {
  await cli('stop', '-t', '0', 'db');
  await cli('run', '-d', '--name', 'between', 'busybox', 'sleep', '1000');
  await cli('start', 'db');
  const ip = await cli('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'db');
  assert.match(await cli('exec', 'app', 'cat', '/etc/hosts'), new RegExp(`^${ip}\tthe-db dbhost db$`, 'm'));
  assert.equal((await cli('exec', 'app', 'cat', '/etc/hosts')).match(/the-db/g)?.length, 1);
  await cli('exec', 'app', 'ping', '-c', '1', '-W', '10', 'db');
});

test('a container starts only while those that it is linked to run', async () => {
  await cli('stop', '-t', '0', 'app', 'db');
  const { exitCode, stderr } = await run('start', 'app');
  assert.equal(exitCode, 1);
  assert.match(stderr, /Cannot link to a non running container: \/db AS \/app\/the-db/);
  await cli('start', 'db');
  await cli('start', 'app');
});

test('what is no link is refused in Docker’s words', async () => {
  for (const [args, said] of [
    [['--link', 'nosuch'], /could not get container for nosuch: No such container: nosuch/],
    [['--network', 'host', '--link', 'db'], /conflicting options: host type network(ing)? can't be used with links/],
    [
      ['--network', 'container:db', '--link', 'db'],
      /conflicting options: container type network can't be used with links/,
    ],
  ] as const) {
    const { exitCode, stderr } = await run('create', ...args, 'busybox', 'true');
    assert.notEqual(exitCode, 0);
    assert.match(stderr, said);
  }
});

// To Docker a container that is gone is still linked: the other never starts again, though a new one has the name.
test('a link is removed alone, and goes with the container that it leads to', { skip: isReference }, async () => {
  await cli('run', '-d', '--name', 'both', '--link', 'db:a', '--link', 'app', 'busybox', 'sleep', '1000');
  await expect(docker.socket, 'DELETE /containers/both/a?link=1', 204);
  assert.equal(await cli('inspect', '-f', '{{json .HostConfig.Links}}', 'both'), '["/app:/both/app"]');
  await cli('rm', '-f', 'app');
  assert.equal(await cli('inspect', '-f', '{{json .HostConfig.Links}}', 'both'), 'null');
  await cli('restart', '-t', '0', 'both');
});

test('on a network of one’s own the alias is the name server’s', async () => {
  await cli('network', 'create', 'own');
  await cli('run', '-d', '--name', 'web', '--network', 'own', 'busybox', 'sleep', '1000');
  assert.match(
    await cli('run', '--rm', '--network', 'own', '--link', 'web:w', 'busybox', 'ping', '-c', '1', '-W', '10', 'w'),
    / 0% packet loss/,
  );
  await cli('rm', '-f', 'web');
  await cli('network', 'rm', 'own');
});

test.skipIf(isReference)('it starts after those that it is linked to, with its host', async () => {
  const host = (await docker.engine.client.hosts()).find(({ dockerSocket }) => dockerSocket === docker.socket);
  await docker.engine.client.storeHost(host?.name ?? '');
  await docker.engine.client.startHost(host?.name ?? '');
  await cli('rm', '-f', 'both');
  await cli('run', '-d', '--name', 'late', '--link', 'db', 'busybox', 'sleep', '1000');
  await docker.engine.client.storeHost(host?.name ?? '');
  await docker.engine.client.startHost(host?.name ?? '');
  assert.match(await cli('ps', '--format', '{{.Names}} {{.Status}}'), /^late Up/m);
});
