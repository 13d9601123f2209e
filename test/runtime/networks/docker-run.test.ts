// What --network and -p of `docker run` do, with the real command: whose names and addresses a container has, and which ports
// lead to it. What is said here is what dockerd 28.5 does.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';

let engine: RunningEngine;

async function docker(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.docker('dev', ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** What `docker` complains of when it fails with `exitCode`. */
async function refused(exitCode: number, ...args: string[]): Promise<string> {
  const outcome = await engine.docker('dev', ...args);
  assert.equal(outcome.exitCode, exitCode, `docker ${args.join(' ')}: ${outcome.stderr}${outcome.stdout}`);
  return outcome.stderr;
}

/** Runs a script in the workspace, as root. */
async function shell(script: string): Promise<string> {
  const { stdout } = await engine.client.run('dev', { argv: ['bash', '-c', script], user: 'root', timeoutMs: 30_000 });
  return stdout.trim();
}

const sleeper = ['busybox', 'sleep', '1000'];
const addresses = 'ip -o -4 addr | tr -s " " | cut -d " " -f 2,4';
const inspect = (container: string, format: string) => docker('inspect', '-f', format, container);

beforeAll(async () => {
  engine = await sharedEngine();
  await engine.client.createHost('dev', { hostname: 'dev', link: 'lab' });
  await engine.client.createHost('prod', { hostname: 'prod', link: 'lab' });
  await docker('pull', 'busybox');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('--network host', () => {
  test('has the name, the addresses and the names of the workspace', async () => {
    const script = `hostname; cat /etc/hostname; ${addresses}; grep -w prod /etc/hosts`;
    const lines = await docker('run', '--rm', '--network', 'host', 'busybox', 'sh', '-c', script);
    assert.equal(lines, `dev\ndev\nlo 127.0.0.1/8\ndocker0 172.17.0.1/16\neth0 10.77.0.2/24\n10.77.0.3\tprod`);
  });

  test('serves at the ports of the workspace itself, and discards -p with a warning', async () => {
    const args = [
      '-d',
      '--name',
      'served',
      '--network',
      'host',
      '-p',
      '9999:80',
      'busybox',
      'httpd',
      '-f',
      '-p',
      '8123',
    ];
    const outcome = await engine.docker('dev', 'run', ...args);
    assert.match(outcome.stderr, /Published ports are discarded when using host network mode/);
    const answer = 'curl -s -o /dev/null -w "%{http_code}" http://localhost:8123/';
    await until('it serves', async () => (await shell(answer)) === '404');
    assert.equal(await inspect('served', '{{json .NetworkSettings.Ports}} {{.Config.Hostname}}'), '{} dev');
    await docker('rm', '-f', 'served');
  });

  test('leaves the names of the workspace out where others are given, as Docker does', async () => {
    const args = ['--network', 'host', '-h', 'other', '--add-host', 'extra:1.2.3.4'];
    const names = await docker('run', '--rm', ...args, 'busybox', 'sh', '-c', 'hostname; cat /etc/hosts');
    assert.match(names, /^other\n[\s\S]*^1\.2\.3\.4\textra$/m);
    assert.doesNotMatch(names, /prod/);
  });
});

test('--network none has the loopback alone', async () => {
  const script = `hostname; ${addresses}; grep -c . /etc/hosts`;
  const lines = await docker('run', '--rm', '-h', 'lonely', '--network', 'none', 'busybox', 'sh', '-c', script);
  assert.equal(lines, 'lonely\nlo 127.0.0.1/8\n6');
});

describe('--network container:X', () => {
  test('has the name, the addresses and the very files of X', async () => {
    const x = await docker('run', '-d', '--name', 'owner', '-h', 'named', '--dns', '9.9.9.9', ...sleeper);
    const script = `hostname; ${addresses}; tail -1 /etc/hosts; cat /etc/resolv.conf; echo 1.1.1.1 written >>/etc/hosts`;
    const lines = await docker('run', '--rm', '--network', 'container:owner', 'busybox', 'sh', '-c', script);
    const [, address = ''] = /eth0 ([\d.]+)\/16/.exec(lines) ?? [];
    assert.equal(lines, `named\nlo 127.0.0.1/8\neth0 ${address}/16\n${address}\tnamed\nnameserver 9.9.9.9`);
    assert.equal(await docker('exec', 'owner', 'tail', '-1', '/etc/hosts'), '1.1.1.1 written');

    await docker('run', '-d', '--name', 'joined', '--network', 'container:owner', ...sleeper);
    // By ID, so that another name of X changes nothing.
    assert.equal(await inspect('joined', '{{.HostConfig.NetworkMode}} {{.Config.Hostname}}'), `container:${x} named`);
    assert.equal(await inspect('joined', '{{.HostsPath}}'), await inspect('owner', '{{.HostsPath}}'));
    assert.equal(await inspect('joined', '{{json .NetworkSettings.Networks}}'), '{}');
    // One that joins the joined one has them too.
    assert.equal(await docker('run', '--rm', '--network', 'container:joined', 'busybox', 'hostname'), 'named');
  });

  test('is found by X at 127.0.0.1, and at the ports that X publishes', async () => {
    await docker('rm', '-f', 'owner', 'joined');
    await docker('run', '-d', '--name', 'owner', '-p', '8200:80', ...sleeper);
    await docker('run', '-d', '--name', 'joined', '--network', 'container:owner', 'busybox', 'httpd', '-f', '-p', '80');
    const answer = 'curl -s -o /dev/null -w "%{http_code}" http://localhost:8200/';
    await until('the joined one answers for its owner', async () => (await shell(answer)) === '404');
    assert.match(await refused(1, 'exec', 'owner', 'wget', '-q', '-O-', 'http://127.0.0.1/'), /404 Not Found/);
  });

  test('starts where X runs, and says so where it does not', async () => {
    await docker('rename', 'owner', 'renamed');
    await docker('restart', '-t', '0', 'joined');
    await docker('stop', '-t', '0', 'joined', 'renamed');
    assert.match(
      await refused(1, 'start', 'joined'),
      /cannot join network namespace of a non running container: container renamed is exited/,
    );
    await docker('rm', 'renamed');
    assert.match(
      await refused(1, 'start', 'joined'),
      /joining network namespace of container: No such container: \w{64}/,
    );
    await docker('rm', 'joined');
    assert.match(
      await refused(125, 'run', '--rm', '--network', 'container:nope', 'busybox'),
      /joining network namespace of container: No such container: nope/,
    );
  });

  test('runs again with its host, after X', async () => {
    await docker('run', '-d', '--name', 'owner', ...sleeper);
    await docker('run', '-d', '--name', 'joined', '--network', 'container:owner', ...sleeper);
    await docker('run', '-d', '--name', 'third', '--network', 'container:joined', ...sleeper);
    await engine.client.storeHost('dev');
    await engine.client.startHost('dev');
    assert.equal((await docker('ps', '--format', '{{.Names}}')).split('\n').sort().join(' '), 'joined owner third');
    await docker('rm', '-f', 'owner', 'joined', 'third');
  });
});

describe('-p', () => {
  test('takes the first free port of a range, and says so where none is', async () => {
    await docker('run', '-d', '--name', 'first', '-p', '127.0.0.1:8301:80', ...sleeper);
    await docker('run', '-d', '--name', 'second', '-p', '8300-8302:80', ...sleeper);
    await docker('run', '-d', '--name', 'third', '-p', '8300-8302:80', ...sleeper);
    assert.equal(await docker('port', 'second'), '80/tcp -> 0.0.0.0:8300\n80/tcp -> [::]:8300');
    assert.equal(await docker('port', 'third'), '80/tcp -> 0.0.0.0:8302\n80/tcp -> [::]:8302');
    assert.equal(
      await inspect('third', '{{json .HostConfig.PortBindings}}'),
      '{"80/tcp":[{"HostIp":"","HostPort":"8300-8302"}]}',
    );
    const full = await refused(125, 'run', '-d', '--name', 'fourth', '-p', '8300-8302:80', ...sleeper);
    assert.match(full, /Bind for 0\.0\.0\.0:8300-8302 failed: all ports are allocated/);
    await docker('rm', '-f', 'first', 'second', 'third', 'fourth');
  });

  test('leads UDP to the container, at the same number as TCP of another', async () => {
    await docker('run', '-d', '--name', 'tcp', '-p', '8400:80', ...sleeper);
    await docker('run', '-d', '--name', 'udp', '-p', '8400:53/udp', ...sleeper);
    assert.equal(await docker('port', 'udp'), '53/udp -> 0.0.0.0:8400\n53/udp -> [::]:8400');
    // busybox has no server of UDP: one of the workspace's answers from within the container's network.
    const echo =
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die;' +
      'while (defined $s->recv(my $said, 99)) { $s->send($said) }';
    const pid = await inspect('udp', '{{.State.Pid}}');
    const served = await shell(`nohup nsenter -t ${pid} -n perl -e '${echo}' >/dev/null 2>&1 & echo $!`);
    for (const address of ['127.0.0.1', '::1']) {
      const ask = `exec 3<>/dev/udp/${address}/8400; echo hello >&3; timeout 1 head -1 <&3`;
      await until(`it answers at ${address}`, async () => (await shell(ask)) === 'hello');
    }
    await shell(`kill ${served}`); // it would keep the container's network, and its address, after the container
    await docker('rm', '-f', 'tcp', 'udp');
  });

  test('gives with -P a port of its own to each that is exposed', async () => {
    await docker('run', '-d', '--name', 'all', '-P', '--expose', '81', '--expose', '53/udp', ...sleeper);
    assert.match(
      await docker('port', 'all'),
      /^53\/udp -> 0\.0\.0\.0:32768\n53\/udp -> \[::\]:32768\n81\/tcp -> 0\.0\.0\.0:32768\n81\/tcp -> \[::\]:32768$/,
    );
    await docker('rm', '-f', 'all');
  });

  test('has the port of a server in the workspace as soon as that has ended', async () => {
    // Who closes first has the connection for a minute more, in TIME_WAIT.
    const serve =
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8500, Listen => 1, ReuseAddr => 1) or die;' +
      'my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8500") or die; close($s->accept); readline $c; close $c';
    assert.equal(await shell(`perl -e '${serve}' && echo served`), 'served');
    assert.match(await shell('grep -c " 0100007F:2134 .* 06 " /proc/net/tcp'), /^1$/, 'TIME_WAIT at port 0x2134');
    await docker('run', '--rm', '-p', '8500:80', 'busybox', 'true');
  });

  /** Of what answers at each address in the workspace: `404` of busybox's httpd, `000` of nobody. */
  const codes = async (port: number, ...addresses: string[]): Promise<string> => {
    const one = (address: string) => `curl -s -o /dev/null -w '%{http_code} ' --max-time 15 http://${address}:${port}/`;
    return await shell(addresses.map(one).join('; '));
  };
  const server = (name: string, ...ports: string[]) =>
    docker(
      'run',
      '-d',
      '--name',
      name,
      ...ports.flatMap((port) => ['-p', port]),
      'busybox',
      'httpd',
      '-f',
      '-p',
      '0.0.0.0:80',
    );
  const both = ['127.0.0.1', '[::1]'];

  test('answers at ::1 as at 127.0.0.1, of a server that knows IPv4 alone, and no more when it has ended', async () => {
    await server('web', '8540:80');
    await until('it answers', async () => (await codes(8540, ...both)) === '404 404');
    assert.equal(await codes(8540, '[::]', 'localhost'), '404 404');
    // A container has a loopback of its own, one with the host's network has the host's.
    const inside = (network: string) =>
      engine.docker('dev', 'run', '--rm', '--network', network, 'busybox', 'wget', '-qO-', 'http://[::1]:8540/');
    assert.match((await inside('host')).stderr, /404 Not Found/);
    assert.match((await inside('bridge')).stderr, /refused|unreachable|not available/);
    // The others of the host stay where one ends.
    await server('other', '8541:80');
    await docker('rm', '-f', 'web');
    await until('the other one answers', async () => (await codes(8541, ...both)) === '404 404');
    assert.equal(await codes(8540, ...both), '000 000');
    await docker('rm', '-f', 'other');
    assert.equal(await codes(8541, ...both), '000 000');
  });

  test('answers at the address that was given alone', async () => {
    await server('four', '127.0.0.1:8510:80');
    await server('six', '[::1]:8511:80');
    await server('all-six', '[::]:8512:80');
    await server('all-four', '0.0.0.0:8513:80');
    for (const [port, address] of [
      [8510, '127.0.0.1'],
      [8511, '[::1]'],
      [8512, '[::1]'],
      [8513, '127.0.0.1'],
    ] as const)
      await until(`port ${port} answers`, async () => (await codes(port, address)) === '404');
    const found = [8510, 8511, 8512, 8513].map((port) => codes(port, ...both));
    assert.deepEqual(await Promise.all(found), ['404 000', '000 404', '000 404', '404 000']);
    await docker('rm', '-f', 'four', 'six', 'all-six', 'all-four');
  });

  test('leads ::1 to the container again when the host is started again', async () => {
    await server('web', '8520:80');
    await engine.client.storeHost('dev');
    await engine.client.startHost('dev');
    await until('it answers', async () => (await codes(8520, ...both)) === '404 404');
    await docker('restart', '-t', '0', 'web');
    await until('it answers', async () => (await codes(8520, ...both)) === '404 404');
    await docker('rm', '-f', 'web');
  });

  test('is refused where only ::1 of the port is taken', async () => {
    const listen =
      'use Socket; socket(my $s, AF_INET6, SOCK_STREAM, 0) or die; setsockopt($s, 41, 26, pack("i", 1)) or die;' +
      'bind($s, pack_sockaddr_in6(8530, "\\0" x 15 . "\\1")) or die; listen($s, 1) or die; exit if fork; sleep 60';
    assert.equal(await shell(`perl -e '${listen}' >/dev/null 2>&1 && echo listens`), 'listens');
    assert.match(
      await refused(125, 'run', '-d', '--name', 'taken', '-p', '8530:80', ...sleeper),
      /failed to bind host port for tcp \[::\]:8530: address already in use/,
    );
    await docker('rm', 'taken');
  });
});
