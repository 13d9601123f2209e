// What the machine's kernel says of a process: read as the machine's root, so no student can make it say anything else.

import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import path from 'node:path';

export const namespaceKinds = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'] as const;
export type NamespaceKind = (typeof namespaceKinds)[number];

/** A field of /proc/PID/status, without the spaces around it. Throws where the process is gone. */
export function status(pid: number, field: string): string {
  const found = new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (!found) throw new Error(`/proc/${pid}/status has no ${field}`);
  return (found[1] ?? '').trim();
}

/** What a process has in memory. */
export function residentBytes(pid: number): number {
  return Number.parseInt(status(pid, 'VmRSS'), 10) * 1024;
}

/** Where a process is numbered: from the machine's number inwards. */
export function numbersOf(pid: number): number[] {
  return status(pid, 'NSpid').split(/\s+/).map(Number);
}

/** `net:[4026531833]` for each kind. */
export function namespacesOf(pid: number | 'self'): Record<NamespaceKind, string> {
  const of = (kind: NamespaceKind) => readlinkSync(`/proc/${pid}/ns/${kind}`);
  return {
    user: of('user'),
    mnt: of('mnt'),
    pid: of('pid'),
    net: of('net'),
    ipc: of('ipc'),
    uts: of('uts'),
    cgroup: of('cgroup'),
  };
}

export interface MountLine {
  /** Of the file system that is mounted: what of it is shown. */
  readonly root: string;
  readonly target: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** proc(5), /proc/PID/mountinfo. Spaces in paths are left as the kernel writes them. */
export function mountsOf(pid: number): MountLine[] {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root = '', target = '', options = ''] = before.split(' ');
      const [type = '', source = '', superOptions = ''] = after.split(' ');
      return { root, target, type, source, options: options.split(','), superOptions: superOptions.split(',') };
    });
}

/** Soft and hard limit as /proc/PID/limits has them. */
export function limitsOf(pid: number, name: string): [string, string] {
  const found = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/limits`, 'latin1'));
  if (!found) throw new Error(`/proc/${pid}/limits has no ${name}`);
  return [found[1] ?? '', found[2] ?? ''];
}

/** Descriptor and what it leads to, for each that the process has open: none where it has ended. */
export function descriptorsOf(pid: number): { readonly fd: number; readonly target: string }[] {
  return openIn(pid).flatMap((fd) => {
    try {
      return [{ fd: Number(fd), target: readlinkSync(`/proc/${pid}/fd/${fd}`) }];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function openIn(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // a helper of what was just ended
  }
}

/** True where the machine's unified cgroup tree is the only one. */
export const unifiedCgroups = statfsSync('/sys/fs/cgroup').type === 0x63677270;

/** The cgroup of a process, below the root of the tree that limits processes. */
export function groupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const line = lines.find((each) => (unifiedCgroups ? each.startsWith('0::') : /^\d+:pids:/.test(each)));
  return line?.split(':').slice(2).join(':') ?? '';
}

/** A file of a cgroup: `controlOf('/drydock/x', 'pids', 'pids.max')`. */
export function controlOf(group: string, controller: string, file: string): string {
  const tree = unifiedCgroups ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controller}`;
  return readFileSync(path.join(tree, group, file), 'utf8').trim();
}

const monitors = 'monitors';

/**
 * Every process in a cgroup and below it, but for those that work for a host from outside, conmon and the OCI runtime
 * (`monitorsBelow`). Throws where there is no such cgroup; those below may go meanwhile.
 */
export function processesBelow(group: string): number[] {
  const top = path.join(unifiedCgroups ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids', group);
  const visit = (folder: string): number[] => {
    try {
      return [
        ...readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number),
        ...readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name !== monitors)
          .flatMap((entry) => visit(path.join(folder, entry.name))),
      ];
    } catch (error) {
      if (folder === top) throw error;
      return []; // of a container that has just ended
    }
  };
  return visit(top);
}

/** Microseconds of CPU time that the group and all below it have used. */
export function cpuUs(group: string): number {
  if (!unifiedCgroups) return Number(controlOf(group, 'cpuacct', 'cpuacct.usage')) / 1000;
  return Number(/^usage_usec (\d+)$/m.exec(controlOf(group, 'cpu', 'cpu.stat'))?.[1]);
}

/** What works for a host and is counted as its own. */
export const monitorsBelow = (group: string): number[] => processesBelow(path.join(group, monitors));

export interface Program {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** The machine's processes that have `text` in one of their arguments; the machine's number of each. */
export function programsWith(text: string): Program[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        return argv.some((word) => word.includes(text)) ? [{ pid: Number(name), argv }] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** The conmon processes of one engine, told by its run directory. */
export function conmonsOf(runDirectory: string): Program[] {
  return programsWith(`${runDirectory}/`).filter(({ argv }) => path.basename(argv[0] ?? '') === 'conmon');
}
