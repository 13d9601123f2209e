// B04: a push of what somebody else has in private costs the same work as a push of what nobody has, so that its time tells nothing.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import type { Gate } from '../../runtime/registry/http/access.ts';
import { Refusal } from '../../runtime/registry/refusal.ts';
import { Disk, makeDisk } from '../support/disk.ts';
import { OwnRegistry, sha256 } from '../support/own-registry.ts';

const MiB = 1024 * 1024;

/** Everybody has what is below their own name. */
const gate: Gate = {
  admit({ headers }) {
    const who = String(headers['x-who']);
    return {
      who,
      allows: (scope) => scope.type === 'repository' && scope.name.startsWith(`${who}/`),
      refuse: () => new Refusal('DENIED'),
    };
  },
};

test('B04: what a stranger has is brought to the disk again before a push of the same is acknowledged', async () => {
  const directory = path.join(os.tmpdir(), `drydock-same-${randomUUID()}`);
  fs.mkdirSync(directory);
  try {
    makeDisk(`${directory}/disk`, 'ext4', 256 * MiB);
    using disk = new Disk(`${directory}/disk`);
    await using served = await OwnRegistry.open({ directory: disk.directory, gate });
    const content = randomBytes(8 * MiB);
    const digest = sha256(content);
    const pushed = async (who: string): Promise<number> => {
      const before = disk.writtenBytes;
      const headers = { 'X-Who': who };
      const begun = await served.ask(`POST /v2/${who}/app/blobs/uploads/`, { headers });
      const put = await served.ask(`PUT ${begun.header('location')}?digest=${digest}`, { headers, body: content });
      assert.equal(put.status, 201);
      return disk.writtenBytes - before;
    };
    for (const who of ['ann', 'ben']) {
      const bytes = await pushed(who);
      assert.ok(bytes >= content.length, `the push of ${who} wrote ${bytes} bytes`);
    }
    // It is one file all the same.
    assert.equal(fs.readdirSync(served.blobs.folder).length, 1);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});
