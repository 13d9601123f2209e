// File system rights of a student, as this thread has them for the length of one call.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { withRightsOf } from '../../../runtime/kernel/beneath.ts';

/** proc(5): real, effective, saved and file system UID and GID. */
const own = (): readonly (string | undefined)[] => {
  const text = readFileSync('/proc/thread-self/status', 'utf8');
  return [/^Uid:.*\s(\d+)$/m.exec(text)?.[1], /^Gid:.*\s(\d+)$/m.exec(text)?.[1]];
};

// DRYDOCK_UID_BASE may be any number of 32 bits.
for (const uid of [1000, 1_879_049_192, 3_200_001_000, 4_294_902_760]) {
  test(`of user ${uid} are taken and given back`, () => {
    const before = own();
    assert.deepEqual(withRightsOf(uid, uid + 1, own), [String(uid), String(uid + 1)]);
    assert.deepEqual(own(), before);
  });
}
