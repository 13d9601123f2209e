// How a container's last run was started, as far as its record tells.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { lastRunInForeground } from '../../../runtime/containers/last-run.ts';

test('a run is in the foreground as its start has recorded it, and of an older record as the client asked for it', () => {
  const created = { config: { AttachStdout: true } };
  assert.equal(lastRunInForeground({ ...created, foreground: false }), false, 'docker create, docker start');
  assert.equal(lastRunInForeground({ config: { AttachStdout: false }, foreground: true }), true, 'docker start -a');
  // As an engine wrote them that did not know of it.
  assert.equal(lastRunInForeground(created), true);
  assert.equal(lastRunInForeground({ config: { AttachStdout: false } }), false);
});
