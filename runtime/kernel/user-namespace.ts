// User namespaces: each carries a host's map of IDs, and has the host's share of what the kernel counts by user namespace.

import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { maxNetworkNamespacesPerHost } from '../limits.ts';
import { start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

/** Every host's range has this many UIDs and GIDs. */
export const idsPerHost = 65_536;

/** capabilities(7) */
const CAP_SYS_RESOURCE = 24n;

/**
 * Whether a host's user namespace can have another owner than root. crun sets the limits of a process in that process. runc sets
 * them from outside, as the owner may, and else only CAP_SYS_RESOURCE, which root lacks in some virtual machines and containers.
 */
function canGiveAway(runtime: string): boolean {
  if (path.basename(runtime) === 'crun') return true;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

/**
 * An open descriptor of a new user namespace that maps 0…65535 to `base`…, in which `runtime`, the OCI runtime, is to start
 * processes. The caller closes it. Takes about 3 ms.
 *
 * The kernel counts what a user namespace has (inotify, fanotify, namespaces) and some limits of its processes (POSIX queues,
 * pending signals with timers, locked memory) once more with the user who made it. That is `base` here, not root: so each host
 * has the machine's limits of one user for itself, and takes nothing from the others and from root.
 */
export async function openUserNamespace(base: number, runtime: string): Promise<number> {
  const user = ['setpriv', `--reuid=${base}`, `--regid=${base}`, '--clear-groups'];
  // Where only root may make user namespaces (Ubuntu's AppArmor, Debian's kernel.unprivileged_userns_clone) this one may too.
  const rights = ['--inh-caps=+sys_admin', '--ambient-caps=+sys_admin'];
  const asUser = canGiveAway(runtime) ? [...user, ...rights] : [];
  const argv = [...asUser, 'unshare', '--user', 'cat'];
  // The child waits for its stdin, so it lives until we have opened its namespace, and no longer than we do.
  const program = start(argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  const [input, output] = [program.pipe(0), program.pipe(1)];
  input.on('error', () => undefined); // its exit code tells
  try {
    input.write('.');
    await Promise.race([once(output, 'data'), program.exited.then(refused)]);
    fs.writeFileSync(`/proc/${program.pid}/uid_map`, `0 ${base} ${idsPerHost}`);
    fs.writeFileSync(`/proc/${program.pid}/gid_map`, `0 ${base} ${idsPerHost}`);
    return fs.openSync(`/proc/${program.pid}/ns/user`, 'r');
  } finally {
    input.destroy();
    output.destroy();
    await program.exited;
  }
}

function refused(exitCode: number): never {
  throw new EngineError('internal', `the program that makes a user namespace ended with ${exitCode}`);
}

/**
 * Limits of a host's user namespace (/proc/sys/user, namespaces(7)), which hold for those below it too. Without CAP_SYS_RESOURCE,
 * which no process of a host has, they cannot be raised. None below it: in one of their own a student would have CAP_NET_ADMIN
 * over new networks, and with it what `oci/capabilities.ts` keeps from them.
 */
const limits = { max_user_namespaces: 0, max_net_namespaces: maxNetworkNamespacesPerHost };
const setLimits = Object.entries(limits).map(([name, value]) => `echo ${value} >/proc/sys/user/${name}`);

/** Sets the limits of `userns`, an open descriptor of a host's namespace. Idempotent. Throws what it was told. */
export async function limitUserNamespace(userns: number): Promise<void> {
  // /proc/sys/user shows the namespace of who looks, and a process with threads can enter no other.
  const argv = ['nsenter', `--user=/proc/${process.pid}/fd/${userns}`, 'sh', '-c', setLimits.join(' && ')];
  const program = start(argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = await tailOf(program.pipe(2));
  const status = await program.exited;
  if (status !== 0) throw new EngineError('internal', `limits of a user namespace were not set: ${said.trim()}`);
}
