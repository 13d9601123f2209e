// The programs that are written without a compiler.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { messageProgram } from '../../../runtime/catalogue/message-program.ts';
import { temporaryDirectory } from '../images/fixture.ts';

test('the program prints its text and ends well', async () => {
  await using temporary = await temporaryDirectory();
  const text = `one ünïcode line\n${'and many more\n'.repeat(6000)}`;
  const path = `${temporary.path}/program`;
  writeFileSync(path, messageProgram(text, process.arch), { mode: 0o755 });
  assert.equal(execFileSync(path, { encoding: 'utf8' }), text);
});

test('a program for either architecture is an executable of it', () => {
  for (const [architecture, machine] of [
    ['x64', 62],
    ['arm64', 183],
  ] as const) {
    const program = messageProgram('hi', architecture);
    assert.equal(program.subarray(0, 4).toString('latin1'), '\x7fELF');
    assert.equal(program.readUInt16LE(18), machine);
    assert.equal(program.subarray(-2).toString(), 'hi');
  }
  const arm = messageProgram('hi', 'arm64');
  const words = Array.from({ length: 10 }, (_, i) => arm.readUInt32LE(120 + i * 4).toString(16));
  // As GNU as assembles: mov x0,1; movz x1,0xb8; movk x1,0x40,lsl 16; movz x2,2; movk x2,0,lsl 16; mov x8,64; svc 0; …
  assert.deepEqual(words.slice(0, 7), [
    'd2800020',
    'd2801701',
    'f2a00801',
    'd2800042',
    'f2a00002',
    'd2800808',
    'd4000001',
  ]);
  assert.throws(() => messageProgram('hi', 's390x'), /no program can be written/);
});
