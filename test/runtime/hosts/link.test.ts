// Hosts on one link reach each other, by name, as two machines in one room do; and nobody and nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: TestEngine;
const hosts: Record<string, DockerHost> = {};
const host = (name: string): DockerHost => {
  const found = hosts[name];
  assert.ok(found, name);
  return found;
};

async function make(name: string, hostname: string, link: string): Promise<DockerHost> {
  const made = new DockerHost(engine, await engine.client.createHost(name, { hostname, link }));
  await expect(made.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  hosts[name] = made;
  return made;
}

/** Publishes a page that says `words` on port 8080 of the host. */
async function serve(on: DockerHost, words: string): Promise<void> {
  const script = `echo ${words} >/index.html; exec httpd -f -p 80 -h /`;
  await on.run('web', ['sh', '-c', script], {
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } },
  });
  await until(`${on.name} serves itself`, async () => (await get(on, '127.0.0.1')) === `${words}\n`);
}

const get = async (from: DockerHost, address: string): Promise<string> =>
  (await from.shell(`curl -s --max-time 15 http://${address}:8080/index.html`, 'student')).stdout;

beforeAll(async () => {
  engine = await startEngine();
  await make('a-dev', 'dev', 'a');
  await make('a-prod', 'prod', 'a');
  await make('b-dev', 'dev', 'b');
  hosts.alone = await createDockerHost(engine, 'alone');
  await serve(host('a-prod'), 'prod of a');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('two hosts on one link', () => {
  test('are called what they are called, and know each other by name', async () => {
    assert.equal(
      (await host('a-dev').shell('hostname; getent hosts prod dev')).stdout.replace(/ +/g, ' '),
      'dev\n10.77.0.3 prod\n10.77.0.2 dev\n',
    );
    assert.match((await host('a-prod').shell('cat /etc/hosts')).stdout, /^10\.77\.0\.2\tdev$/m);
    await expect(host('a-prod').socket, 'GET /info', 200, { Name: 'prod' });
  });

  test('reach each other’s published ports, and what listens in the workspace', async () => {
    assert.equal(await get(host('a-dev'), 'prod'), 'prod of a\n');
    const listen =
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 2222, Listen => 5, ReuseAddr => 1) or die;' +
      'while (my $c = $s->accept) { print $c "hello ", $c->peerhost, "\\n"; close $c }';
    await host('a-prod').shell(`nohup perl -e '${listen}' >/dev/null 2>&1 &`, 'student');
    const knock = 'exec 3<>/dev/tcp/prod/2222 && cat <&3';
    await until('it listens', async () => (await host('a-dev').shell(knock, 'student')).exitCode === 0);
    assert.equal((await host('a-dev').shell(knock, 'student')).stdout, 'hello 10.77.0.2\n');
    // A container goes out with its host's address, as on any two machines.
    const { text } = await host('a-dev').output(['nc', '-w', '15', '10.77.0.3', '2222']);
    assert.equal(text, 'hello 10.77.0.2\r\n');
    assert.equal(
      (await host('a-dev').output(['wget', '-qO-', 'http://10.77.0.3:8080/index.html'])).text,
      'prod of a\r\n',
    );
  });

  test('answer on the one address that a port is published at, and not on another', async () => {
    const at = (HostIp: string) => ({
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp, HostPort: '9090' }] } },
    });
    const page = (words: string) => ['sh', '-c', `echo ${words} >/index.html; exec httpd -f -p 80 -h /`];
    const prod = host('a-prod');
    await prod.run('inner', page('inner'), at('127.0.0.1'));
    const ask = async (from: DockerHost, address: string): Promise<string> =>
      (await from.shell(`curl -s --max-time 15 http://${address}:9090/index.html`)).stdout;
    await until('it serves', async () => (await ask(prod, '127.0.0.1')) === 'inner\n');
    assert.equal(await ask(host('a-dev'), 'prod'), '');
    assert.equal(await ask(prod, 'prod'), '');
    // Another may have the same port of another address, and none that of all.
    await prod.run('outer', page('outer'), at('10.77.0.3'));
    await until('it serves', async () => (await ask(host('a-dev'), 'prod')) === 'outer\n');
    assert.equal(await ask(prod, '127.0.0.1'), 'inner\n');
    await prod.create('all', page('all'), at(''));
    const taken = (await expect(prod.socket, 'POST /containers/all/start', 500)) as { message: string };
    assert.match(taken.message, /Bind for 0\.0\.0\.0:9090 failed: port is already allocated/);
    await prod.create('foreign', page('foreign'), at('10.9.9.9'));
    const foreign = (await expect(prod.socket, 'POST /containers/foreign/start', 500)) as { message: string };
    assert.match(foreign.message, /10\.9\.9\.9:9090: cannot assign requested address/);
    for (const name of ['inner', 'outer', 'all', 'foreign'])
      await expect(prod.socket, `DELETE /containers/${name}?force=1`, 204);
    assert.equal(await ask(prod, '127.0.0.1'), '');
  });

  test('cannot have one name, and the names are those of one link', async () => {
    const taken = engine.client.createHost('again', { hostname: 'prod', link: 'a' });
    await assert.rejects(taken, { kind: 'conflict', message: /link a already has a host called prod/ });
    for (const link of ['', '../b', 'A', 'a'.repeat(64)])
      await assert.rejects(engine.client.createHost('again', { link }), { kind: 'invalid' }, link);
    await assert.rejects(engine.client.createHost('again', { workspace: 'nginx' }), { kind: 'invalid' });
    await assert.rejects(engine.client.createHost('again', { workspace: 'workspace-nothing' }), { kind: 'notFound' });
    assert.equal(
      (await engine.client.hosts()).some(({ name }) => name === 'again'),
      false,
    );
  });
});

