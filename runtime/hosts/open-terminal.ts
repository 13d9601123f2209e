// Opening a terminal: a login shell in the workspace, under conmon, so that it outlives the engine and the server.

import fs from 'node:fs';
import type { TerminalOptions } from '../client.ts';
import { refusalOf } from '../containers/runtime-errors.ts';
import { EngineError } from '../errors.ts';
import { conmonExec } from '../kernel/conmon.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { startTicksOf } from '../kernel/processes.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import { leastOomScore, maxTerminalsPerHost } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import { endProcess } from './clear-bundles.ts';
import type { Host } from './host.ts';
import { LiveTerminal, type TerminalFiles, type TerminalRecord } from './live-terminal.ts';
import { workspaceId } from './workspace.ts';
import { defaultShellEnv, resolveIn } from './workspace-process.ts';

const loginShell = ['/bin/bash', '-l'];

export function terminalFiles(host: Host, id: string): TerminalFiles {
  return { bundle: host.bundle(`t-${id}`), log: `${host.directory}/terminals/${id}.log` };
}

export function terminalOf(host: Host, record: TerminalRecord): LiveTerminal {
  const terminal = new LiveTerminal(record, terminalFiles(host, record.id), (changed) => {
    host.engine.records.put('terminal', host.id, changed.id, changed);
  });
  host.terminals.set(record.id, terminal);
  return terminal;
}

/**
 * Has the host's turn, so that two at once cannot pass the limit, and none is opened in a host that is being ended. Throws conflict
 * where the id is taken or the host is frozen, exhausted where there are too many, unavailable where it is stopped, notFound where it
 * has been removed, and invalid, in Docker's words, where the shell cannot be started; nothing is left of it then.
 */
export function openTerminal(host: Host, options: TerminalOptions): Promise<LiveTerminal> {
  return host.whileThere(async () => {
    host.needRunning();
    makeRoom(host, options.id);
    try {
      return await start(host, options);
    } catch (error) {
      await discard(host, options.id);
      throw refusalOf(error, (options.argv ?? loginShell)[0] ?? '', 'exec').error;
    }
  });
}

/** Forgets who had the id and has ended. Throws invalid, conflict and exhausted. */
function makeRoom(host: Host, id: string): void {
  if (!/^[a-z0-9-]{1,32}$/.test(id)) {
    throw new EngineError('invalid', `terminal id "${id}" must be 1 to 32 of a-z, 0-9 and -`);
  }
  const earlier = host.terminals.get(id);
  if (earlier && earlier.record.exitCode === null) {
    throw new EngineError('conflict', `host ${host.name} already has a terminal "${id}"`);
  }
  host.terminals.delete(id);
  if (host.terminals.size >= maxTerminalsPerHost) forgetEnded(host);
  if (host.terminals.size >= maxTerminalsPerHost) {
    throw new EngineError(
      'exhausted',
      `host ${host.name} already has ${maxTerminalsPerHost} terminals; close one first`,
    );
  }
}

async function start(host: Host, options: TerminalOptions): Promise<LiveTerminal> {
  const files = terminalFiles(host, options.id);
  fs.mkdirSync(files.bundle, { recursive: true, mode: 0o700 });
  makeDirectory(`${host.directory}/terminals`, 0o700);
  fs.rmSync(files.log, { force: true });
  const spec = shellSpec(host, options);
  fs.writeFileSync(`${files.bundle}/process.json`, JSON.stringify(spec), { mode: 0o600 });
  const process = await conmonExec({
    tools: host.engine.tools,
    containerId: workspaceId(host),
    processId: `t-${options.id}`,
    bundle: files.bundle,
    logPath: files.log,
    exitDirectory: files.bundle,
    terminal: true,
    stdin: true,
    leaveStdinOpen: true,
    group: host.group,
    insidePid: null,
    oomScoreAdj: leastOomScore,
    prepare: () => undefined,
  });
  const { id, rows, columns } = options;
  const terminal = terminalOf(host, { id, rows, columns, pid: 0, startTicks: 0, exitCode: null, offset: 0 });
  terminal.connect();
  const pid = await process.go();
  terminal.save({ pid, startTicks: startTicksOf(pid) });
  void process.exited().then(
    (exitCode) => terminal.ended(exitCode),
    () => terminal.ended(137), // its conmon was killed with the workspace
  );
  return terminal;
}

/** What is there of one whose shell was not started. */
async function discard(host: Host, id: string): Promise<void> {
  const { bundle, log } = terminalFiles(host, id);
  host.terminals.get(id)?.release();
  host.terminals.delete(id);
  host.engine.records.delete('terminal', host.id, id);
  endProcess(host, bundle);
  await removeBundle(bundle);
  fs.rmSync(log, { force: true });
}

function forgetEnded(host: Host): void {
  for (const terminal of host.terminals.values()) {
    if (terminal.record.exitCode === null) continue;
    host.terminals.delete(terminal.id);
    host.engine.records.delete('terminal', host.id, terminal.id);
  }
}

function shellSpec(host: Host, options: TerminalOptions): object {
  const user = resolveIn(host, options.user ?? 'student');
  return processSpec({
    args: options.argv ?? loginShell,
    env: [...defaultShellEnv(user), 'TERM=xterm-256color', 'COLORTERM=truecolor', ...(options.env ?? [])],
    cwd: options.cwd ?? user.home,
    user: user.ids,
    terminal: true,
    consoleSize: [options.rows, options.columns],
    capabilities: user.capabilities,
    noNewPrivileges: false,
    oomScoreAdj: leastOomScore,
    ulimits: [],
  });
}
