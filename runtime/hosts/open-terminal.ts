// Opening a terminal: a login shell in the workspace, under conmon, so that it outlives the engine and the server.

import fs from 'node:fs';
import type { TerminalOptions } from '../client.ts';
import { EngineError } from '../errors.ts';
import { conmonExec } from '../kernel/conmon.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { startTicksOf } from '../kernel/processes.ts';
import { leastOomScore, maxTerminalsPerHost } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import type { Host } from './host.ts';
import { LiveTerminal, type TerminalFiles, type TerminalRecord } from './live-terminal.ts';
import { workspaceId } from './workspace.ts';
import { defaultShellEnv, resolveIn } from './workspace-process.ts';

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

/** Throws conflict where the id is taken or the host is frozen, exhausted where there are too many, unavailable where it is stopped. */
export async function openTerminal(host: Host, options: TerminalOptions): Promise<LiveTerminal> {
  host.needRunning();
  if (!/^[a-z0-9-]{1,32}$/.test(options.id)) {
    throw new EngineError('invalid', `terminal id "${options.id}" must be 1 to 32 of a-z, 0-9 and -`);
  }
  const earlier = host.terminals.get(options.id);
  if (earlier && earlier.record.exitCode === null) {
    throw new EngineError('conflict', `host ${host.name} already has a terminal "${options.id}"`);
  }
  host.terminals.delete(options.id);
  if (host.terminals.size >= maxTerminalsPerHost) forgetEnded(host);
  if (host.terminals.size >= maxTerminalsPerHost) {
    throw new EngineError(
      'exhausted',
      `host ${host.name} already has ${maxTerminalsPerHost} terminals; close one first`,
    );
  }
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
    args: options.argv ?? ['/bin/bash', '-l'],
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
