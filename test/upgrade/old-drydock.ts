// A Drydock as an earlier commit of this clone was: its files and its own npm packages in a folder, and its command.

import { execFile } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testRun } from '../support/instance.ts';

const run = promisify(execFile);
const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const maxOutput = 16 * 1024 * 1024;

export interface OldDrydock extends AsyncDisposable {
  /** The path of its `bin/drydock`. */
  readonly command: string;
}

/** Takes a minute, for `npm ci`; disposing removes it. Throws where there is no such commit. */
export async function oldDrydock(commit: string): Promise<OldDrydock> {
  const folder = `/tmp/${testRun}-old`;
  const archive = `${folder}.tar`;
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(archive, { force: true });
  };
  try {
    await mkdir(folder);
    await chmod(folder, 0o755);
    await run('git', ['archive', '--output', archive, commit], { cwd: clone });
    await run('tar', ['-xf', archive, '-C', folder]);
    const install = ['ci', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', install, { cwd: folder, maxBuffer: maxOutput });
  } catch (error) {
    await remove();
    throw error;
  }
  return { command: path.join(folder, 'bin/drydock'), [Symbol.asyncDispose]: remove };
}
