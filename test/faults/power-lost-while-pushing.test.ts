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
import { OwnRegistry } from '../support/own-registry.ts';
import { Pushers, RegistryProcess } from '../support/registry-pushers.ts';
import { rounds } from '../support/soak.ts';

const losses = rounds(12);
const diskBytes = 512 * 1024 * 1024;

const run = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' });

/** A mounted file. */
class Disk implements Disposable {
  readonly directory: string;

  constructor(image: string) {
    this.directory = `${image}.mounted`;
    fs.mkdirSync(this.directory);
    run('mount', '-o', 'loop', image, this.directory);
  }

  /** How often the kernel has written to it, as /sys/block/LOOP/stat tells. */
  get writes(): string {
    const device = path.basename(run('findmnt', '--noheadings', '--output', 'SOURCE', this.directory).trim());
    return fs.readFileSync(`/sys/block/${device}/stat`, 'utf8').trim().split(/\s+/)[4] ?? '';
  }

  [Symbol.dispose](): void {
    run('umount', this.directory);
    fs.rmdirSync(this.directory);
  }
}

/** A copy as of one moment: nothing was written meanwhile. */
function copyStill(disk: Disk, image: string, copy: string): void {
  for (let before = ''; before !== disk.writes; ) {
    before = disk.writes;
    run('cp', '--sparse=always', image, copy);
  }
}

for (const [type, make] of [
  ['btrfs', ['mkfs.btrfs', '--quiet']],
  ['ext4', ['mkfs.ext4', '-q']],
] as const) {
  test(`X08: what was acknowledged is there after a loss of power (${type})`, async () => {
    const directory = path.join(os.tmpdir(), `drydock-power-${randomUUID()}`);
    fs.mkdirSync(directory);
    const [image, copy] = [`${directory}/disk`, `${directory}/copy`];
    try {
      fs.writeFileSync(image, '');
      fs.truncateSync(image, diskBytes);
      const [program, ...options] = make;
      run(program, ...options, image);
      for (let round = 0; round < losses; round++) {
        using disk = new Disk(image);
        const pushers = new Pushers();
        const registry = await RegistryProcess.start(disk.directory);
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
