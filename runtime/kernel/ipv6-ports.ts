// Ports of `::1` that lead to a container: packet filters cannot change a packet's family, nor let what has that address leave the
// loopback, so the kernel changes where the
// program connects to instead, by a small BPF program on the cgroup (BPF_CGROUP_INET6_CONNECT). There is no proxy, nothing is copied,
// and where no port is given there is no program.

import fs from 'node:fs';
import {
  address,
  begin,
  call,
  giveContext,
  hooks,
  instruction,
  load,
  proceed,
  protocolNumbers,
  set,
  setProgram,
  skipIfEqual,
  skipIfSame,
  skipUnlessEqual,
  store,
  swapped,
} from './bpf.ts';
import { addressBytes, isOfIpv6 } from './ip-address.ts';
import { checked, libcCalls } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';

export interface Ipv6Port {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Of either family. */
  readonly ip: string;
  readonly toPort: number;
}

const BPF_FUNC_get_netns_cookie = 122;
/** The last word of `::1` as it is loaded, on the little-endian machines that Drydock runs on. */
const lastWordOfLoopback = 0x01000000;
/** The first words of `::ffff:a.b.c.d`, which stands for an address of IPv4. */
const mapped = Buffer.from('00000000000000000000ffff', 'hex');

/** The four words of an address as they are loaded. */
function wordsOf(ip: string): number[] {
  const bytes = isOfIpv6(ip) ? addressBytes(ip) : Buffer.concat([mapped, addressBytes(ip)]);
  return [0, 4, 8, 12].map((at) => bytes.readInt32LE(at));
}

/** The program: whoever of the network namespace `cookie` connects to `::1` or `::` at one of `ports` is led to its address. */
function programFor(ports: readonly Ipv6Port[], cookie: bigint): Buffer {
  const load64 = [
    instruction(0x18, 1, 0, 0, Number(BigInt.asIntN(32, cookie))),
    instruction(0, 0, 0, 0, Number(BigInt.asIntN(32, cookie >> 32n))),
  ];
  const isLoopback = address.words.flatMap((field, index) => [
    load(2, field),
    ...(index === 3 ? [skipIfEqual(2, lastWordOfLoopback, 3)] : []),
    skipIfEqual(2, 0, 2),
    ...proceed,
  ]);
  const led = ports.flatMap(({ protocol, port, ip, toPort }) => {
    const change = [
      ...wordsOf(ip).flatMap((word, place) => [set(1, word), store(address.words[place] ?? 0, 1)]),
      ...[set(1, swapped(toPort)), store(address.port, 1)],
      ...proceed,
    ];
    return [
      skipUnlessEqual(7, swapped(port), change.length + 1),
      skipUnlessEqual(8, protocolNumbers[protocol], change.length),
      ...change,
    ];
  });
  return Buffer.concat([
    begin,
    ...isLoopback,
    ...[giveContext, call(BPF_FUNC_get_netns_cookie), ...load64, skipIfSame(0, 1, 2), ...proceed],
    ...[load(7, address.port), load(8, address.protocol)],
    ...led,
    ...proceed,
  ]);
}

/** The number that a socket of a network namespace knows it by, which no other one ever has. */
function cookieOf(pid: number): bigint {
  return insideNetworkOf(pid, () => {
    const socket = checked('socket', libcCalls.socket(2, 1 | 0o2000000, 0));
    try {
      const [value, length] = [Buffer.alloc(8), Buffer.alloc(4)];
      length.writeUInt32LE(8);
      checked('getsockopt', libcCalls.getsockopt(socket, 1, 71, value, length)); // SOL_SOCKET, SO_NETNS_COOKIE
      return value.readBigUInt64LE();
    } finally {
      fs.closeSync(socket);
    }
  });
}

/**
 * Makes exactly `ports` of `::1` lead to their addresses, for those of the cgroup `group` that are in the network namespace of `pid`.
 * Idempotent, and at once. UDP is led where a socket connects, as `nc -u` does. Throws SystemCallError.
 */
export function setIpv6Ports(group: string, pid: number, ports: readonly Ipv6Port[]): void {
  setProgram(group, hooks.connect6, ports.length > 0 ? programFor(ports, cookieOf(pid)) : null);
}
