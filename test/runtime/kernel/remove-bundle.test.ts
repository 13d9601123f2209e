// Removing the directory of a process: what is busy for a moment is waited for, what is held is told soon.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { removeBundle } from '../../../runtime/kernel/remove-bundle.ts';

let bundle: string;
beforeAll(() => {
  bundle = `${mkdtempSync('/tmp/drydock-remove-bundle-')}/b`;
});
afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }));

/** Calls `act` while something is mounted in the bundle, deep in it. */
async function whileHeld(act: (letGo: () => void) => Promise<void>): Promise<void> {
  const place = `${bundle}/a/b/c`;
  mkdirSync(place, { recursive: true });
  writeFileSync(`${bundle}/config.json`, '{}');
  execFileSync('mount', ['-t', 'tmpfs', 'held', place]);
  let held = true;
  const letGo = (): void => {
    if (held) execFileSync('umount', [place]);
    held = false;
  };
  try {
    await act(letGo);
  } finally {
    letGo();
  }
}

test('what is held for good is told soon, however deep it lies', async () => {
  await whileHeld(async () => {
    const began = performance.now();
    await assert.rejects(removeBundle(bundle), { code: 'EBUSY' });
    // Half a second, on a machine that may be busy itself.
    assert.ok(performance.now() - began < 5_000, `${performance.now() - began} ms`);
  });
});

test('nothing stays of what is written and renamed meanwhile, as conmon does', async () => {
  // In each round the bundle is removed while the other writes a few files in it, and then stops.
  for (let round = 0; round < 40; round++) {
    mkdirSync(bundle, { recursive: true });
    const write = 'open(my $f, ">", "$d/new$n") or exit; rename("$d/new$n", "$d/$n"); print "." if $n == 15';
    const child = spawn('perl', ['-e', `$| = 1; my $d = shift; for my $n (1 .. 200) { ${write} }`, bundle]);
    await once(child.stdout, 'data');
    await removeBundle(bundle);
    assert.ok(!existsSync(bundle), `round ${round}`);
    if (child.exitCode === null) await once(child, 'exit');
  }
});

test('what is held for a moment goes, and once more is no error', async () => {
  await whileHeld(async (letGo) => {
    const removed = removeBundle(bundle);
    await turn();
    letGo();
    await removed;
  });
  assert.ok(!existsSync(bundle));
  await removeBundle(bundle);
});
