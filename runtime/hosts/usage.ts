// What a host uses now: its memory, its processes, what its containers wrote. Reads cgroups, /proc and the containers' own
// layers; starts no process, changes nothing. A workspace in which nothing has run since the last look costs one small file.

import { setImmediate as breathe } from 'node:timers/promises';
import type { ContainerUsage, HostUsage, OwnLayerUsage, ProcessUsage } from '../client-usage.ts';
import type { Container } from '../containers/container.ts';
import { shownContainers } from '../containers/shown.ts';
import { countOwnLayer } from '../containers/sizes.ts';
import { cpuNsOf, usageOf } from '../kernel/cgroup-usage.ts';
import { monitorsOf, processesIn } from '../kernel/cgroups.ts';
import { commandLinesOf, executableOf, type ProcessStatus, statusOf } from '../kernel/process-facts.ts';
import {
  commandLineWaitMs,
  maxCommandLength,
  maxOwnLayerEntries,
  maxProcessesTold,
  ownLayerRestRatio,
} from '../limits.ts';
import type { Host } from './host.ts';

/** How many processes are read before other work on the event loop: about 1 ms. */
const atOnce = 25;

type Own = Omit<HostUsage, 'containers'>;

interface Looked {
  /** CPU time of the host's group before the look, in nanoseconds. */
  readonly cpuNs: number;
  /** The running containers, whose processes are told apart from the workspace's. */
  readonly running: string;
  readonly own: Own;
}
const looked = new WeakMap<Host, Looked>();

/** Throws nothing: a process or container that ends meanwhile is left out. */
export async function hostUsage(host: Host): Promise<HostUsage> {
  if (!host.running) return { memoryBytes: 0, memoryLimitBytes: 0, pids: 0, containers: [], processes: [] };
  const own = await ownUsage(host);
  const containers: ContainerUsage[] = [];
  for (const container of shownContainers(host)) containers.push(await containerUsage(container));
  return { ...own, containers };
}

/**
 * No process starts, ends or grows without CPU time of the host: while that stands still, the last answer holds. What the kernel takes
 * back of its memory meanwhile is seen at its next run. A kernel that tells no CPU time tells 0: nothing is kept there.
 */
async function ownUsage(host: Host): Promise<Own> {
  const cpuNs = cpuNsOf(host.group);
  const running = [...host.containers.values()].flatMap((one) => (one.running ? [one.id] : [])).join();
  const last = looked.get(host);
  if (last?.cpuNs === cpuNs && last.running === running) return last.own;
  const { memoryBytes, memoryLimitBytes, pids } = usageOf(host.group);
  const monitors = usageOf(monitorsOf(host.group)).pids;
  const { processes, isWhole } = await processesOf(host);
  const own: Own = {
    memoryBytes,
    memoryLimitBytes: Math.min(memoryLimitBytes, host.record.limits.memoryBytes),
    pids: Math.max(0, pids - monitors),
    processes,
  };
  if (isWhole && cpuNs > 0) looked.set(host, { cpuNs, running, own });
  return own;
}

async function containerUsage(container: Container): Promise<ContainerUsage> {
  const { memoryBytes, pids, cpuNs } = usageOf(container.group);
  const ownLayer = await ownLayerOf(container);
  return { id: container.id, memoryBytes, pids, cpuMs: Math.round(cpuNs / 1e6), ownLayer };
}

interface Counted {
  readonly usage: OwnLayerUsage;
  /** A time of `performance.now()`: the layer is counted again after it. */
  readonly untilMs: number;
}
const counted = new WeakMap<Container, Counted>();

/** A small layer is counted each time; a large one, whose count takes long, is remembered a while. */
async function ownLayerOf(container: Container): Promise<OwnLayerUsage> {
  const startMs = performance.now();
  const known = counted.get(container);
  if (known && known.untilMs > startMs) return known.usage;
  const { files, bytes, truncated } = await countOwnLayer(container, maxOwnLayerEntries);
  const endMs = performance.now();
  const usage = { files, bytes, truncated };
  counted.set(container, { usage, untilMs: endMs + (endMs - startMs) * ownLayerRestRatio });
  return usage;
}

interface Found {
  readonly machinePid: number;
  readonly container: string | null;
  readonly status: ProcessStatus;
  readonly executable: string;
}

/** Not whole where a command line could not be read, or was not there yet. */
async function processesOf(host: Host): Promise<{ processes: ProcessUsage[]; isWhole: boolean }> {
  const places: [group: string, container: string | null][] = [];
  for (const container of host.containers.values()) if (container.running) places.push([container.group, container.id]);
  const owners = new Map<number, string | null>(processesIn(host.group, true).map((pid) => [pid, null]));
  for (const pid of processesIn(monitorsOf(host.group))) owners.delete(pid); // the engine's own: conmon, the OCI runtime
  for (const [group, container] of places) for (const pid of processesIn(group, true)) owners.set(pid, container);

  const found: Found[] = [];
  let asked = 0;
  for (const [machinePid, container] of owners) {
    if (found.length >= maxProcessesTold) break;
    if (++asked % atOnce === 0) await breathe();
    const status = statusOf(machinePid);
    // A process outside the workspace's PID namespace is the OCI runtime, which has just entered the cgroup.
    if (!status || status.pids.length < 2) continue;
    found.push({ machinePid, container, status, executable: executableOf(machinePid) });
  }
  const pidOf = new Map(found.map(({ machinePid, status }) => [machinePid, status.pids[1] ?? 0]));
  const lines = await commandLinesOf([...pidOf.keys()], maxCommandLength * 4, commandLineWaitMs);
  const processes = found
    .map(({ machinePid, container, status, executable }): ProcessUsage => {
      const [, pid = 0, inside = pid] = status.pids;
      return {
        pid,
        insidePid: container === null ? pid : inside,
        parent: pidOf.get(status.parent) ?? 0,
        container,
        executable: shown(executable),
        command: shown(lines.get(machinePid) ?? `[${status.name}]`),
        memoryBytes: status.residentBytes,
      };
    })
    .sort((a, b) => a.pid - b.pid);
  return { processes, isWhole: found.every(({ machinePid }) => lines.has(machinePid)) };
}

/** One line of text: control characters, and those that turn the order of writing around, become `?`; cut at its limit. */
function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu, '?');
  return line.length > maxCommandLength ? `${line.slice(0, maxCommandLength - 1)}…` : line;
}
