// Installs the npm packages of package-lock.json, with a pinned npm under the pinned Node: Debian 12's npm 9 under Node 18
// leaves out every optional package that asks for a newer Node, and with them the native code of the site's builder.

import { existsSync, statfsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLines, Refusal, ranOutOfSpace } from './refusal.mjs';
import { runShown } from './run-shown.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const toolchain = path.join(root, '.toolchain');
/** What brings the pinned Node, by this machine's architecture. */
const nodePackage = `node-linux-${process.arch}`;
/**
 * What the lock file says, and nothing written to it. Not `npm ci`, which refuses a lock file without the optional packages
 * for machines that a registry mirror may lack. No package of ours needs its install script: native code comes prebuilt.
 */
const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=warn'];

/** @typedef {Record<string, { version?: string, optional?: boolean, dev?: boolean }>} LockedPackages */

/** @param {string} file @returns {Promise<LockedPackages>} */
async function lockedPackages(file) {
  return JSON.parse(await readFile(file, 'utf8')).packages;
}

/**
 * Whether node_modules holds what package-lock.json asks for, with what the tests and checks alone need where it is `forTests`.
 * npm writes its own record last, so half an install is none.
 * @param {boolean} forTests
 */
async function isCurrent(forTests) {
  if (!existsSync(path.join(modules, nodePackage))) return false;
  try {
    const [wanted, present] = await Promise.all([
      lockedPackages(path.join(root, 'package-lock.json')),
      lockedPackages(path.join(modules, '.package-lock.json')),
    ]);
    return Object.entries(wanted).every(([name, entry]) => {
      if (!name.includes('node_modules/')) return true;
      const there = present[name];
      if (!there) return entry.optional === true || (entry.dev === true && !forTests);
      return there.version === entry.version;
    });
  } catch {
    return false;
  }
}

/** How many packages lie in node_modules by now, for the progress line. */
async function countPackages() {
  let count = 0;
  for (const name of await readdir(modules).catch(() => [])) {
    if (name.startsWith('.')) continue;
    count += name.startsWith('@') ? (await readdir(path.join(modules, name)).catch(() => [])).length : 1;
  }
  return count;
}

/** The packages, and the toolchain while they are installed; measured: 580 MB (850 MB with those for the tests) and 250 MB. */
const neededBytes = 1.2e9;

function refuseFullDisk() {
  // Node 18 has it from 18.15 on.
  const { bavail, bsize } = statfsSync?.(root) ?? { bavail: 1, bsize: neededBytes };
  if (bavail * bsize < neededBytes) throw fullDisk();
}

const fullDisk = () =>
  new Refusal(
    `The disk that holds ${root} is full: npm's packages need 1.2 GB. Make room, then run the command again.`,
  );

/** npm goes on over files that did not fit, and succeeds. @param {{ code: number, output: string }} result */
function refuseFailure({ code, output }) {
  if (ranOutOfSpace(output)) throw fullDisk();
  if (code !== 0) throw refusalOf(output);
}

/** @param {string} output */
function refusalOf(output) {
  return new Refusal(
    'npm install failed. If this machine reaches no npm registry, set one (npm config set registry URL), ' +
      `then run the command again. It said:\n${lastLines(output)}`,
  );
}

/** @param {import('./progress.mjs').Step} step */
async function installToolchain(step) {
  step.update('fetching Node');
  await rm(toolchain, { recursive: true, force: true });
  await mkdir(toolchain);
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(path.join(root, 'bin/toolchain', file), path.join(toolchain, file));
  }
  refuseFailure(await runShown('npm', install, { cwd: toolchain }));
}

/** @param {import('./progress.mjs').Step} step @param {boolean} forTests */
async function installPackages(step, forTests) {
  // Anew, as npm ci would: a node_modules that other npms wrote may lack what they took for unfit. What the tests need besides
  // is added to what is there: a Drydock that runs from this clone goes on.
  if (!(await isCurrent(false))) await rm(modules, { recursive: true, force: true });
  const locked = await lockedPackages(path.join(root, 'package-lock.json'));
  // Of the optional ones, which are mostly for other machines, few are installed.
  const total = Object.entries(locked).filter(
    ([name, { optional, dev }]) => name.startsWith('node_modules/') && !optional && (forTests || !dev),
  ).length;
  const timer = setInterval(async () => step.update(`${Math.min(await countPackages(), total)} of ${total}`), 500);
  try {
    const node = path.join(toolchain, 'node_modules', nodePackage, 'bin/node');
    const npm = path.join(toolchain, 'node_modules/npm/bin/npm-cli.js');
    const omitted = forTests ? [] : ['--omit=dev'];
    refuseFailure(await runShown(node, [npm, ...install, ...omitted], { cwd: root }));
  } finally {
    clearInterval(timer);
  }
}

/** node_modules/.bin/node, which npm before 10 takes away again with the Node for the other architecture. */
async function linkNode() {
  const link = path.join(modules, '.bin/node');
  if (existsSync(link)) return;
  await rm(link, { force: true });
  await symlink(`../${nodePackage}/bin/node`, link);
}

/**
 * Idempotent. Throws Refusal.
 * @param {ReturnType<typeof import('./progress.mjs').showProgress>} progress
 * @param {Promise<void>} libraries Resolves once the machine has the libraries that the pinned Node needs.
 * @param {boolean} forTests Whether the packages for the tests and checks are wanted, too.
 */
export async function installNpmPackages(progress, libraries, forTests) {
  if (!['x64', 'arm64'].includes(process.arch)) {
    throw new Refusal(`Drydock runs on x86-64 and arm64, and this machine is ${process.arch}.`);
  }
  if (!(await isCurrent(forTests))) {
    refuseFullDisk();
    const step = progress.step('Installing npm packages');
    try {
      await installToolchain(step);
      step.update('waiting for the Debian packages');
      await libraries;
      await installPackages(step, forTests);
      step.done(`${await countPackages()} packages`);
    } catch (error) {
      step.failed();
      throw error;
    } finally {
      await rm(toolchain, { recursive: true, force: true });
    }
  }
  await linkNode();
}
