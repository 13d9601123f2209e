// Control groups, version 1 and 2: limits above all of a host's containers, who is in a group, freezing, removal.

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import { socketMemoryShare } from '../limits.ts';
import { mountCgroupV1 } from './mounts.ts';

const root = '/sys/fs/cgroup';
const cgroup2Magic = 0x63677270;
/** The controllers whose limits we set, in version 1 each a tree of its own. */
const wanted = ['memory', 'cpu', 'pids', 'io', 'cpuset'];

export interface GroupLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  /** Of the group and all below it, what works for it included. */
  readonly pids: number;
  /** Of the block device that the store is on; null where the store is on none. */
  readonly io: { readonly device: string; readonly bytesPerSecond: number } | null;
}

/** 2 where the unified tree is mounted at /sys/fs/cgroup, else 1 (also for hybrid machines). */
export const cgroupVersion: 1 | 2 = fs.statfsSync(root).type === cgroup2Magic ? 2 : 1;

/** Where `group` stands in the unified tree, which every OCI runtime makes it in also on a hybrid machine. BPF programs know no other. */
export const unifiedGroup = (group: string): string => path.join(cgroupVersion === 2 ? root : `${root}/unified`, group);

/**
 * Whether groups have a weight by which they share the time of disks, by Docker's rule. To be asked where there is a host: the root of
 * a tree has no weight.
 */
export function dividesDiskTime(): boolean {
  return fs.existsSync(cgroupVersion === 2 ? `${root}/drydock/io.weight` : `${root}/blkio/drydock/blkio.weight`);
}

/** The CPU quota's period, the kernel's own default. */
const cpuPeriodUs = 100_000;

let knownTrees: readonly string[] | null = null;

/** Where each tree is mounted: one in version 2, else one for each controller. Looked up once, after `prepareCgroups`. */
function trees(): readonly string[] {
  if (cgroupVersion === 2) return [root];
  knownTrees ??= fs
    .readdirSync(root)
    .filter((name) => name !== 'unified' && fs.existsSync(`${root}/${name}/cgroup.procs`))
    .map((name) => `${root}/${name}`);
  return knownTrees;
}

function write(file: string, value: string | number): void {
  fs.writeFileSync(file, String(value));
}

/**
 * Makes crun accept a hybrid machine: it refuses one whose unified tree still has controllers ("hybrid mode not
 * supported"), so those are mounted as version 1. Only in a private mount namespace.
 */
export function prepareCgroups(): void {
  if (cgroupVersion === 2) return;
  const left = `${root}/unified/cgroup.controllers`;
  if (!fs.existsSync(left)) return;
  // What another engine mounted so is on the unified tree no more, and not mounted here either; without it crun takes the
  // plain directory for a tree.
  const elsewhere = fs
    .readFileSync('/proc/cgroups', 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([name, hierarchy, , enabled]) => !name?.startsWith('#') && hierarchy !== '0' && enabled === '1')
    .map(([name = '']) => name);
  const controllers = [...fs.readFileSync(left, 'utf8').split(/\s+/).filter(Boolean), ...elsewhere];
  for (const controller of controllers) {
    if (!fs.existsSync(`${root}/${controller}/cgroup.procs`)) mountCgroupV1(controller, `${root}/${controller}`);
  }
}

