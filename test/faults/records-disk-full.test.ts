// The disk of the engine's records is full: what cannot be written is told, the process lives, and writes again when there is room.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { Disk, makeDisk } from '../support/disk.ts';

const MiB = 1024 * 1024;
const program = fileURLToPath(new URL('../support/records-program.ts', import.meta.url));

/** Fills what is left, to the last block. */
function fill(directory: string): void {
  for (const bytes of [MiB, 64 * 1024, 4096, 512]) {
    const file = fs.openSync(`${directory}/filler-${bytes}`, 'wx');
    try {
      for (;;) fs.writeSync(file, randomBytes(bytes));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    } finally {
      fs.closeSync(file);
    }
    execFileSync('sync', ['--file-system', directory]);
  }
}

for (const type of ['btrfs', 'ext4'] as const) {
  test(`X07: records that cannot be written to a full disk are refused, and the engine lives (${type})`, async () => {
    const directory = path.join(os.tmpdir(), `drydock-full-${randomUUID()}`);
    fs.mkdirSync(directory);
    let child: ChildProcessByStdio<Writable, Readable, null> | null = null;
    try {
      makeDisk(`${directory}/disk`, type, 128 * MiB);
      using disk = new Disk(`${directory}/disk`);
      child = spawn(process.execPath, [program, `${disk.directory}/engine.db`], { stdio: ['pipe', 'pipe', 'inherit'] });
      const { stdin, stdout } = child;
      const gone = once(child, 'exit').then(([code, signal]) => `it ended: ${signal ?? code}`);
      const write = async (many: number): Promise<string> => {
        stdin.write(`${many}\n`);
        return await Promise.race([once(stdout, 'data').then(([line]) => String(line).trim()), gone]);
      };
      assert.equal(await write(10), 'written');
      fill(disk.directory);
      assert.match(await write(50_000), /database or disk is full|disk I\/O error/);
      for (const name of fs.readdirSync(disk.directory).filter((one) => one.startsWith('filler')))
        fs.rmSync(`${disk.directory}/${name}`);
      execFileSync('sync', ['--file-system', disk.directory]);
      assert.equal(await write(11), 'written');
      stdin.end();
      assert.equal(await gone, 'it ended: 0');
    } finally {
      child?.kill('SIGKILL');
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
}
