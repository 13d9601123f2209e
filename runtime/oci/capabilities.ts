// Which capabilities a process gets. Every one of them counts only inside the host's user namespace.

import { EngineError } from '../errors.ts';

/** What a container has by default: the fourteen of moby's `oci/caps/defaults.go`. */
export const defaultCapabilities: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/**
 * What the workspace has more, for `nsenter`, `unshare`, `mount` and `strace` on what is the student's own. Not CAP_NET_ADMIN:
 * `ip` shows all without it, and no lesson changes a network by hand.
 */
export const workspaceCapabilities: readonly string[] = [...defaultCapabilities, 'CAP_SYS_ADMIN', 'CAP_SYS_PTRACE'];

/**
 * What `--cap-add` may add: capabilities that the kernel weighs against the user namespace, not the machine. Two of those do
 * reach beyond a host all the same, so they are not among them:
 * - CAP_NET_ADMIN fills the machine's one table of neighbours (`ip neigh add`), and memory of the kernel that no cgroup counts
 *   (neighbours that are permanent, IPsec states), and takes away the rules that the engine puts into a host's networks.
 * - CAP_SYS_RESOURCE raises the limits of /proc/sys/user, by which the engine divides tables among the hosts.
 */
const grantable: ReadonlySet<string> = new Set([
  ...workspaceCapabilities,
  'CAP_DAC_READ_SEARCH',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_LEASE',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BROADCAST',
  'CAP_SYS_NICE',
  'CAP_SYS_TTY_CONFIG',
  'CAP_SYS_TIME',
  'CAP_SYS_BOOT',
  'CAP_SYS_PACCT',
  'CAP_SYSLOG',
]);

function normal(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

/**
 * The capabilities of a container made with `--cap-add` and `--cap-drop`, as moby resolves them: a privileged one, and a privileged
 * exec, has all that there are, whatever else was asked for. Throws invalid, and forbidden for what no container can have.
 */
export function capabilitiesOf(
  add: readonly string[] | null,
  drop: readonly string[] | null,
  privileged: boolean,
): string[] {
  const added = (add ?? []).map(normal);
  const dropped = new Set((drop ?? []).map(normal));
  for (const name of [...added, ...dropped]) {
    if (name !== 'ALL' && !/^CAP_[A-Z_]+$/.test(name)) throw new EngineError('invalid', `invalid capability: ${name}`);
  }
  for (const name of added) {
    if (name !== 'ALL' && !grantable.has(name)) {
      throw new EngineError(
        'forbidden',
        `capability ${name} reaches beyond a host, so no container here can have it; leave it out`,
      );
    }
  }
  if (privileged) return [...grantable];
  const base = added.includes('ALL') ? [...grantable] : dropped.has('ALL') ? [] : defaultCapabilities;
  const kept = base.filter((name) => !dropped.has(name));
  return [...new Set([...kept, ...added.filter((name) => name !== 'ALL' && !dropped.has(name))])];
}
