// Every entry point of bin/ and of package.json tells its usage, and refuses what it does not know, before it does anything.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, test } from 'vitest';
import { testRun } from '../support/instance.ts';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const { scripts } = JSON.parse(readFileSync(path.join(clone, 'package.json'), 'utf8'));

function isProgram(file: string): boolean {
  try {
    accessSync(path.join(clone, file), constants.X_OK);
    return /^#!\/bin\/sh\n/.test(readFileSync(path.join(clone, file), 'utf8'));
  } catch {
    return false;
  }
}

/** All that the entry points may need for an answer. Without Node nothing can be installed or started. */
const own = mkdtempSync(`/tmp/${testRun}-bin-`);
afterAll(() => rmSync(own, { recursive: true }));
for (const name of ['sh', 'dirname', 'readlink']) symlinkSync(`/usr/bin/${name}`, path.join(own, name));

function run(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd: clone, env: { PATH: own } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const files = readdirSync(path.join(clone, 'bin')).map((name) => `bin/${name}`);
// The command `drydock` is commander's: test/cli/command-line.test.ts.
const programs = files.filter((file) => isProgram(file) && file !== 'bin/drydock').map((file) => `sh ${file}`);

for (const command of new Set([...Object.values<string>(scripts), ...programs])) {
  test(`${command}: --help is answered, and an option that is not there is refused`, async () => {
    const help = await run(`${command} --help`);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /^Usage: /);
    const { code, stdout, stderr } = await run(`${command} --nosuch`);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^drydock: .* has no option --nosuch\. See: .* --help\n$|^Usage: /);
  });
}

for (const [command, sentence] of [
  ['bin/soak all', /^drydock: npm run soak does not know what to do with all\./],
  ['bin/bench nosuch', /^drydock: npm run bench has no part nosuch\./],
  ['bin/bench hub steps', /^drydock: npm run bench does not know what to do with steps\./],
  ['bin/test --against', /^drydock: --against is followed by a value\./],
  ['bin/test --against podman', /^drydock: --against is followed by dockerd or docker-registry\./],
  ['bin/test --against=podman', /^drydock: --against is followed by dockerd or docker-registry\./],
  ['bin/start --verbose=yes', /^drydock: --verbose takes no value\./],
] as const) {
  test(`${command} is wrong usage: exit code 2, told on standard error`, async () => {
    const { code, stdout, stderr } = await run(`sh ${command}`);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, sentence);
  });
}

test('the parts that npm run bench tells of are those that it has', async () => {
  const { stdout } = await run('sh bin/bench --help');
  const told = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  const measured = [...readFileSync(path.join(clone, 'test/bench/main.ts'), 'utf8').matchAll(/isOnly\('(\w+)'\)/g)].map(
    ([, name]) => name,
  );
  assert.deepEqual(told, measured);
});
