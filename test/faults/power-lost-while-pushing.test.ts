// The machine loses its power while images are pushed to the registry: what was acknowledged is on the disk (X08).
//
// The disk is a file with a file system in it. What the kernel has written to that file, the disk had; the rest was in memory. So a
// copy of the file, made while the registry stands still, is what is found after the power is back.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { Disk, makeDisk } from '../support/disk.ts';
import { OwnRegistry } from '../support/own-registry.ts';
import { Pushers, RegistryProcess } from '../support/registry-pushers.ts';
import { rounds } from '../support/soak.ts';

const losses = rounds(12);
const diskBytes = 512 * 1024 * 1024;

/** A copy as of one moment: nothing was written meanwhile. */
function copyStill(disk: Disk, image: string, copy: string): void {
  for (let before = ''; before !== disk.writes; ) {
    before = disk.writes;
    execFileSync('cp', ['--sparse=always', image, copy]);
  }
}

for (const type of ['btrfs', 'ext4'] as const) {
  test(`X08: what was acknowledged is there after a loss of power (${type})`, async () => {
    const directory = path.join(os.tmpdir(), `drydock-power-${randomUUID()}`);
    fs.mkdirSync(directory);
    const [image, copy] = [`${directory}/disk`, `${directory}/copy`];
    try {
      makeDisk(image, type, diskBytes);
      for (let round = 0; round < losses; round++) {
        using disk = new Disk(image);
        const pushers = new Pushers();
        const registry = await RegistryProcess.start(disk.directory, 'collect');
        const { moment, ended } = pushers.begin(registry.url);
        await moment;
        registry.stop();
        copyStill(disk, image, copy);
        await registry.kill();
        await ended;
        using found = new Disk(copy);
        await using served = await OwnRegistry.open({ directory: found.directory });
        await pushers.compare(served);
      }
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
}
