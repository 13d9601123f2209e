// A program of a few hundred bytes that makes the system calls it is made of, for containers that have no other tool to: no
// compiler is needed, and no library. x86-64 alone.

import { constants } from 'node:os';

export interface SystemCall {
  readonly number: number;
  readonly args: readonly (number | bigint | Buffer)[];
}

export const isBuilt = process.arch === 'x64';

const loadedAt = 0x40_0000n;
/** mov REGISTER, constant: rdi, rsi, rdx, r10, r8, r9. */
const registers = [
  [0x48, 0xbf],
  [0x48, 0xbe],
  [0x48, 0xba],
  [0x49, 0xba],
  [0x49, 0xb8],
  [0x49, 0xb9],
];
const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

const u64 = (value: number | bigint): number[] => [
  ...Buffer.from(BigUint64Array.of(BigInt.asUintN(64, BigInt(value))).buffer),
];

/** Code and data of one segment that may be written and executed: what is pointed to stands behind the code. */
class Segment {
  readonly #code: number[] = [];
  readonly #data: Buffer[] = [];
  readonly #headerBytes = 120;
  #dataBytes = 0;
  readonly #dataAt = 0x4000n;

  emit(...bytes: number[]): void {
    this.#code.push(...bytes);
  }

  /** Where `bytes` will stand in memory. */
  place(bytes: Buffer): bigint {
    const at = loadedAt + this.#dataAt + BigInt(this.#dataBytes);
    const padded = Buffer.concat([bytes, Buffer.alloc(16 - (bytes.length % 16))]);
    this.#data.push(padded);
    this.#dataBytes += padded.length;
    return at;
  }

  /** elf(5). */
  file(): Buffer {
    const before = Number(this.#dataAt);
    const header = Buffer.alloc(this.#headerBytes);
    Buffer.from('7f454c46020101', 'hex').copy(header);
    header.writeUInt16LE(2, 16); // executable
    header.writeUInt16LE(62, 18); // x86-64
    header.writeUInt32LE(1, 20);
    header.writeBigUInt64LE(loadedAt + BigInt(this.#headerBytes), 24);
    header.writeBigUInt64LE(64n, 32);
    header.writeUInt16LE(64, 52);
    header.writeUInt16LE(56, 54);
    header.writeUInt16LE(1, 56);
    header.writeUInt32LE(1, 64); // PT_LOAD
    header.writeUInt32LE(7, 68); // may be read, written, executed
    header.writeBigUInt64LE(loadedAt, 80);
    const size = BigInt(before + this.#dataBytes);
    header.writeBigUInt64LE(size, 96);
    header.writeBigUInt64LE(size, 104);
    header.writeBigUInt64LE(0x1000n, 112);
    const code = Buffer.from(this.#code);
    if (code.length > before - header.length) throw new Error('too many calls for one program');
    return Buffer.concat([header, code, Buffer.alloc(before - header.length - code.length), ...this.#data]);
  }
}

/**
 * The program: makes the calls one after the other, says how each ended (`errorsIn` reads it), and then waits where `waits`,
 * with all that it opened.
 */
export function programOf(calls: readonly SystemCall[], options: { readonly waits?: boolean } = {}): Buffer {
  const segment = new Segment();
  const said = segment.place(Buffer.alloc(2 * calls.length + 1, '\n'));
  const call = ({ number, args }: SystemCall): void => {
    const values = args.map((arg) => (Buffer.isBuffer(arg) ? segment.place(arg) : arg));
    segment.emit(0x48, 0xb8, ...u64(number));
    for (const [index, value] of values.entries()) segment.emit(...(registers[index] ?? []), ...u64(value));
    segment.emit(0x0f, 0x05);
  };
  for (const [index, each] of calls.entries()) {
    call(each);
    // 0 where it worked, else the errno, as two letters.
    segment.emit(0x48, 0x85, 0xc0, 0x79, 0x05, 0x48, 0xf7, 0xd8, 0xeb, 0x02, 0x31, 0xc0);
    const at = said + BigInt(2 * index);
    segment.emit(0x89, 0xc1, 0xc1, 0xe8, 0x04, 0x04, 0x41, 0xa2, ...u64(at));
    segment.emit(0x89, 0xc8, 0x24, 0x0f, 0x04, 0x41, 0xa2, ...u64(at + 1n));
  }
  call({ number: 1, args: [1, said, 2 * calls.length + 1] });
  if (options.waits) call({ number: 34, args: [] });
  call({ number: 60, args: [0] });
  return segment.file();
}

/** How each call ended, from what the program said: `ok`, or the errno's name. */
export function errorsIn(output: string): string[] {
  const letters = /[A-P]+/.exec(output)?.[0] ?? '';
  return Array.from({ length: letters.length / 2 }, (_, index) => {
    const [high = 0, low = 0] = [letters.charCodeAt(2 * index) - 65, letters.charCodeAt(2 * index + 1) - 65];
    const errno = 16 * high + low;
    return errno === 0 ? 'ok' : (names.get(errno) ?? `errno ${errno}`);
  });
}
