// The program of hello-world is written without a compiler: by a script, for either architecture.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, test } from 'vitest';

const script = new URL('../../lessons/images/hello-world/print-program.sh', import.meta.url).pathname;
const folder = mkdtempSync('/tmp/drydock-program-');
afterAll(() => rmSync(folder, { recursive: true }));

function programOf(text: string, architecture: string): Buffer {
  writeFileSync(`${folder}/text`, text);
  return execFileSync('sh', [script, architecture, `${folder}/text`], { maxBuffer: 16 * 1024 * 1024 });
}

test('the program prints its text and ends well', () => {
  const text = `one ünïcode line\n${'and many more\n'.repeat(6000)}`;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  writeFileSync(`${folder}/program`, programOf(text, architecture), { mode: 0o755 });
  assert.equal(execFileSync(`${folder}/program`, { encoding: 'utf8' }), text);
});

test('a program for either architecture is an executable of it', () => {
  for (const [architecture, machine] of [
    ['amd64', 62],
    ['arm64', 183],
  ] as const) {
    const program = programOf('hi', architecture);
    assert.equal(program.subarray(0, 4).toString('latin1'), '\x7fELF');
    assert.equal(program.readUInt16LE(18), machine);
    assert.equal(program.subarray(-2).toString(), 'hi');
  }
  const arm = programOf('hi', 'arm64');
  const words = Array.from({ length: 10 }, (_, i) => arm.readUInt32LE(120 + i * 4).toString(16));
  // As GNU as assembles: mov x0,1; movz x1,0xb8; movk x1,0x40,lsl 16; movz x2,2; movk x2,0,lsl 16; mov x8,64; svc 0; …
  const wanted = ['d2800020', 'd2801701', 'f2a00801', 'd2800042', 'f2a00002', 'd2800808', 'd4000001'];
  assert.deepEqual(words.slice(0, 7), wanted);
  assert.match(spawnSync('sh', [script, 's390x', script], { encoding: 'utf8' }).stderr, /no program can be written/);
});
