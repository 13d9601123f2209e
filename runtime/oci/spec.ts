// The OCI runtime configuration of a process in a host (runtime-spec config.md), made only from the engine's own types.

import { hardLimitOf } from '../kernel/hard-limits.ts';
import { hardLimitOfOpenFiles } from '../kernel/processes.ts';
import { compileSeccomp } from '../kernel/seccomp-bpf.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import { maskedPaths, readonlyPaths } from './machine-paths.ts';
import { type Seccomp, seccompFor } from './seccomp.ts';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

export interface ProcessInput {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: UserIds;
  readonly terminal: boolean;
  readonly consoleSize: readonly [number, number] | null;
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj: number;
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
}

/** A namespace of its own (null), another process's (a path), or the workspace's (left out by 'inherit'). */
export type NamespaceChoice = { readonly path: string | null } | 'inherit';

/** `linux.resources` of runtime-spec config-linux.md, of which the engine sets these. */
export interface Resources {
  readonly memory?: object;
  readonly cpu?: object;
  readonly pids?: object;
  readonly blockIO?: object;
}

export interface SpecMount {
  readonly destination: string;
  readonly type: 'bind' | 'tmpfs';
  /** Of a bind: a path on the machine. */
  readonly source: string;
  readonly options: readonly string[];
  /** It comes with a mount above it, and takes nobody's place. */
  readonly isPart: boolean;
}

