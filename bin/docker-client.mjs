// The docker command and its compose that the tests use beside the workspace's: current ones, from Debian sid where the machine's
// are older. Taken out of their packages, so that nothing of the machine is replaced; the daemon's package, which would start
// it, is not among them.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ownDockerFolder, pluginFolders, programFolders } from './programs.mjs';
import { lastLines, Refusal } from './refusal.mjs';
import { runShown } from './run-shown.mjs';

const run = promisify(execFile);

/**
 * `atLeast` is what is current in what the tests claim, as major and minor version; `argument` asks for it.
 * @typedef {{ program: string, package: string, argument: string, atLeast: [number, number], folders: readonly string[], packed: string }} DockerProgram
 */

/** @type {readonly DockerProgram[]} */
const dockerPrograms = [
  {
    ...{ program: 'docker', package: 'docker-cli', argument: '--version', atLeast: [28, 0] },
    ...{ folders: programFolders, packed: 'usr/bin' },
  },
  {
    ...{ program: 'docker-compose', package: 'docker-compose', argument: 'version', atLeast: [2, 40] },
    ...{ folders: pluginFolders, packed: 'usr/libexec/docker/cli-plugins' },
  },
];

/**
 * [28, 2] for `Docker version 28.2.2, build e6534b4`; null where it does not run.
 * @param {string} file @param {string} argument
 */
async function versionOf(file, argument) {
  const said = await run(file, [argument]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const [, major, minor] = /version v?(\d+)\.(\d+)/.exec(said) ?? [];
  return major === undefined ? null : [Number(major), Number(minor)];
}

/** Whether the first of them that is found is new enough. @param {DockerProgram} wanted */
async function isCurrent({ program, argument, atLeast: [major, minor], folders }) {
  for (const folder of [ownDockerFolder, ...folders]) {
    const [ownMajor = 0, ownMinor = 0] = (await versionOf(path.join(folder, program), argument)) ?? [];
    if (ownMajor > 0) return ownMajor > major || (ownMajor === major && ownMinor >= minor);
  }
  return false;
}

/** Those that this machine lacks, or has only old ones of. */
export async function missingDockerPrograms() {
  const current = await Promise.all(dockerPrograms.map(isCurrent));
  return dockerPrograms.filter((_, n) => !current[n]);
}

/**
 * Into their own folder, each atomically. About ten seconds. Throws Refusal. A mirror that stands still, as one in a class
 * without internet, has lists that are past their date; their signature is checked all the same.
 * @param {readonly DockerProgram[]} missing
 */
export async function installDockerPrograms(missing) {
  await mkdir(ownDockerFolder, { recursive: true });
  const root = await mkdtemp(path.join(ownDockerFolder, 'root-'));
  try {
    const { code, output } = await runShown('mmdebstrap', [
      ...['--mode=root', '--format=directory', '--variant=extract'],
      `--include=${missing.map((each) => each.package).join(',')}`,
      ...['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Languages "none"'],
      ...['sid', root],
    ]);
    if (code !== 0) {
      const wanted = missing.map(({ program, atLeast }) => `${program} ${atLeast.join('.')}`).join(' and ');
      throw new Refusal(
        `The tests need ${wanted}, or later, and Debian sid's could not be had. ` +
          `Install it by hand, or run the command again when Debian's mirror is reached. It said:\n${lastLines(output)}`,
      );
    }
    for (const { program, packed } of missing)
      await rename(path.join(root, packed, program), path.join(ownDockerFolder, program));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
