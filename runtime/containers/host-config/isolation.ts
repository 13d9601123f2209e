// What keeps a container apart from others and from the machine: rights, namespaces, devices.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxCapabilities, maxGroups } from '../../limits.ts';
import { maskedPaths, readonlyPaths } from '../../oci/machine-paths.ts';
import { listOf } from '../bounded.ts';
import { checkUser } from '../create-checks.ts';
import { refuse } from '../refusal.ts';
import { kept, never, notYet, stored, text } from './row.ts';

const devices = 'the hosts of this machine share its devices with nobody, so leave --device and --gpus out';

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

// capabilities(7); the kernel's own list (include/uapi/linux/capability.h).
const capabilities = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
 FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
 NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
 SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`.split(/\s+/),
);

/** `net_admin`, `NET_ADMIN`, `CAP_NET_ADMIN` become the last; `all` becomes `ALL`. */
function normalCapability(key: 'CapAdd' | 'CapDrop', given: string): string {
  const name = given.toUpperCase().replace(/^CAP_/, '');
  if (name === 'ALL') return name;
  if (!capabilities.has(name)) throw invalid(`invalid ${key}: unknown capability: "CAP_${name.slice(0, 40)}"`);
  return `CAP_${name}`;
}

const capabilityRow = (key: 'CapAdd' | 'CapDrop') =>
  kept(listOf(maxCapabilities).nullish(), {
    stored: stored.list.nullable(),
    keep: (given): readonly string[] | null => given?.map((name) => normalCapability(key, name)) ?? null,
  });

/** `no-new-privileges` in Docker's spellings; anything else would loosen or needs what the machine has not. */
function securityOptions(given: readonly string[] | null | undefined): readonly string[] | null {
  const wanted = new Set<string>();
  for (const option of given ?? []) {
    if (/^no-new-privileges([:=]true)?$/.test(option)) wanted.add('no-new-privileges');
    else if (!/^no-new-privileges[:=]false$/.test(option))
      throw invalid(
        `HostConfig.SecurityOpt "${option.slice(0, 80)}" is not possible on a host of this engine: only no-new-privileges is; the seccomp profile stays on`,
      );
  }
  return wanted.size > 0 ? [...wanted] : null;
}

function ipcMode(given: string): string {
  if (given === '' || given === 'private' || given === 'shareable') return given === '' ? 'private' : given;
  throw invalid(
    `HostConfig.IpcMode "${given.slice(0, 80)}" is not supported yet by this engine: leave --ipc out; every container has an IPC namespace of its own`,
  );
}

const pidMode = {
  advice:
    'leave --pid out. Every container has a PID namespace of its own; `ps` in the shell of this host shows the processes of all of them',
};

export const isolation = {
  /** With CapDrop the capabilities of each process. */
  CapAdd: capabilityRow('CapAdd'),
  CapDrop: capabilityRow('CapDrop'),
  Cgroup: notYet('leave it out; every container has a cgroup of its own', { shown: '' }),
  CgroupParent: never('leave --cgroup-parent out; containers live below their host', { shown: '' }),
  CgroupnsMode: notYet('leave --cgroupns out or say private', { defaults: ['private'], shown: 'private' }),
  DeviceCgroupRules: never(devices, { shown: null }),
  DeviceRequests: never(devices, { shown: null }),
  Devices: never(devices, { shown: [] }),
  /** Groups of each process, beside its user's own. */
  GroupAdd: kept(listOf(maxGroups).nullish(), {
    stored: stored.list.nullable(),
    keep(given): readonly string[] | null {
      given?.forEach(checkUser);
      return given && given.length > 0 ? given : null;
    },
  }),
  /** The IPC namespace, a new one for each container. */
  IpcMode: kept(text, { stored: stored.text, keep: (given) => ipcMode(given ?? '') }),
  MaskedPaths: never('leave systempaths=unconfined out', { emptyIsNoDefault: true, shown: maskedPaths }),
  /** The PID namespace, a new one for each container yet. */
  PidMode: kept(z.unknown().optional(), {
    stored: stored.text,
    keep(given): string {
      refuse('HostConfig.PidMode', pidMode, given);
      return '';
    },
  }),
  Privileged: never(
    'leave --privileged out. It would switch off what keeps containers apart; add the one capability you need with --cap-add',
    { shown: false },
  ),
  ReadonlyPaths: never('leave systempaths=unconfined out', { emptyIsNoDefault: true, shown: readonlyPaths }),
  /** `no_new_privs` of each process, and nothing else. */
  SecurityOpt: kept(listOf(maxGroups).nullish(), { stored: stored.list.nullable(), keep: securityOptions }),
  Sysctls: notYet('leave --sysctl out', {}),
  UTSMode: never('leave --uts out; set a name with --hostname', { shown: '' }),
  UsernsMode: never('leave --userns out. Root in a container is nobody outside of it, and stays so', { shown: '' }),
};
