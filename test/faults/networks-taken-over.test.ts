// Networks outlive the engine: killed at any moment and started again, it finds links, rules and name servers as its records say.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, test } from 'vitest';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let host: DockerHost;
const sleeper = ['sleep', '1000'];
const on = (NetworkMode: string, more: object = {}) => ({ HostConfig: { NetworkMode, ...more } });

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'kept');
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** What a script prints in the network namespace of a process. */
const within = (pid: number, script: string): string =>
  execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'bash', '-c', script], { encoding: 'utf8', timeout: 60_000 });
const docker = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await engine.docker('kept', ...args);
  return `${stdout}${stderr}`;
};
const workspace = async (): Promise<number> => (await engine.client.host('kept')).pid;
const known = async (from: string, name: string) => /^Address: \d/m.test(await docker('exec', from, 'nslookup', name));

test('after a kill -9 names are told, networks are apart, and all of it can be changed and removed', async () => {
  for (const Name of ['front', 'back']) await expectSending(host.socket, 'POST /networks/create', { Name }, 201);
  await host.run('one', sleeper, on('front'));
  const serving = await host.run('two', ['httpd', '-f', '-p', '80'], on('back'));
  await host.run('three', sleeper, on('front'));
  await until('names are told', () => known('one', 'three'));
  await engine.kill();
  assert.doesNotMatch(within(serving, 'ss -lun'), /127\.0\.0\.11/);
  // The old engine was killed between its record and the kernel: a bridge too many, one too few, one half made, and no rules.
  const pid = await (async () => {
    await engine.start();
    const found = await workspace();
    await engine.kill();
    return found;
  })();
  within(pid, 'ip link add br-0123456789ab type bridge; nft delete table ip drydock');
  const [front = ''] = within(pid, "ip -o -4 addr | grep 'br-.*172.18' | cut -d' ' -f2").trim().split('\n');
  within(pid, `ip link del ${front}`);
  const [back = ''] = within(pid, "ip -o -4 addr | grep 'br-.*172.19' | cut -d' ' -f2").trim().split('\n');
  within(pid, `ip addr flush dev ${back}; echo 0 >/proc/sys/net/ipv4/conf/${back}/route_localnet`);
  await engine.start();
  assert.doesNotMatch(within(pid, 'ip -o link'), /br-0123456789ab/);
  assert.match(within(pid, 'ip -o -4 addr'), new RegExp(front));
  assert.ok(await known('one', 'three'));
  assert.match(await docker('exec', 'one', 'ping', '-c', '1', '-W', '10', 'three'), / 0% packet loss/);
  const address = /IPAddress": "(172\.19\.\d+\.\d+)"/.exec(await docker('inspect', 'two'))?.[1] ?? '';
  assert.match(await docker('exec', 'two', 'wget', '-O-', `http://${address}/`), /404/);
  assert.doesNotMatch(await docker('exec', 'one', 'timeout', '2', 'wget', '-O-', `http://${address}/`), /404/);
  await expectSending(host.socket, 'POST /networks/back/connect', { Container: 'one' }, 200);
  assert.match(await docker('exec', 'one', 'timeout', '20', 'wget', '-O-', 'http://two/'), /404/);
  assert.deepEqual((await engine.client.check()).findings, []);
  for (const name of ['one', 'two', 'three']) await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
  for (const name of ['front', 'back']) await expect(host.socket, `DELETE /networks/${name}`, 204);
  await until('no link is left', () => !/br-|veth/.test(within(pid, 'ip -o link')));
  assert.doesNotMatch(within(pid, 'nft list ruleset; ip rule; ip route show table 100'), /br-|172\.1[89]\./);
});

