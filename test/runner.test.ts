// Where `-t` names none of a file's tests, the file lets go of what it had when it was read; so does a group in a file that is run.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, test } from 'vitest';
import { testRun } from './support/instance.ts';

const clone = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** In the clone, so that its files find vitest. */
const folder = path.join(clone, `test/output/${testRun}-runner`);
await mkdir(folder, { recursive: true });
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string, rest: string) => `
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
const told = (text: string) => appendFileSync('${folder}/told', '${name}: ' + text + '\\n');
told('read');
afterAll(() => told('first'));
afterAll(async () => told('second'));
${rest}`;
await writeFile(path.join(folder, 'none.test.ts'), file('none', "test('another', () => told('ran'));"));
await writeFile(
  path.join(folder, 'some.test.ts'),
  file(
    'some',
    `test('wanted', () => told('ran'));
describe('a group', () => {
  let made: { end(): void };
  beforeAll(() => { made = { end: () => told('ended') }; });
  afterAll(() => made.end());
  afterAll(() => told('of the group'));
  test('another', () => told('ran'));
});`,
  ),
);
await writeFile(
  path.join(folder, 'vitest.config.ts'),
  `export default { test: { include: ['*.test.ts'], runner: '${clone}/test/runner.ts', pool: 'forks', experimental: { viteModuleRunner: false, nodeLoader: false }, sequence: { hooks: 'list' } } };`,
);

test('the hooks after all tests are run once each, in order, and one that fails keeps no other from it', async () => {
  const vitest = path.join(clone, 'node_modules/vitest/vitest.mjs');
  await promisify(execFile)(process.execPath, [vitest, 'run', '--root', folder, '-t', 'wanted'], { cwd: folder });
  const told = (await readFile(path.join(folder, 'told'), 'utf8')).split('\n');
  const of = (name: string) => told.filter((line) => line.startsWith(name)).map((line) => line.split(': ')[1]);
  assert.deepEqual(of('none'), ['read', 'first', 'second']);
  assert.deepEqual(of('some'), ['read', 'ran', 'first', 'second', 'of the group']);
});
