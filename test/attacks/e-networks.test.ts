// E01, E03, E05: what a student sends stays in their own hosts, what they publish is theirs alone, and networks change no setting of
// the machine.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let one: DockerHost;
let two: DockerHost;
/** On one link, as hosts of one lab: what is sent in one of them reaches the other. */
let dev: DockerHost;
let prod: DockerHost;

const serve = ['sh', '-c', 'echo served >/index.html; exec httpd -f -v -p 80 -h /'];
const publish = (port: number) => ({
  HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: `${port}` }] } },
});

beforeAll(async () => {
  engine = await sharedEngine();
  const linked = async (hostname: string) => {
    const host = new DockerHost(engine, await engine.client.createHost(hostname, { hostname, link: 'lab' }));
    await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
    return host;
  };
  [one, two, dev, prod] = await Promise.all([
    createDockerHost(engine, 'one'),
    createDockerHost(engine, 'two'),
    linked('dev'),
    linked('prod'),
  ]);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Packets that each link of a host has received, but for the loopback. */
function received({ info }: DockerHost): Record<string, number> {
  const lines = readFileSync(`/proc/${info.pid}/net/dev`, 'latin1').matchAll(/^\s*(\w+):\s*\d+\s+(\d+)/gm);
  return Object.fromEntries(
    [...lines].filter(([, link]) => link !== 'lo').map(([, link, count]) => [link, Number(count)]),
  );
}

/** To everybody who might hear it: every kind of neighbour, and packets that say they are from somebody else. */
const shout = `import socket, struct
def datagram(family, address, prepare=lambda s: None):
    try:
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        prepare(s)
        for _ in range(20): s.sendto(b'who is there', address)
    except OSError as error: print(address, error)
for link in [name for _, name in socket.if_nameindex() if name != 'lo']:
    bind = lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    for address in ['224.0.0.251', '255.255.255.255', '10.77.0.2', '10.77.0.3', '172.17.0.2', '172.17.0.1']:
        datagram(socket.AF_INET, (address, 5353), bind)
    datagram(socket.AF_INET6, ('ff02::1', 5353, 0, socket.if_nametoindex(link)), bind)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
header = lambda to: struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28, 1, 0, 64, 17, 0, socket.inet_aton('172.17.0.2'), socket.inet_aton(to))
for to in ['172.17.0.3', '10.77.0.2', '10.77.0.3', '169.254.169.254', '8.8.8.8']:
    try: raw.sendto(header(to) + struct.pack('!HHHH', 5353, 5353, 8, 0), (to, 0))
    except OSError as error: print(to, error)
`;

describe('E01: what a student sends', () => {
  test('reaches no other student’s host, by broadcast, multicast, raw sockets or a false address', async () => {
    await two.run('listener', ['sleep', '1000']);
    const before = received(two);
    const heard = received(prod).eth0 ?? 0;
    for (const host of [one, dev]) {
      await host.run('own', ['sleep', '1000']);
      const { exitCode, stderr } = await host.shell(`python3 -c "${shout}"`);
      assert.equal(exitCode, 0, stderr);
    }
    // So it was sent.
    await until('a host on the same link does hear it', () => (received(prod).eth0 ?? 0) > heard + 20);
    assert.deepEqual(received(two), before);
  });

  test('reaches no service of the machine, whatever address that listens at', async () => {
    let reached = 0;
    const server = net.createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const machine = readFileSync('/proc/net/fib_trie', 'utf8').match(/(?<=\|-- )[\d.]+(?=\n\s+\/32 host LOCAL)/g) ?? [];
    const addresses = [...new Set([...machine, '0.0.0.0', '10.77.0.1', '172.17.0.1'])].join(' ');
    for (const host of [one, dev]) {
      const { stdout } = await host.shell(
        `for ip in ${addresses}; do timeout 1 bash -c "exec 3<>/dev/tcp/$ip/${port}" 2>/dev/null && echo $ip; done; true`,
      );
      assert.equal(stdout, '');
    }
    server.close();
    assert.equal(reached, 0);
  });
});

describe('E03: a published port', () => {
  test('is the host’s alone: the machine and another host may have the same, and a second container may not', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    for (const host of [one, two]) {
      await host.run('web', serve, publish(port));
      const page = async () => (await host.shell(`curl -s --max-time 3 http://127.0.0.1:${port}/index.html`)).stdout;
      await until('it is served', async () => (await page()) === 'served\n');
    }
    server.close();
    await one.create('again', serve, publish(port));
    const refused = (await expect(one.socket, 'POST /containers/again/start', 500)) as { message: string };
    assert.match(refused.message, /port is already allocated/);
  });

  test('shows the container who really asks (CVE-2021-20199)', async () => {
    await prod.run('web', serve, publish(22));
    const ask = async () => (await dev.shell('curl -s --max-time 3 http://prod:22/index.html')).stdout;
    await until('it is served', async () => (await ask()) === 'served\n');
    await until('its log has it', async () => {
      const { stdout, stderr } = await engine.docker('prod', 'logs', 'web');
      return /10\.77\.0\.2\]?:\d+: response:200/.test(stdout + stderr);
    });
  });
});

describe('E05: settings of networks', () => {
  const files = [
    'ip_forward',
    ...['all', 'default', 'lo'].flatMap((link) =>
      ['forwarding', 'rp_filter', 'route_localnet', 'accept_redirects', 'proxy_arp', 'arp_ignore'].map(
        (name) => `conf/${link}/${name}`,
      ),
    ),
  ];
  const settings = (root: string) =>
    files.map((name) => `${name} ${readFileSync(`${root}/proc/sys/net/ipv4/${name}`, 'latin1').trim()}`);

  test('are as they were, on the machine and in the host, after a network has come and gone', async () => {
    const inHost = async () => (await two.shell(`cd /proc/sys/net/ipv4 && grep . ${files.join(' ')}`)).stdout;
    const before = { machine: settings(''), host: await inHost() };
    await expectSending(two.socket, 'POST /networks/create', { Name: 'passing' }, 201);
    await two.run('on-it', ['sleep', '1000'], { HostConfig: { NetworkMode: 'passing', ...publish(8099).HostConfig } });
    assert.deepEqual(settings(''), before.machine);
    await expect(two.socket, 'DELETE /containers/on-it?force=1', 204);
    await expect(two.socket, 'DELETE /networks/passing', 204);
    assert.deepEqual({ machine: settings(''), host: await inHost() }, before);
  });
});
