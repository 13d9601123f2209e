// A08: what kinds of sockets a process of a host can open: those that lessons need. `test/runtime/oci/seccomp.test.ts` has the
// calls of 32-bit programs, which not every kernel takes.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { errorsIn, isBuilt, programOf, type SystemCall } from '../support/system-calls.ts';

const AF = { unix: 1, inet: 2, inet6: 10, key: 15, netlink: 16, packet: 17, tipc: 30, alg: 38, vsock: 40, xdp: 44 };
const stream = 1;
const raw = 3;
const [nonblock, cloexec] = [0o4000, 0o2000000];
const xfrm = 6;
const netfilter = 12;
const high = 2n ** 32n;

const socket = (domain: number | bigint, type: number, protocol: number | bigint = 0): SystemCall => ({
  number: 41,
  args: [domain, type, protocol],
});

const open: Record<string, SystemCall> = {
  'a Unix socket': socket(AF.unix, stream | cloexec),
  'a pair': { number: 53, args: [AF.unix, stream | nonblock, 0, Buffer.alloc(8)] },
  TCP: socket(AF.inet, stream | cloexec | nonblock),
  UDP: socket(AF.inet, 2),
  'raw ICMP, for ping': socket(AF.inet, raw, 1),
  'TCP over IPv6': socket(AF.inet6, stream),
  'NETLINK_ROUTE, for ip': socket(AF.netlink, raw | cloexec),
  'NETLINK_SOCK_DIAG, for ss': socket(AF.netlink, raw, 4),
  'NETLINK_AUDIT, for useradd': socket(AF.netlink, raw, 9),
};

const closed: Record<string, SystemCall> = {
  AF_PACKET: socket(AF.packet, raw, 0x300),
  'AF_PACKET by SOCK_PACKET': socket(AF.inet, 10, 0x300),
  'AF_PACKET by SOCK_PACKET with flags': socket(AF.inet, 10 | cloexec | nonblock, 0x300),
  AF_KEY: socket(AF.key, raw, 2),
  NETLINK_XFRM: socket(AF.netlink, raw, xfrm),
  NETLINK_NETFILTER: socket(AF.netlink, raw, netfilter),
  'NETLINK_NETFILTER with high bits': socket(AF.netlink, raw, high + BigInt(netfilter)),
  AF_ALG: socket(AF.alg, 5),
  'AF_ALG with high bits': socket(high + BigInt(AF.alg), 5),
  'AF_VSOCK with high bits': socket(high + BigInt(AF.vsock), stream),
  AF_XDP: socket(AF.xdp, raw),
  'a pair of TIPC': { number: 53, args: [AF.tipc, stream, 0, Buffer.alloc(8)] },
};

const calls = { ...open, ...closed };
const probe = programOf(Object.values(calls));
/** x32: the numbers of x86-64 with one bit more. The kernel ends who calls so, as the filter knows only its own two. */
const x32 = programOf([{ number: 0x4000_0000 + 41, args: [AF.packet, raw, 0] }]);
const killedBySystemCall = 128 + 31;

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'sockets');
  await host.import('probe', [
    { name: 'probe', mode: 0o755, content: probe },
    { name: 'x32', mode: 0o755, content: x32 },
  ]);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

function check(output: string): void {
  const errors = errorsIn(output);
  const found = Object.fromEntries(Object.keys(calls).map((name, index) => [name, errors[index]]));
  const expected = Object.fromEntries([
    ...Object.keys(open).map((name) => [name, 'ok']),
    ...Object.keys(closed).map((name) => [name, 'EPERM']),
  ]);
  assert.deepEqual(found, expected);
}

describe('A08: sockets that no lesson needs are refused', { skip: !isBuilt }, () => {
  test('in a container', async () => {
    const { exitCode, text } = await host.output(['/probe'], { Image: 'probe' });
    assert.equal(exitCode, 0, text);
    check(text);
  });

  test('in a container with every capability that there is to be had', async () => {
    check((await host.output(['/probe'], { Image: 'probe', HostConfig: { CapAdd: ['ALL'] } })).text);
  });

  test('to root in the workspace', async () => {
    const { stdout } = await host.shell(`echo ${probe.toString('base64')} | base64 -d >/root/probe
      chmod 755 /root/probe; exec /root/probe`);
    check(stdout);
  });

  test('by the numbers of x32', async () => {
    assert.equal((await host.output(['/x32'], { Image: 'probe' })).exitCode, killedBySystemCall);
  });
});

describe('A08: what asks about networks goes on', () => {
  test('ip, ss and ping, in the workspace and in a container', async () => {
    await host.run('web', ['httpd', '-f', '-p', '80']);
    const { stdout } = await host.shell(
      'ip -brief addr show docker0; ip neigh >/dev/null && ss -ltn | head -1; ping -c 1 -W 5 172.17.0.2 | tail -2 | head -1',
      'student',
    );
    assert.match(stdout, /^docker0 .* 172\.17\.0\.1\/16.*\nState .*\n1 packets transmitted, 1 received/);
    const { text } = await host.output(['sh', '-c', 'ip addr show eth0; netstat -ltn; ping -c 1 -W 5 172.17.0.1']);
    assert.match(text, /inet 172\.17\.0\.3\/16/);
    assert.match(text, /1 packets transmitted, 1 packets received/);
  });
});
