// E01, H07: a network with IPv6 is a student's own. Nothing of it leaves the host, and it takes no more of the machine's one table of
// neighbours than networks without.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
/** On one link, as hosts of one lab. */
let dev: DockerHost;
let prod: DockerHost;
/** PIDs on the machine of containers on `front` and `back` of `one`: whom they attack. */
let near = 0;
let far = 0;

const sleeper = ['sleep', '1000'];
const on = (NetworkMode: string) => ({ HostConfig: { NetworkMode } });
const createNetwork = ({ socket }: DockerHost, Name: string, Subnet: string) =>
  expectSending(socket, 'POST /networks/create', { Name, EnableIPv6: true, IPAM: { Config: [{ Subnet }] } }, 201);

beforeAll(async () => {
  engine = await sharedEngine();
  const linked = async (hostname: string) => {
    const host = new DockerHost(engine, await engine.client.createHost(`six-${hostname}`, { hostname, link: 'lab6' }));
    await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
    return host;
  };
  [one, two, dev, prod] = await Promise.all([
    createDockerHost(engine, 'six-one'),
    createDockerHost(engine, 'six-two'),
    linked('dev'),
    linked('prod'),
  ]);
  await createNetwork(one, 'front', 'fd00:1::/64');
  await createNetwork(one, 'back', 'fd00:2::/64');
  for (const host of [two, dev, prod]) await createNetwork(host, 'front', 'fd00:1::/64');
  await one.run('attacker', sleeper, on('front'));
  near = await one.run('near', sleeper, on('front'));
  far = await one.run('far', ['httpd', '-f', '-p', '80'], on('back'));
  await two.run('other', sleeper, on('front'));
  for (const host of [dev, prod]) await host.run('other', sleeper, on('front'));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** What the machine's own programs print in the network namespace of `pid`. */
const within = (pid: number, script: string): string =>
  execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'bash', '-c', script], { encoding: 'utf8', timeout: 60_000 });

