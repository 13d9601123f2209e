// The registry is killed while images are pushed, pulled, deleted and collected: what it has acknowledged is there, and nothing half.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { OwnRegistry } from '../support/own-registry.ts';
import { Pushers, RegistryProcess } from '../support/registry-pushers.ts';
import { isSoak } from '../support/soak.ts';

const kills = isSoak ? 100 : 8;

test('what was acknowledged is there after each kill, and nothing half', async () => {
  const directory = path.join(os.tmpdir(), `drydock-registry-${randomUUID()}`);
  fs.mkdirSync(directory);
  try {
    const pushers = new Pushers();
    for (let round = 0; round < kills; round++) {
      const registry = await RegistryProcess.start(directory, 'collect');
      const { moment, ended } = pushers.begin(registry.url);
      await moment;
      await registry.kill();
      await ended;
      await using served = await OwnRegistry.open({ directory });
      await pushers.compare(served);
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});
