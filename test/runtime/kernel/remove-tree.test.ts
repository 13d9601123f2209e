// Removing what a stranger has filled.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, test } from 'vitest';
import { removeTree } from '../../../runtime/kernel/remove-tree.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync('/tmp/drydock-remove-tree-');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a few files and folders go, and what links lead to stays', async () => {
  const tree = `${folder}/few`;
  mkdirSync(`${tree}/a/b`, { recursive: true });
  writeFileSync(`${folder}/kept`, 'kept');
  mkdirSync(`${folder}/kept-folder`);
  writeFileSync(`${folder}/kept-folder/file`, 'kept');
  for (const name of ['kept', 'kept-folder', 'nowhere']) symlinkSync(`${folder}/${name}`, `${tree}/a/${name}`);
  writeFileSync(`${tree}/a/b/file`, '');
  await removeTree(tree);
  assert.ok(!existsSync(tree));
  assert.equal(readFileSync(`${folder}/kept`, 'utf8'), 'kept');
  assert.equal(readFileSync(`${folder}/kept-folder/file`, 'utf8'), 'kept');
  await removeTree(tree); // once more is no error
});

test('many files go', async () => {
  const tree = `${folder}/many`;
  mkdirSync(tree);
  for (let i = 0; i < 1000; i++) writeFileSync(`${tree}/${i}`, '');
  await removeTree(tree);
  assert.ok(!existsSync(tree));
});

test('what is deeper than any path goes', async () => {
  const tree = `${folder}/deep`;
  const name = 'd'.repeat(200);
  const before = process.cwd();
  mkdirSync(tree);
  try {
    process.chdir(tree);
    for (let i = 0; i < 100; i++) {
      mkdirSync(name);
      process.chdir(name);
    }
  } finally {
    process.chdir(before);
  }
  await removeTree(tree);
  assert.ok(!existsSync(tree));
});