/** A program in the network of a container, with all that root of the workspace may do there. */
async function attack(host: DockerHost, container: string, program: string): Promise<string> {
  const { State } = (await expect(host.socket, `GET /containers/${container}/json`, 200)) as { State: { Pid: number } };
  const { exitCode, stdout, stderr } = await host.shell(
    `nsenter -t ${State.Pid} -n python3 - <<'END'\n${tools}${program}\nEND`,
  );
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** Packets of IPv6 as one likes them: \`forge(SOURCE, TARGET, ICMPv6 type, rest of the message)\`. */
const tools = `
import socket, struct, time
bytes_of = lambda address: socket.inet_pton(socket.AF_INET6, address)
index = socket.if_nametoindex('eth0')
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def forge(source, target, kind, rest, options=b''):
    addresses = bytes_of(source) + bytes_of(target)
    message = struct.pack('!BBH', kind, 0, 0) + rest
    sum = checksum(addresses + struct.pack('!II', len(message), 58) + message)
    message = message[:2] + struct.pack('!H', sum) + message[4:]
    header = struct.pack('!IHBB', 6 << 28, len(options) + len(message), 60 if options else 58, 255)
    try: raw.sendto(header + addresses + options + message, socket.MSG_DONTWAIT, (target, 0, 0, index))
    except OSError: pass
def meet(target):
    # What has a false address waits until somebody else has asked where the target is.
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try: s.sendto(b'x', (target, 9, 0, index))
    except OSError: pass
link = bytes([1, 1, 2, 0, 0, 0, 0, 9])
`;

/** All that the namespace remembers of who is on its links. */
const neighboursOf = (pid: number): string[] =>
  within(pid, 'ip -6 neigh show nud all')
    .split('\n')
    .filter((line) => line !== '' && !/^ff0|NOARP/.test(line));

/** Pings that came to the network namespace of `pid`. */
const pingsAt = (pid: number): number =>
  Number(/^Icmp6InEchos\s+(\d+)$/m.exec(within(pid, 'cat /proc/net/snmp6'))?.[1]);

describe('E01: what a student sends by IPv6', () => {
  test('has no way out of the host: its bridges alone have IPv6', async () => {
    for (const host of [one, dev]) {
      const lines = within(host.info.pid, 'cat /proc/net/if_inet6').trim().split('\n');
      const links = lines.map((line) => line.split(/ +/)[5] ?? '');
      assert.ok(links.length > 1 && links.every((link) => /^(lo|br-.*)$/.test(link)), links.join(' '));
      // 80: the address is alone, with no others of its kind on the link.
      assert.doesNotMatch(lines.join('\n'), /^fe80\S+ \S+ (?!80)/m);
      const { exitCode, stderr } = await host.shell(
        'for f in /proc/sys/net/ipv6/conf/{all,default,docker0}/disable_ipv6; do echo 0 >$f && exit 9; done; exit 0',
      );
      assert.equal(exitCode, 0, stderr);
    }
  });

  test('reaches no other host, of the same lab neither', async () => {
    const others = [two.info.pid, prod.info.pid, await two.pidOf('other'), await prod.pidOf('other')];
    const before = others.map(pingsAt);
    const own = pingsAt(near);
    const addresses = `['fd00:1::2', 'fd00:1::3', 'fd00:1::1', 'fd00:ec2::254', '2001:db8::1', 'ff02::1', 'fe80::1']`;
    for (const [host, container] of [
      [one, 'attacker'],
      [dev, 'other'],
    ] as const)
      await attack(
        host,
        container,
        `for target in ${addresses}:
    meet(target)
    for source in ['fd00:1::2', 'fe80::9']: forge(source, target, 128, struct.pack('!HH', 1, 1))`,
      );
    await until('those on the same network did hear it', () => pingsAt(near) > own);
    const { stdout } = await dev.shell('ping -6 -c 1 -W 1 ff02::1%eth0; ping -6 -c 1 -W 1 fe80::1%eth0');
    assert.doesNotMatch(stdout, /bytes from/);
    assert.deepEqual(others.map(pingsAt), before);
  });

  test('reaches no service of the machine', async () => {
    let reached = 0;
    const server = net.createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    server.listen(0, '::');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const machine = [...readFileSync('/proc/net/if_inet6', 'latin1').matchAll(/^([0-9a-f]{32}) /gm)].map(
      ([, digits = '']) => digits.replace(/(.{4})(?!$)/g, '$1:'),
    );
    const addresses = ['fd00:1::1', 'fd00:2::1', '::1', ...machine].map((address) => `'${address}'`).join(', ');
    const told = await attack(
      one,
      'attacker',
      `for address in [${addresses}]:
    s = socket.socket(socket.AF_INET6)
    s.settimeout(1)
    if s.connect_ex((address, ${port})) == 0: print(address)`,
    );
    server.close();
    assert.equal(told, '');
    assert.equal(reached, 0);
  });

  test('stays on its network, under a false address too', async () => {
    await until('the other network’s server answers', async () => {
      const { exitCode } = await one.shell('curl -s -o /dev/null http://[fd00:2::2]/');
      return exitCode === 0;
    });
    const count = () => Number(within(far, 'grep eth0 /proc/net/dev').trim().split(/\s+/)[2]);
    const before = count();
    const told = await attack(
      one,
      'attacker',
      `for source in ['fd00:1::2', 'fd00:2::7', 'fd00:2::1', '2001:db8::1']:
    for n in range(20): forge(source, 'fd00:2::2', 128, struct.pack('!HH', 1, n))
s = socket.socket(socket.AF_INET6)
s.settimeout(1)
print(s.connect_ex(('fd00:2::2', 80)) == 0)`,
    );
    assert.equal(told, 'False\n');
    // What the bridge itself asks for is its own.
    assert.ok(count() - before < 10, `${count() - before} packets came`);
  });
});

describe('H07: the machine’s table of neighbours by IPv6', () => {
  test('has no place for addresses that nobody has, whatever link a socket is bound to', async () => {
    await attack(
      one,
      'attacker',
      `for bound in [False, True]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    if bound: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
    for n in range(2000):
        for address in ['fd00:1::1:%x' % n, 'fe80::1:%x' % n, '2001:db8::%x' % n]:
            try: s.sendto(b'x', (address, 9, 0, index if address[1] == 'e' else 0))
            except OSError: pass
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.sendto(b'x', ('fd00:1::3', 9))`,
    );
    const attacker = neighboursOf(await one.pidOf('attacker'));
    assert.ok(
      attacker.some((line) => line.startsWith('fd00:1::3 ')),
      'it does know the one that it may reach',
    );
    assert.ok(attacker.length <= 64, `${attacker.length} neighbours`);
    const { stdout } = await one.shell(
      `python3 - <<'END'
import socket
links = [name for _, name in socket.if_nameindex() if name != 'lo']
for link in links:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    for n in range(1000):
        for address in ['fd00:1::1:%x' % n, 'fe80::1:%x' % n]:
            try: s.sendto(b'x', (address, 9, 0, socket.if_nametoindex(link) if address[1] == 'e' else 0))
            except OSError: pass
print(len(links))
END`,
    );
    assert.ok(Number(stdout) >= 6, 'it was sent by bridges and ends of links');
    assert.ok(neighboursOf(one.info.pid).length <= 64 * 2, `${neighboursOf(one.info.pid).length} neighbours`);
  });

  test('has no place for those that say they are somebody', async () => {
    const options = `struct.pack('!BBBBBBBB', 58, 0, 1, 4, 0, 0, 0, 0)`;
    await attack(
      one,
      'attacker',
      `for target in ['fd00:1::3', 'fd00:1::1']:
    meet(target)
    time.sleep(0.1)
    for n in range(1000):
        if n % 50 == 0: meet(target)
        for source in ['fd00:1::1:%x' % n, 'fe80::1:%x' % n, '2001:db8::%x' % n]:
            forge(source, target, 135, struct.pack('!I', 0) + bytes_of(target) + link, ${options} if n % 2 else b'')
    for n in range(200):
        forge('fe80::2:%x' % n, target, 133, struct.pack('!I', 0) + link)
        prefix = struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 3600, 3600, 0) + bytes_of('2001:db8:1::')
        forge('fe80::2:%x' % n, target, 134, struct.pack('!BBHII', 64, 0, 1800, 0, 0) + link + prefix)
meet('fd00:1::3')
forge('fd00:1::2', 'fd00:1::3', 135, struct.pack('!I', 0) + bytes_of('fd00:1::3') + link)`,
    );
    const victims = [near, one.info.pid];
    await until('the last one arrived', () => neighboursOf(near).some((line) => line.startsWith('fd00:1::2 ')));
    for (const pid of victims) {
      const count = neighboursOf(pid).length;
      assert.ok(count < 500, `${count} neighbours`);
    }
    assert.doesNotMatch(within(near, 'ip -6 route; ip -6 addr'), /2001:db8|fe80/);
  });
});
