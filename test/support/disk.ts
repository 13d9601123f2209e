// A disk of the test's own: a file with a file system in it, mounted.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const run = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' });

/** Makes the file system in the new file `image`. */
export function makeDisk(image: string, type: 'btrfs' | 'ext4', bytes: number): void {
  fs.writeFileSync(image, '', { flag: 'wx' });
  fs.truncateSync(image, bytes);
  run(`mkfs.${type}`, '-q', image);
}

/** Mounted until it is disposed of. */
export class Disk implements Disposable {
  readonly directory: string;

  constructor(image: string) {
    this.directory = `${image}.mounted`;
    fs.mkdirSync(this.directory);
    run('mount', '-o', 'loop', image, this.directory);
  }

  /** As /sys/block/LOOP/stat tells it. */
  #stat(field: number): string {
    const device = path.basename(run('findmnt', '--noheadings', '--output', 'SOURCE', this.directory).trim());
    return fs.readFileSync(`/sys/block/${device}/stat`, 'utf8').trim().split(/\s+/)[field] ?? '';
  }

  /** How often the kernel has written to it. */
  get writes(): string {
    return this.#stat(4);
  }

  /** How much. */
  get writtenBytes(): number {
    return Number(this.#stat(6)) * 512;
  }

  [Symbol.dispose](): void {
    run('umount', this.directory);
    fs.rmdirSync(this.directory);
  }
}
