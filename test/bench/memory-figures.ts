// Memory: of engine and server, and of one more idle host with a shell open.

import fs from 'node:fs';
import type { EngineClient } from '@drydock/runtime';
import { docker, pause } from './clock.ts';
import { amount, type Figure } from './figures.ts';

const MB = 1e6;
const hosts = 10;

/** Bytes of a process's proportional set; 0 where it is gone. proc_pid_smaps(5). */
function pssOf(pid: number): number {
  try {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The kernel's name of a process, 15 bytes of it; empty where the process is gone. */
function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** PSS of every process whose arguments or cgroup name `instance`: the hosts' own, and what keeps them. */
function pssOfHosts({ instance, runDirectory }: Processes, isCounted: (pid: number) => boolean = () => true): number {
  let bytes = 0;
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const inHost = fs.readFileSync(`/proc/${entry}/cgroup`, 'utf8').includes(`/drydock/${instance}/`);
      const argv = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      const isOurs = inHost || (argv.includes('conmon\0') && argv.includes(runDirectory));
      if (isOurs && isCounted(Number(entry))) bytes += pssOf(Number(entry));
    } catch {
      // gone meanwhile
    }
  }
  return bytes;
}

/** Kernel memory charged to the instance's cgroups. */
function kernelBytes(instance: string): number {
  const v1 = `/sys/fs/cgroup/memory/drydock/${instance}/memory.kmem.usage_in_bytes`;
  if (fs.existsSync(v1)) return Number(fs.readFileSync(v1, 'utf8'));
  const v2 = `/sys/fs/cgroup/drydock/${instance}/memory.stat`;
  return fs.existsSync(v2) ? Number(/^kernel (\d+)$/m.exec(fs.readFileSync(v2, 'utf8'))?.[1] ?? 0) : 0;
}

export interface Processes {
  readonly instance: string;
  readonly runDirectory: string;
  readonly engine: number;
  readonly server: number;
}

export function residentFigure(processes: Processes): Figure {
  return amount('engine + server resident, no host', (pssOf(processes.engine) + pssOf(processes.server)) / MB, 250);
}

/** All that a Drydock holds. */
function heldBytes(processes: Processes): number {
  const { engine, server, instance } = processes;
  return pssOf(engine) + pssOf(server) + pssOfHosts(processes) + kernelBytes(instance);
}

/** What ten hosts with a shell add, of everything, divided by ten. */
export async function idleHostFigure(client: EngineClient, processes: Processes): Promise<Figure> {
  const open = async (name: string): Promise<void> => {
    await client.createHost(name);
    await client.openTerminal(name, { id: 't1', rows: 24, columns: 80 });
    const { stream } = await client.attachTerminal(name, 't1', 0, AbortSignal.timeout(10_000));
    for await (const piece of stream) if (String(piece).includes('$ ')) break;
  };
  await open('first'); // what the first host of all costs once is not another host's
  const before = heldBytes(processes);
  for (let n = 0; n < hosts; n++) await open(`idle-${n}`);
  await pause(1000); // idle is what is left when the start is over
  const after = heldBytes(processes);
  for (const { name } of await client.hosts()) if (/^(first|idle-)/.test(name)) await client.removeHost(name);
  return amount('one more idle host, shell open', (after - before) / hosts / MB, 2);
}

const containers = 20;

/** What a container adds: one that is stopped, and one that runs, beside its own program. */
export async function containerFigures(client: EngineClient, processes: Processes): Promise<Figure[]> {
  const name = 'bench-containers';
  const { dockerSocket } = await client.createHost(name);
  await docker(dockerSocket, 'pull', '-q', 'busybox');
  const create = (at: number) => docker(dockerSocket, 'create', '--name', `c${at}`, 'busybox', 'sleep', '1000');
  await docker(dockerSocket, 'run', '-d', 'busybox', 'sleep', '1000'); // what the first one costs once
  const names = Array.from({ length: containers }, (_, at) => `c${at}`);
  await pause(1000);
  const before = heldBytes(processes);
  for (const at of names.keys()) await create(at);
  await pause(1000);
  const stopped = heldBytes(processes);
  const isProgram = (pid: number): boolean => commandOf(pid) === 'sleep';
  const programsBefore = pssOfHosts(processes, isProgram);
  await docker(dockerSocket, 'start', ...names);
  await pause(1000);
  const running = heldBytes(processes) - (pssOfHosts(processes, isProgram) - programsBefore);
  await client.removeHost(name);
  return [
    amount('one more stopped container', (stopped - before) / containers / MB, 0.1),
    amount('one more running container, beside its program', (running - stopped) / containers / MB, 2),
  ];
}
