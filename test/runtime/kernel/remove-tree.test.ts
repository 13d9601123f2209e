// Removing what a stranger has filled.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

test('what a link leads to stays, also where it is put in the place of a folder meanwhile', async () => {
  // A process that stands in the tree exchanges the folder and the link as fast as it can: renameat2(2), RENAME_EXCHANGE.
  const exchange = `chdir $ARGV[0]; $| = 1; print "begun\n"; my ($a, $b) = ("folder", "link"); my $end = time + 5;
    while (time < $end) { last if syscall(316, -100, $a, -100, $b, 2) < 0 && !-e "link" && !-e "folder" }`;
  const kept = `${folder}/kept-of-others`;
  mkdirSync(kept);
  writeFileSync(`${kept}/victim`, '');
  for (let round = 0; round < 40; round++) {
    const tree = `${folder}/raced`;
    mkdirSync(`${tree}/folder`, { recursive: true });
    writeFileSync(`${tree}/folder/victim`, '');
    for (let n = 0; n < 30; n++) writeFileSync(`${tree}/${n}`, '');
    symlinkSync(kept, `${tree}/link`);
    const perl = spawn('perl', ['-e', exchange, tree], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(perl, 'exit');
    await once(perl.stdout, 'data');
    await removeTree(tree).catch(() => undefined); // it may be filled as fast as it is emptied
    perl.kill('SIGKILL');
    await ended;
    assert.ok(existsSync(`${kept}/victim`), `round ${round}`);
    rmSync(tree, { recursive: true, force: true });
  }
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
