// docker top: what runs in a container, as `ps` in the workspace would show it.

import { readFile } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { processesOf } from './processes.ts';
import { type ProcessFacts, parsePsArguments, psColumns } from './ps-columns.ts';

/** Linux's USER_HZ: the unit of times in /proc/PID/stat, 100 on every architecture that we run on. */
const ticksPerSecond = 100;

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** The second number of NSpid: the PID in the workspace, one level below the machine. 0 where it is not in there. */
function workspacePid(status: string): number {
  return Number(field(status, 'NSpid').split(/\s+/)[1] ?? 0);
}

/** Null where the process has ended meanwhile. */
async function factsOf(container: Container, machinePid: number, bootMs: number): Promise<ProcessFacts | null> {
  const read = (name: string) => readFile(`/proc/${machinePid}/${name}`, 'utf8');
  const files = await Promise.all([read('status'), read('stat'), read('cmdline')]).catch(() => null);
  if (!files) return null;
  const [status, stat, commandLine] = files;
  // The name stands in parentheses and may contain any character: what follows the last one counts.
  const numbers = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (fieldNumber: number) => Number(numbers[fieldNumber - 3] ?? 0);
  const parent = await readFile(`/proc/${at(4)}/status`, 'utf8').catch(() => '');
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const ids = field(status, 'Uid').split(/\s+/);
  const startedMs = bootMs + (at(22) * 1000) / ticksPerSecond;
  return {
    pid: workspacePid(status),
    parentPid: workspacePid(parent),
    uid: Number(ids[1] ?? 0) - container.host.record.uidBase,
    gid: Number(field(status, 'Gid').split(/\s+/)[1] ?? 0) - container.host.record.uidBase,
    name,
    command: commandLine.replace(/\0+$/, '').replaceAll('\0', ' ') || `[${name}]`,
    state: numbers[0] ?? '?',
    sessionLeader: at(6) === machinePid,
    foreground: at(8) === at(5) && at(8) > 0,
    threads: at(20),
    nice: at(19),
    terminal: at(7),
    cpuSeconds: (at(14) + at(15)) / ticksPerSecond,
    startedMs,
    ageSeconds: Math.max(0, (Date.now() - startedMs) / 1000),
    virtualBytes: at(23),
    residentBytes: Number(field(status, 'VmRSS').split(' ')[0] ?? 0) * 1024,
  };
}

/**
 * The body of `GET /containers/X/top`. `psArguments` as for ps(1): `-ef`, `aux`, `-o pid,comm` and the like. Throws
 * conflict where the container does not run, invalid for arguments that are not understood.
 */
export async function topContainer(
  container: Container,
  psArguments: string,
): Promise<{ Titles: string[]; Processes: string[][] }> {
  const names = parsePsArguments(psArguments);
  if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
  const bootMs = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? 0) * 1000;
  const found = await Promise.all((await processesOf(container)).map((pid) => factsOf(container, pid, bootMs)));
  const processes = found
    .filter((facts) => facts !== null && facts.pid > 0)
    .sort((a, b) => (a?.pid ?? 0) - (b?.pid ?? 0));
  const columns = names.map((name) => psColumns[name]).filter((column) => column !== undefined);
  return {
    Titles: columns.map(({ title }) => title),
    Processes: processes.map((facts) => columns.map(({ show }) => (facts ? show(facts) : ''))),
  };
}
