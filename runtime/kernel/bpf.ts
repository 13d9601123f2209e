// Small BPF programs on a cgroup that change where its programs' sockets connect to (BPF_PROG_TYPE_CGROUP_SOCK_ADDR).

import fs from 'node:fs';
import koffi from 'koffi';
import { unifiedGroup } from './cgroups.ts';
import { checked, SystemCallError } from './libc.ts';

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_DETACH = 9;
const BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;

/** Where a program is asked; see enum bpf_attach_type. */
export const hooks = { connect4: 10, connect6: 11, sendUdp4: 14, receiveUdp4: 19 } as const;
export type Hook = (typeof hooks)[keyof typeof hooks];

/** Where struct bpf_sock_addr has its fields. */
export const address = { ip4: 4, words: [8, 12, 16, 20], port: 24, protocol: 36 } as const;
export const protocolNumbers = { tcp: 6, udp: 17 } as const;

/** A port as it stands in the field: in the network's order. */
export const swapped = (port: number): number => ((port & 255) << 8) | (port >> 8);

/** One instruction. */
export function instruction(code: number, to: number, from: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8((from << 4) | to, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}

const context = 6; // r6 keeps it over a call
export const copy = (to: number, from: number) => instruction(0xbf, to, from, 0, 0);
export const set = (to: number, value: number) => instruction(0xb4, to, 0, 0, value);
export const load = (to: number, field: number) => instruction(0x61, to, context, field, 0);
export const store = (field: number, from: number) => instruction(0x63, context, from, field, 0);
export const skipIfEqual = (left: number, value: number, count: number) => instruction(0x16, left, 0, count, value);
export const skipUnlessEqual = (left: number, value: number, count: number) => instruction(0x56, left, 0, count, value);
export const skipIfSame = (left: number, right: number, count: number) => instruction(0x1d, left, right, count, 0);
export const call = (number: number) => instruction(0x85, 0, 0, 0, number);
/** The first of every program: the fields are read from the context then. */
export const begin = copy(context, 1);
/** The context, as the argument of a call. */
export const giveContext = copy(1, context);
/** Lets it be done, to where the context says now. */
export const proceed = [set(0, 1), instruction(0x95, 0, 0, 0, 0)];

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

function loadProgram(hook: Hook, program: Buffer): number {
  const fields = {
    type: BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    attachType: hook,
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

/** A program that is loaded once, for many cgroups: the kernel takes milliseconds to check and translate one. */
export interface KeptProgram {
  readonly descriptor: number;
}

/** As long as this process lives. Throws SystemCallError. */
export function keepProgram(hook: Hook, program: Buffer): KeptProgram {
  return { descriptor: loadProgram(hook, program) };
}

/** Makes `program` the only one at the hook of the cgroup `group`, or leaves none there (null). Idempotent. Throws SystemCallError. */
export function setProgram(group: string, hook: Hook, program: Buffer | KeptProgram | null): void {
  const directory = fs.openSync(unifiedGroup(group), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const attributes = Buffer.alloc(16); // target_fd, attach_bpf_fd, attach_type, attach_flags: none, which replaces what is there
  attributes.writeInt32LE(directory, 0);
  attributes.writeUInt32LE(hook, 8);
  let loaded = -1;
  try {
    if (Buffer.isBuffer(program)) loaded = loadProgram(hook, program);
    else if (program) loaded = program.descriptor;
    if (loaded !== -1) attributes.writeInt32LE(loaded, 4);
    const command = loaded === -1 ? BPF_PROG_DETACH : BPF_PROG_ATTACH;
    checked('bpf', attachCall(callNumber, command, attributes, attributes.length));
  } catch (error) {
    const nothingThere = loaded === -1 && error instanceof SystemCallError && error.code === 'ENOENT';
    if (!nothingThere) throw error;
  } finally {
    fs.closeSync(directory);
    if (loaded !== -1 && Buffer.isBuffer(program)) fs.closeSync(loaded); // the cgroup keeps it
  }
}
