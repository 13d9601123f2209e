// What a compiled system call filter answers, without the call: the kernel's own machine for it (seccomp(2), bpf/net.txt) in
// little, for calls that the kernel under the test may not take, as those of 32-bit programs.

const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;

export interface FilteredCall {
  /** AUDIT_ARCH_… */
  readonly architecture: number;
  readonly number: number;
  readonly args: readonly (number | bigint)[];
}

/** `allow`, `errno N`, or `kill`. Throws where the filter has an instruction that libseccomp does not write. */
export function answerOf(filter: Buffer, call: FilteredCall): string {
  const data = Buffer.alloc(64); // struct seccomp_data
  data.writeInt32LE(call.number, 0);
  data.writeUInt32LE(call.architecture, 4);
  for (const [index, arg] of call.args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(arg)), 16 + 8 * index);
  let accumulator = 0;
  const memory: number[] = [];
  for (let at = 0; ; at += 8) {
    const [whenTrue = 0, whenFalse = 0] = [filter[at + 2], filter[at + 3]];
    const constant = filter.readUInt32LE(at + 4);
    const jump = (condition: boolean): void => {
      at += 8 * (condition ? whenTrue : whenFalse);
    };
    const code = filter.readUInt16LE(at);
    if (code === 0x20) accumulator = data.readUInt32LE(constant);
    else if (code === 0x54) accumulator = (accumulator & constant) >>> 0;
    else if (code === 0x02) memory[constant] = accumulator;
    else if (code === 0x60) accumulator = memory[constant] ?? 0;
    else if (code === 0x05) at += 8 * constant;
    else if (code === 0x15) jump(accumulator === constant);
    else if (code === 0x25) jump(accumulator > constant);
    else if (code === 0x35) jump(accumulator >= constant);
    else if (code === 0x45) jump((accumulator & constant) !== 0);
    else if (code === 0x06) return answer(constant);
    else throw new Error(`the filter has the instruction 0x${code.toString(16)}`);
  }
}

function answer(value: number): string {
  if (value === SECCOMP_RET_ALLOW) return 'allow';
  return (value & 0xffff0000) === SECCOMP_RET_ERRNO ? `errno ${value & 0xffff}` : 'kill';
}
