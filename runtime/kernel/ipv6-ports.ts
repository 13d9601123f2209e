// Ports of `::1` that lead to an IPv4 address: packet filters cannot change a packet's family, so the kernel changes where the
// program connects to instead, by a small BPF program on the cgroup (BPF_CGROUP_INET6_CONNECT). There is no proxy, nothing is copied,
// and where no port is given there is no program.

import fs from 'node:fs';
import koffi from 'koffi';
import { unifiedGroup } from './cgroups.ts';
import { checked, libcCalls, SystemCallError } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';

export interface Ipv6Port {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** IPv4. */
  readonly ip: string;
  readonly toPort: number;
}

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_DETACH = 9;
const BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;
const BPF_CGROUP_INET6_CONNECT = 11;
const BPF_FUNC_get_netns_cookie = 122;
const protocolNumbers = { tcp: 6, udp: 17 } as const;

/** Where struct bpf_sock_addr has its fields. */
const address = { words: [8, 12, 16, 20], port: 24, protocol: 36 } as const;
/** The last word of `::1` as it is loaded, on the little-endian machines that Drydock runs on. */
const lastWordOfLoopback = 0x01000000;
/** The third word of `::ffff:a.b.c.d`. */
const mappedWord = 0xffff0000;

const swapped = (port: number): number => ((port & 255) << 8) | (port >> 8);

function instruction(code: number, to: number, from: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8((from << 4) | to, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}

const context = 6; // r6 keeps it over a call
const copy = (to: number, from: number) => instruction(0xbf, to, from, 0, 0);
const set = (to: number, value: number) => instruction(0xb4, to, 0, 0, value);
const load = (to: number, field: number) => instruction(0x61, to, context, field, 0);
const store = (field: number, from: number) => instruction(0x63, context, from, field, 0);
const skipIfEqual = (left: number, value: number, count: number) => instruction(0x16, left, 0, count, value);
const skipUnlessEqual = (left: number, value: number, count: number) => instruction(0x56, left, 0, count, value);
const skipIfSame = (left: number, right: number, count: number) => instruction(0x1d, left, right, count, 0);
const call = (number: number) => instruction(0x85, 0, 0, 0, number);
/** Lets the connection be made, to where the context says now. */
const proceed = [set(0, 1), instruction(0x95, 0, 0, 0, 0)];

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
      ...[set(1, mappedWord), store(address.words[2], 1)],
      ...[set(1, Buffer.from(ip.split('.').map(Number)).readInt32LE()), store(address.words[3], 1)],
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
    copy(context, 1),
    ...isLoopback,
    ...[copy(1, context), call(BPF_FUNC_get_netns_cookie), ...load64, skipIfSame(0, 1, 2), ...proceed],
    ...[load(7, address.port), load(8, address.protocol)],
    ...led,
    ...proceed,
  ]);
}

const programFields = koffi.struct({
  type: 'uint32_t',
  instructionCount: 'uint32_t',
  instructions: 'uint8_t *',
  license: 'str',
  logLevel: 'uint32_t',
  logSize: 'uint32_t',
  log: 'uint64_t',
  kernelVersion: 'uint32_t',
  flags: 'uint32_t',
  name: koffi.array('uint8_t', 16),
  interfaceIndex: 'uint32_t',
  attachType: 'uint32_t',
});
const callNumber = { x64: 321, arm64: 280 }[process.arch as string] ?? -1;
const libc = koffi.load('libc.so.6');
type Call = (number: number, command: number, attributes: unknown, size: number) => number;
const loadCall = libc.func('syscall', 'long', [
  ...['long', 'int'],
  koffi.pointer(programFields),
  'uint',
]) as unknown as Call;
const attachCall = libc.func('long syscall(long number, int command, void *attributes, uint size)') as unknown as Call;

function loadProgram(program: Buffer): number {
  const fields = {
    type: BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    attachType: BPF_CGROUP_INET6_CONNECT,
    license: 'MIT',
    instructionCount: program.length / 8,
    instructions: program,
    name: [...Buffer.from('drydock_ports')],
    logLevel: 0,
    logSize: 0,
    log: 0,
    kernelVersion: 0,
    flags: 0,
    interfaceIndex: 0,
  };
  return checked('bpf load', loadCall(callNumber, BPF_PROG_LOAD, fields, koffi.sizeof(programFields)));
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
  const directory = fs.openSync(unifiedGroup(group), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const attributes = Buffer.alloc(16); // target_fd, attach_bpf_fd, attach_type, attach_flags: none, which replaces what is there
  attributes.writeInt32LE(directory, 0);
  attributes.writeUInt32LE(BPF_CGROUP_INET6_CONNECT, 8);
  let program = -1;
  try {
    if (ports.length > 0) program = loadProgram(programFor(ports, cookieOf(pid)));
    if (program !== -1) attributes.writeInt32LE(program, 4);
    const command = program === -1 ? BPF_PROG_DETACH : BPF_PROG_ATTACH;
    checked('bpf', attachCall(callNumber, command, attributes, attributes.length));
  } catch (error) {
    const nothingThere = program === -1 && error instanceof SystemCallError && error.code === 'ENOENT';
    if (!nothingThere) throw error;
  } finally {
    fs.closeSync(directory);
    if (program !== -1) fs.closeSync(program); // the cgroup keeps it
  }
}
