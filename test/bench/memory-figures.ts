// Memory: of engine and server, and of one more idle host with a shell open.

import fs from 'node:fs';
import type { EngineClient } from '@drydock/runtime';
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

/** PSS of every process whose arguments or cgroup name `instance`: the hosts' own, and what keeps them. */
function pssOfHosts(instance: string, runDirectory: string): number {
  let bytes = 0;
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const inHost = fs.readFileSync(`/proc/${entry}/cgroup`, 'utf8').includes(`/drydock/${instance}/`);
      const argv = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      if (inHost || (argv.includes('conmon\0') && argv.includes(runDirectory))) bytes += pssOf(Number(entry));
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

/** What ten hosts with a shell add, of everything, divided by ten. */
export async function idleHostFigure(client: EngineClient, processes: Processes): Promise<Figure> {
  const all = (): number =>
    pssOf(processes.engine) +
    pssOf(processes.server) +
    pssOfHosts(processes.instance, processes.runDirectory) +
    kernelBytes(processes.instance);
  const open = async (name: string): Promise<void> => {
    await client.createHost(name);
    await client.openTerminal(name, { id: 't1', rows: 24, columns: 80 });
    const { stream } = await client.attachTerminal(name, 't1', 0, AbortSignal.timeout(10_000));
    for await (const piece of stream) if (String(piece).includes('$ ')) break;
  };
  await open('first'); // what the first host of all costs once is not another host's
  const before = all();
  for (let n = 0; n < hosts; n++) await open(`idle-${n}`);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // idle is what is left when the start is over
  const after = all();
  for (const { name } of await client.hosts()) if (/^(first|idle-)/.test(name)) await client.removeHost(name);
  return amount('one more idle host, shell open', (after - before) / hosts / MB, 8);
}