/** Creates the group `group` (`drydock/NAME/HOST`) in every tree and sets its limits. */
export function createGroup(group: string, limits: GroupLimits): void {
  for (const tree of trees()) {
    if (cgroupVersion === 2) enableControllers(group);
    else if (tree.endsWith('/cpuset')) createCpuset(tree, group);
    else fs.mkdirSync(path.join(tree, group), { recursive: true });
  }
  const quotaUs = Math.round(limits.cpus * cpuPeriodUs);
  if (cgroupVersion === 2) {
    const directory = path.join(root, group);
    write(`${directory}/memory.max`, limits.memoryBytes);
    if (fs.existsSync(`${directory}/memory.swap.max`)) write(`${directory}/memory.swap.max`, 0);
    write(`${directory}/cpu.max`, `${quotaUs} ${cpuPeriodUs}`);
    write(`${directory}/pids.max`, limits.pids);
    if (limits.io && fs.existsSync(`${directory}/io.max`)) {
      const { device, bytesPerSecond } = limits.io;
      write(`${directory}/io.max`, `${device} rbps=${bytesPerSecond} wbps=${bytesPerSecond}`);
    }
    return;
  }
  write(`${root}/memory/${group}/memory.limit_in_bytes`, limits.memoryBytes);
  const withSwap = `${root}/memory/${group}/memory.memsw.limit_in_bytes`;
  if (fs.existsSync(withSwap)) write(withSwap, limits.memoryBytes);
  limitSocketMemory(group, limits.memoryBytes);
  write(`${root}/cpu/${group}/cpu.cfs_period_us`, cpuPeriodUs);
  write(`${root}/cpu/${group}/cpu.cfs_quota_us`, quotaUs);
  write(`${root}/pids/${group}/pids.max`, limits.pids);
  for (const direction of ['read', 'write']) {
    const file = `${root}/blkio/${group}/blkio.throttle.${direction}_bps_device`;
    if (limits.io && fs.existsSync(file)) write(file, `${limits.io.device} ${limits.io.bytesPerSecond}`);
  }
}

/** Where what works for the host `group` from outside is counted, conmon and the OCI runtime: the host pays for it. */
const monitorsName = 'monitors';
export const monitorsOf = (group: string): string => `${group}/${monitorsName}`;
export const isMonitors = (name: string): boolean => name === monitorsName;

/** Version 1 only: what is charged. Not the freezer: a host that is frozen does not hold its conmons. */
const chargedTrees = ['memory', 'cpu', 'cpuacct', 'pids', 'blkio'];

function monitorFolders(group: string): string[] {
  if (cgroupVersion === 2) return [path.join(root, monitorsOf(group))];
  return trees()
    .filter((tree) => chargedTrees.includes(path.basename(tree)))
    .map((tree) => path.join(tree, monitorsOf(group)));
}

/** Charges the process `pid` and all that it starts to the host `group`, which exists. Throws where the process is gone. */
export function charge(pid: number, group: string): void {
  for (const folder of monitorFolders(group)) {
    try {
      write(`${folder}/cgroup.procs`, pid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      fs.mkdirSync(folder); // the first of this host
      write(`${folder}/cgroup.procs`, pid);
    }
  }
}

/** How many processes the group may have with all below it; infinite where it has no limit of its own. */
export function processLimitOf(group: string): number {
  try {
    const text = fs.readFileSync(path.join(cgroupVersion === 2 ? root : `${root}/pids`, group, 'pids.max'), 'latin1');
    return text.trim() === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  } catch {
    return Number.POSITIVE_INFINITY; // gone meanwhile
  }
}

/**
 * Limits what the sockets of `group` may hold, in a host with so much memory. Version 1 counts this apart, and only in a group that has
 * a limit itself; that of the host is as high, and holds for all of its groups together. Version 2 counts it as memory like any other.
 * Not left to the OCI runtime: runc ignores `kernelTCP`, and says so where the container's own output goes.
 */
export function limitSocketMemory(group: string, memoryBytes: number): void {
  if (cgroupVersion === 2) return;
  write(`${root}/memory/${group}/memory.kmem.tcp.limit_in_bytes`, Math.ceil(memoryBytes * socketMemoryShare));
}

/** In version 1 a new cpuset is empty, and no process may enter it, until it has CPUs and memory nodes. */
function createCpuset(tree: string, group: string): void {
  let parent = tree;
  for (const part of group.split('/')) {
    const directory = path.join(parent, part);
    if (!fs.existsSync(directory)) fs.mkdirSync(directory);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (fs.readFileSync(`${directory}/${file}`, 'utf8').trim() === '') {
        write(`${directory}/${file}`, fs.readFileSync(`${parent}/${file}`, 'utf8').trim());
      }
    }
    parent = directory;
  }
}

