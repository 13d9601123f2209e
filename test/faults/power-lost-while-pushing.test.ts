// The machine loses its power while images are pushed to the registry: what was acknowledged is on the disk (X08).
//
// The disk is a file with a file system in it. What the kernel has written to that file, the disk had; the rest was in memory. So a
// copy of the file, made while the registry stands still, is what is found after the power is back.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { Blobs } from '../../runtime/store/blobs.ts';
import { pushBlob } from '../runtime/registry/contents.ts';
import { Disk, makeDisk } from '../support/disk.ts';
import { OwnRegistry, sha256 } from '../support/own-registry.ts';
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

  test(`X08: a blob that a host's image has, and that is not on the disk yet, is there when a push of the same is acknowledged (${type})`, async () => {
    const directory = path.join(os.tmpdir(), `drydock-power-${randomUUID()}`);
    fs.mkdirSync(directory);
    const [image, copy] = [`${directory}/disk`, `${directory}/copy`];
    try {
      makeDisk(image, type, diskBytes);
      const content = randomBytes(300_000);
      const digest = sha256(content);
      using disk = new Disk(image);
      {
        await using served = await OwnRegistry.open({ directory: disk.directory });
        const images = new Blobs(`${disk.directory}/images`);
        served.blobs.shareWith(images);
        const brought = images.temporary();
        fs.writeFileSync(brought, content);
        images.place(brought, digest);
        await pushBlob(served, 'shared/a', content);
        copyStill(disk, image, copy);
      }
      using found = new Disk(copy);
      await using served = await OwnRegistry.open({ directory: found.directory });
      const got = await served.ask(`GET /v2/shared/a/blobs/${digest}`);
      assert.deepEqual([got.status, sha256(got.body)], [200, digest]);
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
}
