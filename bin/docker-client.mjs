// The docker command that the tests use beside the workspace's: a current one, from Debian sid where the machine's is older.
// Taken out of its package, so that nothing of the machine is replaced; and the daemon's package, which would start it, is not it.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ownDockerFolder, programFolders } from './programs.mjs';
import { lastLines, Refusal } from './refusal.mjs';
import { runShown } from './run-shown.mjs';

const run = promisify(execFile);
/** The docker command that is current in what the tests claim. */
const wantedMajor = 28;

/** 28 for `Docker version 28.2.2, build e6534b4`; 0 where it does not run. @param {string} file */
async function majorOf(file) {
  const said = await run(file, ['--version']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return Number(/^Docker version (\d+)\./.exec(said)?.[1] ?? 0);
}

/** Whether a docker command is there that is new enough. */
export async function hasDockerClient() {
  for (const folder of [ownDockerFolder, ...programFolders]) {
    const major = await majorOf(path.join(folder, 'docker'));
    if (major > 0) return major >= wantedMajor;
  }
  return false;
}

/**
 * Into its own folder, atomically. About ten seconds. Throws Refusal. A mirror that stands still, as one in a class without
 * internet, has lists that are past their date; their signature is checked all the same.
 */
export async function installDockerClient() {
  await mkdir(ownDockerFolder, { recursive: true });
  const root = await mkdtemp(path.join(ownDockerFolder, 'root-'));
  try {
    const { code, output } = await runShown('mmdebstrap', [
      ...['--mode=root', '--format=directory', '--variant=extract', '--include=docker-cli'],
      ...['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Languages "none"'],
      ...['sid', root],
    ]);
    if (code !== 0) {
      throw new Refusal(
        `The tests need a docker command of version ${wantedMajor} or later, and Debian sid's could not be had. ` +
          `Install one by hand, or run the command again when Debian's mirror is reached. It said:\n${lastLines(output)}`,
      );
    }
    await rename(path.join(root, 'usr/bin/docker'), path.join(ownDockerFolder, 'docker'));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