export interface SpecInput {
  readonly process: ProcessInput;
  readonly rootfs: string;
  /** The container's own /dev, which is mounted there. */
  readonly devices: string;
  /** The container's own devpts, which is mounted there. */
  readonly terminals: string;
  readonly readonlyRootfs: boolean;
  /** Nothing of /proc and /sys is hidden or read-only but by whose it is: the kernel lets root of a user namespace write its own. */
  readonly openSystemPaths: boolean;
  readonly hostname: string;
  /** The NIS domain name; empty for none. */
  readonly domainname: string;
  /** Files bound over the container's: destination to path on the machine. */
  readonly files: readonly { readonly destination: string; readonly source: string; readonly readonly: boolean }[];
  /** What a container asks for, in this order. It takes the place of what every container has at the same destination. */
  readonly mounts: readonly SpecMount[];
  /** Of the mount at /dev/shm; 0 for none. */
  readonly shmBytes: number;
  readonly uidBase: number;
  readonly namespaces: {
    readonly user: NamespaceChoice;
    readonly pid: NamespaceChoice;
    readonly network: NamespaceChoice;
    readonly ipc: NamespaceChoice;
    readonly uts: NamespaceChoice;
  };
  /** Beside the engine's own. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly cgroupsPath: string;
  readonly resources: Resources;
}

/** Docker's own default of open files, or what this machine lets us give where that is less. */
const defaultOpenFiles = Math.min(1_048_576, hardLimitOfOpenFiles());

declare global {
  interface JSON {
    /** ECMAScript 2026; TypeScript does not know it yet. */
    rawJSON(text: string): object;
  }
}

/** Locked memory of a process for which nobody asked for more: what systemd gives Docker's. */
const usualLockedBytes = 8 * 1024 * 1024;

/**
 * The limit of locked memory, within what this machine can give. CAP_IPC_LOCK counts for nothing in a user namespace, so who has it
 * gets the most there is.
 */
function lockedMemory({ ulimits, capabilities }: ProcessInput): ProcessInput['ulimits'][number] {
  const most = hardLimitOf('memlock') ?? 0;
  const usual = capabilities.includes('CAP_IPC_LOCK') ? most : usualLockedBytes;
  const asked = ulimits.find(({ Name }) => Name === 'memlock') ?? { Soft: usual, Hard: usual };
  const within = (bytes: number): number => Math.min(bytes === -1 ? Number.POSITIVE_INFINITY : bytes, most);
  const told = (bytes: number): number => (bytes === Number.POSITIVE_INFINITY ? -1 : bytes);
  return { Name: 'memlock', Soft: told(within(asked.Soft)), Hard: told(within(asked.Hard)) };
}

/** A limit as the runtimes read it: their numbers have 64 bits and no sign, and -1, for none, is the largest. */
const limit = (value: number): unknown => (value === -1 ? JSON.rawJSON('18446744073709551615') : value);

/** The `process` object: of a container's config.json, and of the file that executes another process in it. */
export function processSpec(input: ProcessInput): object {
  const capabilities = [...input.capabilities];
  const active = input.user.uid === 0 ? capabilities : [];
  const given = new Set(input.ulimits.map(({ Name }) => Name));
  const rlimits = [
    ...input.ulimits.filter(({ Name }) => Name !== 'core' && Name !== 'memlock'),
    lockedMemory(input),
    ...(given.has('nofile') ? [] : [{ Name: 'nofile', Soft: defaultOpenFiles, Hard: defaultOpenFiles }]),
    { Name: 'core', Soft: 0, Hard: 0 },
  ];
  return {
    terminal: input.terminal,
    ...(input.consoleSize ? { consoleSize: { height: input.consoleSize[0], width: input.consoleSize[1] } } : {}),
    user: { uid: input.user.uid, gid: input.user.gid, additionalGids: input.user.additionalGids },
    args: input.args,
    env: input.env,
    cwd: input.cwd,
    capabilities: { bounding: capabilities, effective: active, permitted: active, inheritable: [], ambient: [] },
    rlimits: rlimits.map(({ Name, Soft, Hard }) => ({
      type: `RLIMIT_${Name.toUpperCase()}`,
      soft: limit(Soft),
      hard: limit(Hard),
    })),
    noNewPrivileges: input.noNewPrivileges,
    oomScoreAdj: input.oomScoreAdj,
  };
}

/** Docker's own first, but for those whose opposite is asked for: `exec` for `noexec`. */
function tmpfsOptions(given: readonly string[]): string[] {
  const standard = ['nosuid', 'nodev', 'noexec'].filter((option) => !given.includes(option.slice('no'.length)));
  return [...standard, ...given];
}

function mountsOf(input: SpecInput): object[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  const shm = {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: [...quiet, 'mode=1777', `size=${input.shmBytes}`],
  };
  const standard = [
    { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
    // Made before, for what the runtimes would make in a user namespace are binds of the machine's nodes.
    { destination: '/dev', type: 'bind', source: input.devices, options: ['bind', 'rprivate', 'nosuid'] },
    {
      destination: '/dev/pts',
      type: 'bind',
      source: input.terminals,
      options: ['bind', 'rprivate', 'nosuid', 'noexec'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, input.openSystemPaths ? 'rw' : 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...quiet, 'ro'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    ...(input.shmBytes > 0 ? [shm] : []),
  ];
  const files = input.files.map(({ destination, source, readonly }) => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', 'nosuid', 'nodev', readonly ? 'ro' : 'rw'],
  }));
  if (input.mounts.length === 0) return [...standard, ...files];
  const asked = new Set(input.mounts.filter(({ isPart }) => !isPart).map(({ destination }) => destination));
  const stays = ({ destination }: { readonly destination: string }): boolean =>
    !asked.has(destination) && !(asked.has('/dev') && destination.startsWith('/dev/'));
  const mounts = input.mounts.map(({ destination, type, source, options }) => ({
    destination,
    type,
    source,
    options: type === 'tmpfs' ? tmpfsOptions(options) : options,
  }));
  // As moby: the files of the network over what is mounted on /etc.
  return [...standard.filter(stays), ...mounts, ...files.filter(stays)];
}

/** crun takes the compiled filter from here and does without compiling it (crun.1, "run.oci.seccomp_bpf_data"). */
const compiledSeccomp = 'run.oci.seccomp_bpf_data';

interface Filter {
  readonly profile: Seccomp;
  /** For the kernel, in base64. */
  readonly compiled: string;
}

const filters = new Map<string, Filter>();

/** The system calls of a process that may use `capabilities`. */
function filterFor(capabilities: readonly string[]): Filter {
  const key = capabilities.join(' ');
  const known = filters.get(key);
  if (known) return known;
  const profile = seccompFor(capabilities);
  const filter = { profile, compiled: compileSeccomp(profile).toString('base64') };
  if (filters.size > 64) filters.clear(); // as many as there are sets of capabilities in use
  filters.set(key, filter);
  return filter;
}

const isOwn = (choice: NamespaceChoice): boolean => choice !== 'inherit' && choice.path === null;
const openToAllUsers = { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 65535' };

/** The whole config.json. `runc` and `crun` both take it. */
export function containerSpec(input: SpecInput): object {
  const namespaces = Object.entries({
    ...input.namespaces,
    mount: { path: null },
    cgroup: { path: null },
  })
    .filter((entry): entry is [string, { path: string | null }] => entry[1] !== 'inherit')
    .map(([type, { path }]) => (path === null ? { type } : { type, path }));
  const map = [{ containerID: 0, hostID: input.uidBase, size: idsPerHost }];
  const filter = filterFor(input.process.capabilities);
  return {
    ociVersion: '1.0.2',
    process: processSpec(input.process),
    root: { path: input.rootfs, readonly: input.readonlyRootfs },
    // Else it would be another one for who has this namespace too.
    ...(isOwn(input.namespaces.uts) && {
      hostname: input.hostname,
      ...(input.domainname !== '' && { domainname: input.domainname }),
    }),
    annotations: { [compiledSeccomp]: filter.compiled },
    mounts: mountsOf(input),
    linux: {
      namespaces,
      uidMappings: map,
      gidMappings: map,
      cgroupsPath: input.cgroupsPath,
      resources: { devices: [{ allow: false, access: 'rwm' }], ...input.resources },
      // For a runtime that does not know the annotation.
      seccomp: filter.profile,
      maskedPaths: input.openSystemPaths ? [] : maskedPaths,
      readonlyPaths: input.openSystemPaths ? [] : readonlyPaths,
      // Any user in a container may ping and bind low ports, as under Docker since 20.10.
      sysctl: { ...(isOwn(input.namespaces.network) && openToAllUsers), ...input.sysctls },
    },
  };
}
