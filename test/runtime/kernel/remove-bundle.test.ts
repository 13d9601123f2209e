// Removing the directory of a process: what is busy for a moment is waited for, what is held is told soon.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
