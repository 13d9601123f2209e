// What the installer brings along: one Node, pinned at one version in both places that name it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { programs } from '../../bin/programs.mjs';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const read = async (file: string) => JSON.parse(await readFile(path.join(clone, file), 'utf8'));

test('npm runs under the Node that Drydock runs on', async () => {
  const [own, toolchain] = [await read('package.json'), await read('bin/toolchain/package.json')];
  for (const [name, version] of Object.entries(toolchain.optionalDependencies)) {
    assert.equal(own.optionalDependencies[name], version, name);
    assert.equal(`v${version}`, process.version);
  }
});

test('the toolchain is locked to what its package.json asks for', async () => {
  const [{ dependencies }, { packages }] = [
    await read('bin/toolchain/package.json'),
    await read('bin/toolchain/package-lock.json'),
  ];
  assert.equal(packages['node_modules/npm'].version, dependencies.npm);
});

test('every program that Drydock runs says what it is for', () => {
  for (const { program, use } of programs) assert.match(use, /^[a-z].*[a-z]$/, program);
});