test('after a kill -9 containers have their addresses of IPv6, and a network with it leaves nothing when it goes', async () => {
  const pid = await workspace();
  const traces = () =>
    within(pid, 'cat /proc/sys/net/ipv6/conf/all/forwarding; ip -6 rule; ip -6 route; nft list tables');
  const before = traces();
  const IPAM = { Config: [{ Subnet: 'fd00:1::/64', Gateway: 'fd00:1::ffff' }] };
  await expectSending(host.socket, 'POST /networks/create', { Name: 'six', EnableIPv6: true, IPAM }, 201);
  const asked = { NetworkingConfig: { EndpointsConfig: { six: { IPAMConfig: { IPv6Address: 'fd00:1::aa:1' } } } } };
  await host.run('alpha', sleeper, { ...on('six'), ...asked });
  await host.run('beta', ['httpd', '-f', '-p', '80'], {
    HostConfig: { NetworkMode: 'six', PortBindings: { '80/tcp': [{ HostIp: '::', HostPort: '8302' }] } },
  });
  const addresses = async () =>
    (await docker('inspect', '-f', '{{.NetworkSettings.Networks.six.GlobalIPv6Address}}', 'alpha', 'beta')).trim();
  const rules = () => within(pid, 'nft list table ip6 drydock; nft list table bridge drydock');
  assert.equal(await addresses(), 'fd00:1::aa:1\nfd00:1::1');
  const ruled = rules();
  await engine.kill();
  const link = /^\d+: (br-\S+) /m.exec(within(pid, 'ip -o -6 addr'))?.[1] ?? '';
  within(pid, `ip link del ${link}; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding; nft delete table bridge drydock`);
  await engine.start();
  assert.equal(await addresses(), 'fd00:1::aa:1\nfd00:1::1');
  assert.deepEqual(rules(), ruled);
  assert.match(await docker('exec', 'beta', 'ping', '-6', '-c', '1', '-W', '10', 'alpha'), / 0% packet loss/);
  assert.match(await docker('exec', 'alpha', 'timeout', '20', 'wget', '-O-', 'http://[fd00:1::ffff]:8302/'), /404/);
  assert.equal((await host.shell('curl -s -o /dev/null http://[::1]:8302/')).exitCode, 0);
  assert.deepEqual((await engine.client.check()).findings, []);
  for (const name of ['alpha', 'beta']) await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
  assert.match(ruled, /8302/);
  assert.doesNotMatch(rules(), /8302/);
  await expect(host.socket, 'DELETE /networks/six', 204);
  await until('no link is left', () => !/br-|veth/.test(within(pid, 'ip -o link')));
  assert.equal(traces(), before);
});

test('a port of [::] that an older engine led at IPv4 too is given back with its container', async () => {
  await host.run('six', ['httpd', '-f', '-p', '80'], {
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '::', HostPort: '8300' }] } },
    ExposedPorts: { '80/tcp': {} },
  });
  await host.run('four', sleeper, { HostConfig: { PortBindings: { '81/tcp': [{ HostPort: '8301' }] } } });
  const pid = await workspace();
  const address = /IPAddress": "(172\.17\.\d+\.\d+)"/.exec(await docker('inspect', 'six'))?.[1];
  await engine.kill();
  within(pid, `nft add element ip drydock published '{ tcp . 8300 : ${address} . 80 }'`);
  await engine.start();
  await expect(host.socket, 'DELETE /containers/six?force=1', 204);
  const rules = within(pid, 'nft list map ip drydock published');
  assert.doesNotMatch(rules, /8300/);
  assert.match(rules, /8301/);
  await expect(host.socket, 'DELETE /containers/four?force=1', 204);
});

test('networks come back with their host, in a snapshot too', async () => {
  await expectSending(host.socket, 'POST /networks/create', { Name: 'stay', Labels: { a: 'b' } }, 201);
  await host.run('there', sleeper, on('stay'));
  await host.run('beside', sleeper, on('stay'));
  await engine.client.takeSnapshot('kept', 'early');
  await expect(host.socket, 'DELETE /containers/there?force=1', 204);
  await expect(host.socket, 'DELETE /containers/beside?force=1', 204);
  await expect(host.socket, 'DELETE /networks/stay', 204);
  await engine.client.restoreSnapshot('kept', 'early');
  await expect(host.socket, 'GET /networks/stay', 200, { Labels: { a: 'b' } });
  assert.ok(await known('beside', 'there'));
  await engine.client.resetHost('kept');
  await expect(host.socket, 'GET /networks/stay', 404);
});

test('a program that entered a container’s network namespace does not keep the container’s address', async () => {
  const pid = await workspace();
  await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  await host.run('entered', sleeper);
  const { State } = (await expect(host.socket, 'GET /containers/entered/json', 200)) as { State: { Pid: number } };
  const enter = `nohup nsenter -t ${State.Pid} -n sleep 300 >/dev/null 2>&1 &`;
  const { exitCode, stderr } = await host.shell(`${enter} until pgrep -fx 'sleep 300'; do sleep 0.05; done`);
  assert.equal(exitCode, 0, stderr);
  assert.match(within(pid, 'ip -o link'), /veth/);
  await expect(host.socket, 'DELETE /containers/entered?force=1', 204);
  await until('its link is gone', () => !/veth/.test(within(pid, 'ip -o link')));
});
