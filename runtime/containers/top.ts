// docker top: what runs in a container, as `ps` in the workspace would show it.

import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import { commandLinesOf, type ProcessStatus, statOf, statusOf } from '../kernel/process-facts.ts';
import { commandLineWaitMs, maxProcessesTold, maxToldCommandBytes } from '../limits.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { processesOf } from './processes.ts';
import { type ProcessFacts, parsePsArguments, psColumns } from './ps-columns.ts';
import { needNotRestarting } from './restart-by-policy.ts';

/** Linux's USER_HZ: the unit of times in /proc/PID/stat, 100 on every architecture that we run on. */
const ticksPerSecond = 100;

/** Processes that are read before other hosts get their turn on the event loop: about 1 ms. */
const atOnce = 25;

/** The PID in the workspace's namespace, one level below the machine's. 0 if the process is not in there. */
function workspacePid(status: ProcessStatus | null): number {
  return status?.pids[1] ?? 0;
}

/** Without the command line. Null if the process has ended meanwhile. */
function factsOf(container: Container, machinePid: number, bootMs: number): ProcessFacts | null {
  const status = statusOf(machinePid);
  const stat = statOf(machinePid);
  if (!status || !stat) return null;
  const { name, state, at } = stat;
  const startedMs = bootMs + (at(22) * 1000) / ticksPerSecond;
  return {
    pid: workspacePid(status),
    parentPid: workspacePid(statusOf(at(4))),
    uid: status.uid - container.host.record.uidBase,
    gid: status.gid - container.host.record.uidBase,
    name,
    command: `[${name}]`,
    state,
    sessionLeader: at(6) === machinePid,
    foreground: at(8) === at(5) && at(8) > 0,
    threads: at(20),
    nice: at(19),
    terminal: at(7),
    cpuSeconds: (at(14) + at(15)) / ticksPerSecond,
    startedMs,
    ageSeconds: Math.max(0, (Date.now() - startedMs) / 1000),
    virtualBytes: at(23),
    residentBytes: status.residentBytes,
  };
}

/**
 * The body of `GET /containers/X/top`. `psArguments` as for ps(1): `-ef`, `aux`, `-o pid,comm` and the like. Throws
 * conflict where the container does not run, invalid or refused for arguments that are not understood.
 */
export async function topContainer(
  container: Container,
  psArguments: string,
): Promise<{ Titles: string[]; Processes: string[][] }> {
  const names = parsePsArguments(psArguments);
  needNotRestarting(container);
  if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
  const bootMs = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? 0) * 1000;
  const found = new Map<number, ProcessFacts>();
  let looked = 0;
  for (const pid of await processesOf(container)) {
    if (++looked % atOnce === 0) await breathe();
    const facts = factsOf(container, pid, bootMs);
    if (facts && facts.pid > 0) found.set(pid, facts);
    if (found.size >= maxProcessesTold) break;
  }
  const lines = await commandLinesOf([...found.keys()], maxToldCommandBytes, commandLineWaitMs);
  const processes = [...found].map(([pid, facts]) => ({ ...facts, command: lines.get(pid) ?? facts.command }));
  processes.sort((a, b) => a.pid - b.pid);
  const columns = names.map((name) => psColumns[name]).filter((column) => column !== undefined);
  emit(container, 'top');
  return {
    Titles: columns.map(({ title }) => title),
    Processes: processes.map((facts) => columns.map(({ show }) => show(facts))),
  };
}
