// Compiling a seccomp configuration once, by libseccomp(3), instead of at every start: that is a third of a container's start.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import koffi from 'koffi';
import type { Seccomp, SeccompArgument } from '../oci/seccomp.ts';

const library = koffi.load('libseccomp.so.2');
type Call = (...args: unknown[]) => number;
const init = library.func('void *seccomp_init(uint32_t action)') as (action: number) => unknown;
const addArchitecture = library.func('int seccomp_arch_add(void *context, uint32_t token)') as Call;
const resolveName = library.func('int seccomp_syscall_resolve_name(str name)') as Call;
const addRule = library.func(
  'int seccomp_rule_add_array(void *context, uint32_t action, int call, uint count, void *arguments)',
) as Call;
const setAttribute = library.func('int seccomp_attr_set(void *context, int attribute, uint32_t value)') as Call;
const exportBpf = library.func('int seccomp_export_bpf(void *context, int fd)') as Call;
const release = library.func('void seccomp_release(void *context)') as (context: unknown) => void;

const SCMP_ACT_ALLOW = 0x7fff0000;
const SCMP_ACT_ERRNO = 0x00050000;
/** Calls sorted into a tree, so that a frequent one is found in few steps whatever its number. libseccomp 2.5. */
const SCMP_FLTATR_CTL_OPTIMIZE = 8;
const EEXIST = 17;
const unknownCall = -1;
const tokens: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_ARM: 0x40000028,
};
const operators = { SCMP_CMP_LT: 2, SCMP_CMP_EQ: 4, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7 } as const;

function checked(what: string, result: number): void {
  if (result < 0 && result !== -EEXIST) throw new Error(`seccomp: ${what}: errno ${-result}`);
}

/** struct scmp_arg_cmp: arg, op, and two 64-bit values. */
function comparisons(args: readonly SeccompArgument[]): Buffer {
  const bytes = Buffer.alloc(24 * args.length);
  for (const [index, arg] of args.entries()) {
    bytes.writeUInt32LE(arg.index, 24 * index);
    bytes.writeInt32LE(operators[arg.op], 24 * index + 4);
    bytes.writeBigUInt64LE(BigInt(arg.value), 24 * index + 8);
    bytes.writeBigUInt64LE(BigInt(arg.valueTwo ?? 0), 24 * index + 16);
  }
  return bytes;
}

/** The filter as the kernel takes it. A call that this libseccomp does not know keeps the default answer. */
export function compileSeccomp(profile: Seccomp): Buffer {
  const context = init(SCMP_ACT_ERRNO | profile.defaultErrnoRet);
  try {
    setAttribute(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const name of profile.architectures) checked(name, addArchitecture(context, tokens[name]));
    for (const rule of profile.syscalls) {
      const action = rule.action === 'SCMP_ACT_ALLOW' ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO | (rule.errnoRet ?? 0);
      const args = rule.args ?? [];
      for (const name of rule.names) {
        const call = resolveName(name);
        if (call === unknownCall) continue;
        checked(`rule for ${name}`, addRule(context, action, call, args.length, comparisons(args)));
      }
    }
    return exported(context);
  } finally {
    release(context);
  }
}

function exported(context: unknown): Buffer {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'seccomp-'));
  const file = `${directory}/bpf`;
  const fd = fs.openSync(file, 'wx+', 0o600);
  try {
    checked('export', exportBpf(context, fd));
    return fs.readFileSync(file);
  } finally {
    fs.closeSync(fd);
    fs.rmSync(directory, { recursive: true });
  }
}
