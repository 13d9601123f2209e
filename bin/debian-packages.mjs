// Installs the Debian packages that bring the programs which this machine lacks. Ubuntu's have the same names.

import { existsSync } from 'node:fs';
import { access, constants, open } from 'node:fs/promises';
import path from 'node:path';
import { installDockerPrograms, missingDockerPrograms } from './docker-client.mjs';
import { programFolders, programs, testPrograms } from './programs.mjs';
import { lastLines, Refusal, ranOutOfSpace } from './refusal.mjs';
import { runShown } from './run-shown.mjs';

const environment = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
/** Another apt (unattended upgrades) may hold the lock for minutes; `APT::Status-Fd` says how far it is. */
const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Status-Fd=1'];

const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Its path, or null. @param {string} program */
async function find(program) {
  for (const folder of programFolders) {
    const file = path.join(folder, program);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return null;
}

/** @param {string} program */
const isInstalled = async (program) => (await find(program)) !== null;

/** A program that is linked to libraries names its loader, ld-linux, right behind its headers. @param {string} file */
async function isStatic(file) {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    return !buffer.subarray(0, bytesRead).includes('ld-linux');
  } finally {
    await handle.close();
  }
}

/** @param {boolean} forTests @returns {Promise<string[]>} Debian's names for what is missing. */
async function missingPackages(forTests) {
  const wanted = forTests ? [...programs, ...testPrograms] : [...programs];
  const missing = new Set();
  for (const { program, package: name } of wanted) {
    // Any OCI runtime will do: where runc is and crun is not, nothing is missing.
    if (program === 'crun' && (await isInstalled('runc'))) continue;
    const file = await find(program);
    if (!file || (program === 'busybox' && !(await isStatic(file)))) missing.add(name);
  }
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) missing.add('ca-certificates');
  // The pinned Node is linked to it.
  if (!libraryFolders.some((folder) => existsSync(path.join(folder, 'libatomic.so.1')))) missing.add('libatomic1');
  // mmdebstrap builds Debian images: on Ubuntu the keys to trust are a package of their own.
  if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) missing.add('debian-archive-keyring');
  return [...missing];
}

/** @param {string[]} args @param {import('./progress.mjs').Step} step */
async function apt(args, step) {
  const { code, output } = await runShown('apt-get', [...options, ...args], {
    env: environment,
    onLine: (line) => {
      const status = /^(dl|pm)status:[^:]*:([0-9.]+):(.*)/.exec(line);
      if (status) step.update(`${status[1] === 'dl' ? 'fetching' : 'unpacking'}, ${Math.round(Number(status[2]))} %`);
    },
  });
  if (code === 0) return;
  const said = output
    .split('\n')
    .filter((line) => !/^(dl|pm)status:/.test(line))
    .join('\n');
  throw new Refusal(
    ranOutOfSpace(said)
      ? "The disk is full: Debian's packages did not fit. Make room, then run the command again."
      : `apt-get ${args[0]} failed. Check the machine's package sources and network, then run the command again. ` +
          `It said:\n${lastLines(said)}`,
  );
}

/** Idempotent. Throws Refusal. @param {ReturnType<typeof import('./progress.mjs').showProgress>} progress @param {boolean} forTests */
export async function installDebianPackages(progress, forTests) {
  const missing = await missingPackages(forTests);
  const docker = forTests ? await missingDockerPrograms() : [];
  const names = [...missing, ...docker.map(({ program }) => program)];
  if (names.length === 0) return;
  if (!(await isInstalled('apt-get'))) {
    throw new Refusal(
      `This machine lacks ${names.join(', ')} (Debian's names), and has no apt-get to install them. ` +
        "Install them with the machine's own package manager, then run the command again.",
    );
  }
  const step = progress.step(`Installing Debian packages (${names.join(', ')})`);
  try {
    if (missing.length > 0) {
      await apt(['update'], step);
      await apt(['install', '--no-install-recommends', ...missing], step);
    }
    if (docker.length > 0) {
      step.update("fetching Debian sid's docker command and compose");
      await installDockerPrograms(docker);
    }
    step.done();
  } catch (error) {
    step.failed();
    throw error;
  }
}
