// Keys of HostConfig that keep a container apart from others and from the machine: rights, namespaces, devices.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxCapabilities, maxDevices, maxGroups, maxSysctls } from '../../limits.ts';
import { parseNetworkMode } from '../../networks/mode.ts';
import { maskedPaths, readonlyPaths } from '../../oci/machine-paths.ts';
import { listOf, mapOf } from '../bounded.ts';
import { checkUser } from '../create-checks.ts';
import { checkDeviceRule, type Device, type DeviceRequest } from '../device-words.ts';
import { goObject } from '../go-object.ts';
import { ipcMode, sharesIpc } from '../ipc-mode.ts';
import { checkedSysctls } from '../sysctls.ts';
import { flag, kept, never, notYet, stored, text, whole } from './row.ts';

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

/** As given: `net_admin`, `NET_ADMIN` and `CAP_NET_ADMIN` are one (`oci/capabilities.ts`). */
function knownCapability(key: 'CapAdd' | 'CapDrop', given: string): string {
  const name = given.toUpperCase().replace(/^CAP_/, '');
  if (name !== 'ALL' && !capabilities.has(name))
    throw invalid(`invalid ${key}: unknown capability: "CAP_${name.slice(0, 40)}"`);
  return given;
}

const capabilityRow = (key: 'CapAdd' | 'CapDrop') =>
  kept(listOf(maxCapabilities).nullish(), {
    stored: stored.list.nullable(),
    keep: (given): readonly string[] | null => given?.map((name) => knownCapability(key, name)) ?? null,
  });

/** As given: `no-new-privileges` in Docker's spellings. Any other option would loosen the isolation, or needs something the machine lacks. */
function securityOptions(given: readonly string[] | null | undefined): readonly string[] | null {
  for (const option of given ?? []) {
    if (!/^no-new-privileges([:=](true|false))?$/.test(option))
      throw invalid(
        `HostConfig.SecurityOpt "${option.slice(0, 80)}" is not possible on a host of this engine: only no-new-privileges is; the seccomp profile stays on`,
      );
  }
  return given && given.length > 0 ? given : null;
}

const deviceSchema = goObject({ PathOnHost: text, PathInContainer: text, CgroupPermissions: text });
const storedDevice = z.object({ PathOnHost: z.string(), PathInContainer: z.string(), CgroupPermissions: z.string() });

function normalDevice({ PathOnHost, PathInContainer, CgroupPermissions }: z.infer<typeof deviceSchema>): Device {
  return {
    PathOnHost: PathOnHost ?? '',
    PathInContainer: PathInContainer ?? '',
    CgroupPermissions: CgroupPermissions ?? '',
  };
}

const deviceRequest = goObject({
  Driver: text,
  Count: whole,
  DeviceIDs: listOf(maxDevices).nullish(),
  Capabilities: z.array(listOf(maxDevices, 80)).max(maxDevices).nullish(),
  Options: mapOf(z.string().max(4096), maxDevices).nullish(),
});
const storedRequest = z.object({
  Driver: z.string(),
  Count: z.int(),
  DeviceIDs: stored.list.nullable(),
  Capabilities: z.array(stored.list).nullable(),
  Options: z.record(z.string(), z.string()).nullable(),
});

function normalRequest(given: z.infer<typeof deviceRequest>): DeviceRequest {
  return {
    Driver: given.Driver ?? '',
    Count: given.Count ?? 0,
    DeviceIDs: given.DeviceIDs ?? null,
    Capabilities: given.Capabilities ?? null,
    Options: given.Options ?? null,
  };
}

function pidMode(given: string): string {
  if (given === '' || given === 'host' || /^container:./.test(given)) return given;
  throw invalid(`invalid PID mode: ${given.slice(0, 80)}`);
}

function utsMode(given: string): string {
  if (given === '' || given === 'host') return given;
  throw invalid(`invalid UTS mode: ${given.slice(0, 80)}`);
}

function usernsMode(given: string): string {
  if (given === '' || given === 'host') return given;
  throw invalid(`invalid user namespace mode: ${given.slice(0, 80)}`);
}