/** In version 2 a controller works in a group only where every group above hands it down. */
function enableControllers(group: string): void {
  let directory = root;
  for (const part of [...group.split('/'), null]) {
    const there = fs.readFileSync(`${directory}/cgroup.controllers`, 'utf8').split(/\s+/);
    for (const controller of wanted.filter((name) => there.includes(name))) {
      write(`${directory}/cgroup.subtree_control`, `+${controller}`);
    }
    if (part === null) return;
    directory = path.join(directory, part);
    if (!fs.existsSync(directory)) fs.mkdirSync(directory);
  }
}

/** The machine's PIDs of the processes in `group` itself and, with `deep`, below it. Empty where there is no such group. */
export function processesIn(group: string, deep = false): number[] {
  const tree = cgroupVersion === 2 ? root : `${root}/pids`;
  const pids: number[] = [];
  const visit = (directory: string): void => {
    let entries: fs.Dirent[];
    try {
      pids.push(...fs.readFileSync(`${directory}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number));
      entries = deep ? fs.readdirSync(directory, { withFileTypes: true }) : [];
    } catch {
      return; // gone meanwhile
    }
    for (const entry of entries) if (entry.isDirectory()) visit(path.join(directory, entry.name));
  };
  visit(path.join(tree, group));
  return pids;
}

/** Stops or continues every process of `group`; resolves once the kernel says that it did. */
export async function setFrozen(group: string, frozen: boolean): Promise<void> {
  if (cgroupVersion === 2) {
    write(`${root}/${group}/cgroup.freeze`, frozen ? 1 : 0);
  } else {
    write(`${root}/freezer/${group}/freezer.state`, frozen ? 'FROZEN' : 'THAWED');
  }
  const reached = (): boolean =>
    cgroupVersion === 2
      ? fs.readFileSync(`${root}/${group}/cgroup.events`, 'utf8').includes(`frozen ${frozen ? 1 : 0}`)
      : fs.readFileSync(`${root}/freezer/${group}/freezer.state`, 'utf8').trim() === (frozen ? 'FROZEN' : 'THAWED');
  for (let waitedMs = 0; !reached(); waitedMs += 5) {
    if (waitedMs > 5000)
      throw new EngineError('deadline', `cgroup ${group} is not ${frozen ? 'frozen' : 'thawed'} after 5 s`);
    await delay(5);
  }
}

/** True where the processes of `group` are frozen or being so. */
export function isFrozen(group: string): boolean {
  try {
    if (cgroupVersion === 2) return fs.readFileSync(`${root}/${group}/cgroup.freeze`, 'utf8').trim() === '1';
    return fs.readFileSync(`${root}/freezer/${group}/freezer.self_freezing`, 'utf8').trim() === '1';
  } catch {
    return false; // there is no such group
  }
}

/** Kills what is in `group` and below, and removes both; idempotent. Takes as long as the processes take to die. */
export async function removeGroup(group: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 5) {
    for (const pid of processesIn(group, true)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    // crun makes its groups in a hybrid machine's unified tree too.
    if ([...trees(), `${root}/unified`].every((tree) => removeTree(path.join(tree, group)))) return;
    if (waitedMs > 10_000) throw new EngineError('deadline', `cgroup ${group} is still busy after 10 s`);
    thaw(group);
    await delay(5);
  }
}

/** In version 1 a process that is frozen does not even die of SIGKILL before it is thawed. */
function thaw(group: string): void {
  if (cgroupVersion === 2) return;
  try {
    write(`${root}/freezer/${group}/freezer.state`, 'THAWED');
  } catch {
    // gone meanwhile
  }
  for (const name of groupsIn(group)) thaw(`${group}/${name}`);
}

/** True where the directory is gone. A cgroup is removed by rmdir alone, children first. */
function removeTree(directory: string): boolean {
  try {
    fs.rmdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
  }
  try {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(path.join(directory, entry.name))) return false;
    }
    fs.rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** The groups directly below `group`. */
export function groupsIn(group: string): string[] {
  const tree = cgroupVersion === 2 ? root : `${root}/pids`;
  try {
    return fs
      .readdirSync(path.join(tree, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
