// The run directory as a private mount, and in it, pinned, the engine's mount namespace: what the engine mounts is seen by
// nobody else, and stays when the engine is killed and started again.

import { chmod, mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Failure } from '../failure.ts';
import { mountedAt } from '../mount-points.ts';
import { operatorFolder } from '../paths.ts';
import { runProgram, tryProgram } from '../run-program.ts';

export const namespaceFile = (run: string) => path.join(run, 'mnt');
/** Where the server sees the clone; see commands.ts. */
export const appFolder = (run: string) => path.join(run, 'app');

/** Idempotent: a namespace that a killed supervisor left is used again, with all that is mounted in it. Throws Failure. */
export async function prepareRunDirectory(run: string): Promise<void> {
  await mkdir(run, { recursive: true });
  await chmod(run, 0o711); // the server's user must reach the sockets in it, by name
  if (!mountedAt(run)) await runProgram(`mount ${run}`, 'mount', ['--bind', run, run]);
  // The kernel refuses to pin a mount namespace on a mount that is propagated into it.
  await runProgram(`make ${run} private`, 'mount', ['--make-private', run]);
  await mkdir(appFolder(run), { recursive: true });

  const file = namespaceFile(run);
  if (mountedAt(file)?.type === 'nsfs') return;
  await writeFile(file, '');
  await pinNamespace(file);
}

/**
 * The kernel pins a mount namespace only in one that has a lower number, and since Linux 6.18 each CPU hands out numbers of
 * its own. Where ours is not the machine's first, in a container or by bin/own-root, another CPU's may be lower: then it
 * works on the CPU that ours was made on.
 */
async function pinNamespace(file: string): Promise<void> {
  const unshare = ['unshare', `--mount=${file}`, '--propagation', 'slave', 'true'] as const;
  const first = await tryProgram(unshare[0], unshare.slice(1));
  if (first.exitCode === 0) return;
  for (let cpu = 0; cpu < os.cpus().length; cpu++) {
    if ((await tryProgram('taskset', ['-c', String(cpu), ...unshare])).exitCode === 0) return;
  }
  throw new Failure(`The mount namespace of the engine cannot be made: ${first.stderr.trim()}`);
}

/** Idempotent. Only when engine and hosts have ended: the namespace goes with the last process in it. */
export async function releaseRunDirectory(run: string): Promise<void> {
  const file = namespaceFile(run);
  if (mountedAt(file)) await tryProgram('umount', [file]);
  if (mountedAt(run)) await tryProgram('umount', [run]);
  await rm(file, { force: true });
  await rm(operatorFolder(run), { recursive: true, force: true });
  // What else there is in it is the engine's; an empty directory goes, another stays.
  await rmdir(appFolder(run)).catch(() => {});
  await rmdir(run).catch(() => {});
}
