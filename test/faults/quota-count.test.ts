// A store that something wrote to while no engine had it: the kernel trusts its quota count no more, and limits nobody by it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'vitest';
import { startEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;

test('a host is held to its disk also after a tool has written to the store', async () => {
  await using engine = await startEngine({ hostDiskBytes: 96 * MiB });
  await engine.client.createHost('old');
  await engine.shutdown();
  const image = path.join(engine.instance.data, 'store.img');
  await until('the store is unmounted', () => execFileSync('losetup', ['--associated', image]).length === 0);
  execFileSync('btrfstune', ['-m', image]);
  await engine.start();
  await engine.client.startHost('old');
  await engine.client.createHost('new');
  for (const host of ['old', 'new']) {
    const fill = {
      argv: ['dd', 'if=/dev/zero', 'of=/var/full', 'bs=1M', 'count=300'],
      user: 'root',
      timeoutMs: 60_000,
    };
    const { stderr } = await engine.client.run(host, fill);
    assert.match(stderr, /Disk quota exceeded/, host);
  }
});
