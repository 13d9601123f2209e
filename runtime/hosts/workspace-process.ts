// The user that a process in the workspace runs as, and the environment that it starts with.

import { workspaceCapabilities } from '../oci/capabilities.ts';
import { userFilesOf } from '../processes/rootfs.ts';
import { type ResolvedUser, resolveUser } from '../processes/users.ts';
import type { Host } from './host.ts';

export interface WorkspaceUser extends ResolvedUser {
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** Looks `name` up in the workspace's own files. Throws invalid where it is not there. */
export function resolveIn(host: Host, name: string): WorkspaceUser {
  const resolved = resolveUser(name, userFilesOf(`/proc/${host.record.pid}/root`), []);
  return { ...resolved, name, capabilities: workspaceCapabilities };
}

export function defaultShellEnv(user: WorkspaceUser): string[] {
  return [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `HOME=${user.home}`,
    `USER=${user.name}`,
    `LOGNAME=${user.name}`,
    'SHELL=/bin/bash',
    'LANG=C.UTF-8',
  ];
}
