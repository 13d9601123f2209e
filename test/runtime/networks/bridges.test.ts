// Two bridges in one host's network namespace, and a container with an endpoint on each: what user-defined networks stand on.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { insideNetworkOf } from '../../../runtime/kernel/namespaces.ts';
import * as netlink from '../../../runtime/kernel/netlink.ts';
import { nft } from '../../../runtime/kernel/nft.ts';
import { type Bridge, connectToBridge, createBridge, defaultBridge } from '../../../runtime/networks/bridge.ts';
import { allocateEndpoint, noWish } from '../../../runtime/networks/endpoint.ts';
import { natRules } from '../../../runtime/networks/nat.ts';
import type { PublishedPort } from '../../../runtime/networks/ports.ts';
import { publicationScript, unpublish } from '../../../runtime/networks/publish.ts';
import { until } from '../../support/until.ts';

const other: Bridge = {
  network: 'backend',
  link: 'br-0123456789ab',
  subnet: { ip: '172.18.0.0', prefixLength: 16 },
  gateway: '172.18.0.1',
  range: { ip: '172.18.0.0', prefixLength: 16 },
  reserved: [],
  ipv6: null,
  internal: false,
  masquerade: true,
  mtu: null,
};
const bridges = [defaultBridge, other];
const endpoints = bridges.map((bridge) => allocateEndpoint(bridge, new Set(), noWish));
const children: ChildProcess[] = [];

/** The PID of a process with a network namespace of its own. */
async function namespace(): Promise<number> {
  const child = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
  children.push(child);
  const pid = child.pid ?? 0;
  const own = readlinkSync('/proc/self/ns/net');
  await until('the namespace is there', () => readlinkSync(`/proc/${pid}/ns/net`) !== own);
  return pid;
}

/** What a script prints in the network namespace of `pid`. */
const inside = (pid: number, script: string): string =>
  execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'bash', '-c', script], {
    encoding: 'utf8',
    timeout: 60_000,
  }).trim();

let host = 0;
let container = 0;
beforeAll(async () => {
  [host, container] = await Promise.all([namespace(), namespace()]);
  // The indexes of a new namespace's first links are taken: a bridge is found by its name alone.
  insideNetworkOf(host, () => netlink.configureNetwork([netlink.bridge('first', '02:00:00:00:00:01')]));
  for (const bridge of bridges) createBridge(host, bridge);
  for (const [place, bridge] of bridges.entries()) {
    const endpoint = endpoints[place];
    assert.ok(endpoint);
    const routes = place === 0 ? [bridge.gateway] : [];
    connectToBridge(host, container, bridge, endpoint, { link: `eth${place}`, routes, known: [] });
  }
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

test('a container has an address in each network, and its default route in the first', () => {
  assert.equal(
    inside(container, 'ip -o -4 addr show scope global | tr -s " " | cut -d " " -f 2,4,6'),
    'eth0 172.17.0.2/16 172.17.255.255\neth1 172.18.0.2/16 172.18.255.255',
  );
  assert.equal(
    inside(container, 'ip route | cut -d " " -f 1-5'),
    'default via 172.17.0.1 dev eth0\n172.17.0.0/16 dev eth0 proto kernel\n172.18.0.0/16 dev eth1 proto kernel',
  );
  assert.deepEqual(
    inside(host, 'ip -o link show type veth | sed "s/.*master \\([^ ]*\\) .*/\\1/"').split('\n').sort(),
    ['br-0123456789ab', 'docker0'],
  );
});

test('both bridges are reached from the container, and the others of their networks are not looked for beyond 62', () => {
  for (const [address, error] of [
    ['172.17.0.1', /Connection refused/],
    ['172.18.0.1', /Connection refused/],
    ['172.17.0.64', /No route to host/],
    ['172.18.200.1', /No route to host/],
  ] as const)
    assert.match(inside(container, `(exec 3<>/dev/tcp/${address}/9) 2>&1 || true`), error, address);
});

test('each network has rules of its own, and no others have any', async () => {
  await nft(host, natRules([defaultBridge, other]));
  const both = inside(host, 'nft list chain ip drydock postrouting');
  for (const name of ['docker0', other.link])
    assert.match(both, new RegExp(`ip saddr 127.0.0.0/8 oifname "${name}" masquerade`));
  for (const subnet of ['172.17.0.0/16', '172.18.0.0/16']) {
    assert.ok(both.includes(`ip saddr ${subnet} oifname "eth0" masquerade`), both);
    assert.ok(both.includes(`ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade`), both);
  }
  await nft(host, natRules([defaultBridge]));
  const one = inside(host, 'nft list chain ip drydock postrouting');
  assert.doesNotMatch(one, /br-0123456789ab|172\.18/);
  assert.match(one, /oifname "docker0" masquerade/);
});

test('a port leads to the endpoint in the second network, until it is taken back', async () => {
  const server =
    'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 9, ReuseAddr => 1) or die;' +
    'while (my $c = $s->accept) { print $c "from ", $c->peerhost, "\\n"; close $c }';
  const child = spawn('nsenter', [`--net=/proc/${container}/ns/net`, 'perl', '-e', server], { stdio: 'ignore' });
  children.push(child);
  const ask = (address: string) => inside(host, `(exec 3<>/dev/tcp/${address}/8080 && head -1 <&3) 2>&1 || true`);
  const port: PublishedPort = { protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 8080 };
  const [, endpoint] = endpoints;
  assert.ok(endpoint);
  const publication = { ports: [port], ipAddress: endpoint.ipAddress, ip6Address: null };
  const script = publicationScript(publication);
  await nft(host, natRules(bridges) + script);
  // What comes from 127.0.0.1 has the bridge's address in the container: else no answer would find back.
  await until('it answers', () => ask('127.0.0.1') === 'from 172.18.0.1');
  await unpublish(host, publication);
  assert.match(ask('127.0.0.1'), /Connection refused/);
});

test('where a link has gone and its routes have stayed, as a killed engine leaves them, bridge and link are made again', async () => {
  const [host, container] = await Promise.all([namespace(), namespace()]);
  const endpoint = endpoints[1];
  assert.ok(endpoint);
  const make = (): void => {
    createBridge(host, other);
    connectToBridge(host, container, other, endpoint, { link: 'eth0', routes: [other.gateway], known: [] });
  };
  make();
  const tables = () => [host, container].map((pid) => inside(pid, 'ip route show table 100; ip rule'));
  const before = tables();
  inside(host, `ip link del ${other.link}`);
  inside(container, 'ip link del eth0');
  assert.deepEqual(tables(), before);
  make();
  assert.deepEqual(tables(), before);
});