export const isolation = {
  /** With CapDrop the capabilities of each process. */
  CapAdd: capabilityRow('CapAdd'),
  CapDrop: capabilityRow('CapDrop'),
  Cgroup: notYet('leave it out; every container has a cgroup of its own', { shown: '' }),
  CgroupParent: never('leave --cgroup-parent out; containers live below their host', { shown: '' }),
  CgroupnsMode: notYet('leave --cgroupns out or say private', { defaults: ['private'], shown: 'private' }),
  /** Rights to nodes beyond those of /dev: a host has none, and no container may make one, so that they come to nothing. */
  DeviceCgroupRules: kept(listOf(maxDevices).nullish(), {
    stored: stored.list.nullable(),
    keep(given): readonly string[] | null {
      given?.forEach(checkDeviceRule);
      return given && given.length > 0 ? given : null;
    },
  }),
  /** `--gpus`: the start refuses them. */
  DeviceRequests: kept(z.array(deviceRequest).max(maxDevices).nullish(), {
    stored: z.array(storedRequest).nullable(),
    keep: (given): readonly DeviceRequest[] | null => (given && given.length > 0 ? given.map(normalRequest) : null),
  }),
  /** Those that a host has are in every container; the start refuses others. */
  Devices: kept(z.array(deviceSchema).max(maxDevices).nullish(), {
    stored: z.array(storedDevice).nullable(),
    keep: (given): readonly Device[] | null => given?.map(normalDevice) ?? null,
  }),
  /** Groups of each process, beside its user's own. */
  GroupAdd: kept(listOf(maxGroups).nullish(), {
    stored: stored.list.nullable(),
    keep(given): readonly string[] | null {
      given?.forEach(checkUser);
      return given && given.length > 0 ? given : null;
    },
  }),
  /** The IPC namespace, with what is at /dev/shm: its own, that of its host's shell, or another container's. */
  IpcMode: kept(text, { stored: stored.text, keep: (given) => ipcMode(given ?? '') }),
  MaskedPaths: never('leave systempaths=unconfined out', {
    emptyIsNoDefault: true,
    shown: maskedPaths,
    shownPrivileged: null,
  }),
  /** The PID namespace: its own, that of its host's shell, or another container's. */
  PidMode: kept(text, { stored: stored.text, keep: (given) => pidMode(given ?? '') }),
  /** All that `--cap-add` can give, and no path of the machine's hidden or read-only: what root in the host's shell can have. */
  Privileged: kept(flag, { stored: stored.flag, keep: (given) => given ?? false }),
  ReadonlyPaths: never('leave systempaths=unconfined out', {
    emptyIsNoDefault: true,
    shown: readonlyPaths,
    shownPrivileged: null,
  }),
  /** `no_new_privs` of each process, and nothing else. Where Docker would switch SELinux off, it shows that. */
  SecurityOpt: kept(listOf(maxGroups).nullish(), {
    stored: stored.list.nullable(),
    keep: securityOptions,
    shown: (options, { Privileged, PidMode, IpcMode }) =>
      Privileged || PidMode === 'host' || IpcMode === 'host' ? [...(options ?? []), 'label=disable'] : options,
  }),
  /** Settings of the kernel in the container's own namespaces. */
  Sysctls: kept(mapOf(z.string().max(4096), maxSysctls).nullish(), {
    stored: z.record(z.string(), z.string()),
    keep: (given) => checkedSysctls(given ?? {}),
    shown: (sysctls) => (Object.keys(sysctls).length > 0 ? sysctls : undefined),
  }),
  /** The namespace of the hostname: its own, or that of its host's shell. */
  UTSMode: kept(text, { stored: stored.text, keep: (given) => utsMode(given ?? '') }),
  /** `host` is what there is anyway: a container is in the user namespace of its host. */
  UsernsMode: kept(text, { stored: stored.text, keep: (given) => usernsMode(given ?? '') }),
};

/** Throws invalid for what does not go together. */
export function checkIsolation(own: {
  readonly IpcMode: string;
  readonly NetworkMode: string;
  readonly Sysctls: Readonly<Record<string, string>>;
}): void {
  const { kind } = parseNetworkMode(own.NetworkMode);
  const isOwn = kind !== 'host' && kind !== 'container';
  const names = Object.keys(own.Sysctls);
  const name = isOwn ? undefined : names.find((each) => each.startsWith('net.'));
  if (name !== undefined) throw invalid(`sysctl "${name}" not allowed in ${kind} network namespace`);
  const ofIpc = sharesIpc(own.IpcMode) ? names.find((each) => /^(kernel|fs\.mqueue)\./.test(each)) : undefined;
  if (ofIpc !== undefined) throw invalid(`sysctl "${ofIpc}" is not allowed in the hosts ipc namespace`);
}
