// Writes a program: a static Linux executable that prints one text and exits, with no compiler on the machine.

import { EngineError } from '../errors.ts';

const headerBytes = 64 + 56; // ELF header and one program header
const loadAddress = 0x400000n;
/** Room for the code; both architectures' fits, and the text begins at a round place. */
const codeBytes = 64;

/** elf.h `EM_X86_64`, `EM_AARCH64` */
const machineNumber = { x64: 62, arm64: 183 } as const;

/**
 * The bytes of an ELF executable for `architecture` (`process.arch`) that writes `text` to its standard output and ends
 * with status 0. Throws notImplemented for an architecture other than x64 and arm64.
 */
export function messageProgram(text: string, architecture: string): Buffer {
  if (architecture !== 'x64' && architecture !== 'arm64') {
    throw new EngineError('notImplemented', `no program can be written for the architecture ${architecture}`);
  }
  const message = Buffer.from(text, 'utf8');
  const textAddress = loadAddress + BigInt(headerBytes + codeBytes);
  const code = Buffer.alloc(codeBytes);
  codeFor[architecture](Number(textAddress), message.length).copy(code);
  const size = BigInt(headerBytes + codeBytes + message.length);

  const header = Buffer.alloc(headerBytes);
  header.write('\x7fELF', 0, 'latin1');
  header.set([2, 1, 1], 4); // 64 bits, little-endian, version 1
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machineNumber[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(loadAddress + BigInt(headerBytes), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // readable, executable
  header.writeBigUInt64LE(loadAddress, 80);
  header.writeBigUInt64LE(loadAddress, 88);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(0x10000n, 112); // alignment: the largest page of arm64
  return Buffer.concat([header, code, message]);
}

const codeFor = {
  /** write(1, text, length); exit(0) */
  x64(address: number, length: number): Buffer {
    const code = Buffer.from([
      ...[0xb8, 1, 0, 0, 0], // mov eax, 1 (write)
      ...[0xbf, 1, 0, 0, 0], // mov edi, 1
      ...[0xbe, 0, 0, 0, 0], // mov esi, address
      ...[0xba, 0, 0, 0, 0], // mov edx, length
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 60, 0, 0, 0], // mov eax, 60 (exit)
      ...[0x31, 0xff], // xor edi, edi
      ...[0x0f, 0x05], // syscall
    ]);
    code.writeUInt32LE(address, 11);
    code.writeUInt32LE(length, 16);
    return code;
  },
  arm64(address: number, length: number): Buffer {
    const move = (register: number, value: number, high: boolean): number =>
      ((high ? 0xf2a00000 : 0xd2800000) | ((value & 0xffff) << 5) | register) >>> 0; // movk …, lsl 16 / movz
    const supervisorCall = 0xd4000001;
    const words = [
      move(0, 1, false),
      move(1, address & 0xffff, false),
      move(1, address >>> 16, true),
      move(2, length & 0xffff, false),
      move(2, length >>> 16, true),
      move(8, 64, false), // write
      supervisorCall,
      move(0, 0, false),
      move(8, 93, false), // exit
      supervisorCall,
    ];
    const code = Buffer.alloc(words.length * 4);
    for (const [i, word] of words.entries()) code.writeUInt32LE(word, i * 4);
    return code;
  },
} as const;
