// A host that reaches all of the internet, and nothing that is not the internet: by a link into a network namespace that is there for
// that. The internet is a namespace of the test's own, which answers at every address that an attack would want to reach.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { type Internet, startInternet } from '../../support/internet.ts';
import { until } from '../../support/until.ts';
import { expect, expectSending } from '../api/exchange.ts';

const site = '93.184.216.34';
const traps = ['169.254.169.254', '192.168.1.10', '10.1.2.3', '100.100.100.200', '172.31.0.1', '198.18.5.2'];

let internet: Internet;
let engine: TestEngine;
let host: DockerHost;
let other: DockerHost;

const make = async (name: string): Promise<DockerHost> => {
  const made = new DockerHost(engine, await engine.client.createHost(name, { egress: 'open' }));
  await expect(made.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  return made;
};
const said = async (script: string): Promise<string> => {
  const { stdout, stderr } = await host.shell(`(${script}) 2>&1`, 'student');
  return stdout + stderr;
};
/** In the namespace that the traffic leaves by. */
const uplink = (...command: string[]): string =>
  execFileSync('nsenter', [`--net=${internet.network}`, ...command], { encoding: 'utf8' });
const links = (): string[] => [...uplink('ip', '-o', 'link').matchAll(/^\d+: (\w+)/gm)].map(([, name = '']) => name);

beforeAll(async () => {
  internet = await startInternet([site, '93.184.216.35', ...traps.filter((address) => !address.startsWith('198.'))], {
    'a.example': [site],
    'metadata.example': ['169.254.169.254'],
  });
  engine = await startEngine({ egress: { allow: ['*'], network: internet.network } });
  [host, other] = await Promise.all([make('open'), make('other')]);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await internet[Symbol.asyncDispose]();
});

describe('a host with an open way out', () => {
  test('reaches the internet by name, by itself and from containers on either kind of network', async () => {
    assert.match(await said('curl -sS --max-time 20 http://a.example/w'), /"url":"\/w"/);
    const wget = (address: string) => ['sh', '-c', `timeout 20 wget -qO- http://${address} 2>&1`];
    assert.match((await host.output(wget('a.example/c'))).text, /"url":"\/c"/);
    await expectSending(host.socket, 'POST /networks/create', { Name: 'own' }, 201);
    assert.match((await host.output(wget('a.example/n'), { HostConfig: { NetworkMode: 'own' } })).text, /"url":"\/n"/);
    await expectSending(host.socket, 'POST /networks/create', { Name: 'inner', Internal: true }, 201);
    const inner = { HostConfig: { NetworkMode: 'inner' } };
    assert.doesNotMatch((await host.output(wget(`${site}/i`), inner)).text, /"url"/);
  });

  test('E02: reaches no private network, no metadata, no neighbour and nothing of the machine', async () => {
    const neighbour = (await other.shell("ip -4 -o addr show eth1 | grep -oE '100[0-9.]+' | head -1")).stdout.trim();
    assert.match(neighbour, /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
    const gateway = (await said("ip route | grep -oE 'default via [0-9.]+' | cut -d' ' -f3")).trim();
    await other.shell('nohup python3 -m http.server 80 >/dev/null 2>&1 &');
    await until('the neighbour listens', async () => (await other.shell('curl -s localhost')).exitCode === 0);
    const before = internet.connections().length;
    for (const address of [...traps, neighbour, gateway, '198.18.5.1', 'metadata.example'])
      assert.match(await said(`curl -sS --max-time 2 http://${address}/`), /^curl: \((7|28)\)/, address);
    assert.match(await said(`timeout 2 bash -c 'exec 3<>/dev/tcp/${site}/25'; echo $?`), /\n?[1-9]\d*\n$/);
    assert.equal(internet.connections().length, before);
  });

  test('E01: cannot say that it is somebody else', async () => {
    const spoof = `import socket, struct
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for source in ['93.184.216.35', '10.77.0.2', '100.64.0.2']:
    header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28, 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton('${site}'))
    raw.sendto(header + struct.pack('!HHHH', 5353, 5353, 8, 0), ('${site}', 0))`;
    const dropped = () =>
      Number(/fib saddr \. iif oif missing counter packets (\d+)/.exec(uplink('nft', 'list', 'ruleset'))?.[1]);
    const before = dropped();
    const { exitCode, stderr } = await host.shell(`python3 -c "${spoof}"`);
    assert.equal(exitCode, 0, stderr);
    await until('all have come there', () => dropped() >= before + 3);
    assert.equal(dropped(), before + 3);
  });

  test('has its share of bytes a second, and of connections', async () => {
    const startedAt = performance.now();
    assert.equal(await said('curl -sS --max-time 30 http://a.example/large | wc -c'), `${24 * 1024 * 1024}\n`);
    assert.ok(performance.now() - startedAt > 1500);
  });

  test('keeps its way out over a kill of the engine and a store, and leaves no link behind', async () => {
    await engine.kill();
    await engine.start();
    assert.match(await said('curl -sS --max-time 5 http://a.example/'), /"url":"\/"/);
    await engine.client.storeHost('open');
    await engine.client.startHost('open');
    assert.match(await said('curl -sS --max-time 5 http://a.example/'), /"url":"\/"/);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
    for (const name of ['open', 'other']) await engine.client.removeHost(name);
    assert.deepEqual(links(), ['lo', 'out']);
  });
});