describe('a host on another link, or on none', () => {
  test('reaches nobody of it', async () => {
    assert.equal(await get(host('b-dev'), '10.77.0.3'), '');
    assert.equal(await get(host('alone'), '10.77.0.3'), '');
    assert.equal((await host('alone').shell('ip -brief link')).stdout.match(/^eth0/m), null);
    await make('b-prod', 'prod', 'b');
    await serve(host('b-prod'), 'prod of b');
    assert.equal(await get(host('b-dev'), 'prod'), 'prod of b\n');
    assert.equal(await get(host('a-dev'), 'prod'), 'prod of a\n');
  });

  test('not even as root, with any address and route it likes; nor the machine', async () => {
    const { stdout } = await host('b-dev').shell('ip route; ip -6 route');
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ').slice(0, 3).join(' ')),
      ['10.77.0.0/24 dev eth0', '172.17.0.0/16 dev docker0'],
    );
    // The addresses of the machine itself, as far as it has any, and those of the other link.
    const machine = readFileSync('/proc/net/fib_trie', 'utf8').match(/(?<=\|-- )[\d.]+(?=\n\s+\/32 host LOCAL)/g) ?? [];
    const addresses = ['10.77.0.1', ...new Set(machine)].filter((address) => !address.startsWith('127.'));
    for (const change of ['ip addr add 10.77.0.200/24 dev eth0', 'ip route add default dev eth0', 'ip link del eth0']) {
      const { exitCode, stderr } = await host('b-dev').shell(change);
      assert.deepEqual([exitCode, stderr], [2, 'RTNETLINK answers: Operation not permitted\n'], change);
    }
    for (const address of addresses) {
      const { stdout, exitCode } = await host('b-dev').shell(`curl -s --max-time 1 http://${address}:22/`);
      assert.equal(stdout, '');
      assert.ok(
        [7, 28].includes(exitCode),
        `nobody answers to ${address}: not connected, or not within a second (${exitCode})`,
      );
    }
    // Everything that is said on link `a` meanwhile is not heard in `b`.
    const received = async (): Promise<number> =>
      Number((await host('b-dev').shell('cat /sys/class/net/eth0/statistics/rx_packets')).stdout);
    const before = await received();
    await host('a-dev').shell('for i in $(seq 40); do curl -s --max-time 3 -o /dev/null http://prod:8080/; done');
    assert.ok((await received()) - before < 20, 'fewer packets than requests');
  });
});

describe('the link', () => {
  test('is there again after a restore, a store, and a kill of the engine', async () => {
    await engine.client.takeSnapshot('a-prod', 'now');
    await engine.client.restoreSnapshot('a-prod', 'now');
    await until('prod serves again', async () => (await get(host('a-dev'), 'prod')) === 'prod of a\n');
    await engine.client.storeHost('a-prod');
    assert.equal(await get(host('a-dev'), 'prod'), '');
    await engine.kill();
    await engine.start();
    await engine.client.startHost('a-prod');
    await until('prod serves again', async () => (await get(host('a-dev'), 'prod')) === 'prod of a\n');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('keeps what a student wrote into /etc/hosts when another host comes or goes', async () => {
    await host('a-dev').shell('echo 127.0.0.1 mine >>/etc/hosts');
    await make('a-third', 'third', 'a');
    const names = async (): Promise<string> => (await host('a-dev').shell('cat /etc/hosts')).stdout;
    assert.match(await names(), /mine/);
    assert.match(await names(), /^10\.77\.0\.4\tthird$/m);
    await engine.client.removeHost('a-third');
    assert.doesNotMatch(await names(), /third/);
    assert.match(await names(), /mine/);
  });

  test('goes with its last host', async () => {
    const pins = (): string[] => readdirSync(`/proc/${engine.pid}/root${engine.instance.run}/networks`).sort();
    assert.deepEqual(pins(), ['a', 'b']);
    for (const name of ['a-dev', 'a-prod', 'b-dev']) await engine.client.removeHost(name);
    assert.deepEqual(pins(), ['b']);
    await engine.client.removeHost('b-prod');
    assert.deepEqual(pins(), []);
    assert.equal(
      readlinkSync(`/proc/${engine.pid}/ns/net`),
      readlinkSync('/proc/self/ns/net'),
      'the engine is where it was',
    );
  });
});

test('a workspace that has ended has no place on the link any more, though the kernel has not removed its network yet', async () => {
  const old = await engine.client.createHost('c-prod', { hostname: 'prod', link: 'c' });
  const held = openSync(`/proc/${old.pid}/ns/net`, 'r');
  try {
    const links = (): string =>
      execFileSync('nsenter', [`--net=/proc/${process.pid}/fd/${held}`, 'cat', '/proc/net/dev'], { encoding: 'utf8' });
    const before = links().match(/:/g)?.length ?? 0;
    await engine.client.resetHost('c-prod');
    assert.equal(links().match(/:/g)?.length, before - 1, links());
  } finally {
    closeSync(held);
    await engine.client.removeHost('c-prod');
  }
});
