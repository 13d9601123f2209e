// Opens a terminal: a login shell in the workspace, under conmon, so that it outlives the engine and the server.

import fs from 'node:fs';
import type { TerminalOptions } from '../client.ts';
import { EngineError } from '../errors.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { startTicksOf } from '../kernel/processes.ts';
import { leastOomScore, maxTerminalsPerHost } from '../limits.ts';
import { type ProcessInput, processSpec } from '../oci/spec.ts';
import { killedExitCode } from '../processes/exits.ts';
import { runProcess } from '../processes/run-process.ts';
import type { Host } from './host.ts';
import { hubEnv } from './hub-account.ts';
import { LiveTerminal, type TerminalFiles } from './live-terminal.ts';
import { egressEnv } from './open-egress.ts';
import { type TerminalRecord, terminalKind } from './terminal-record.ts';
import { workspaceId } from './workspace.ts';
import { defaultShellEnv, resolveIn } from './workspace-process.ts';

const loginShell = ['/bin/bash', '-l'];

export function terminalFiles(host: Host, id: string): TerminalFiles {
  return { bundle: host.bundle(`t-${id}`), log: `${host.directory}/terminals/${id}.log` };
}

/** The terminal of a record, connected to nothing yet. */
export function terminalOf(host: Host, record: TerminalRecord): LiveTerminal {
  return new LiveTerminal(record, terminalFiles(host, record.id), (changed) => {
    host.engine.records.put(terminalKind, host.id, changed.id, changed);
  });
}

/**
 * Holds the host's lock: two calls at once cannot pass the limit, and no terminal is opened in a host that is being stopped.
 * Throws conflict where the id is taken or the host is frozen, exhausted where there are too many terminals, unavailable where the
 * host is stopped, notFound where it has been removed, and invalid, in Docker's words, where the shell cannot be started; nothing
 * of the terminal is left then.
 */
export function openTerminal(host: Host, options: TerminalOptions): Promise<LiveTerminal> {
  return host.whileThere(async () => {
    host.needRunning();
    makeRoom(host, options.id);
    try {
      return await start(host, options);
    } catch (error) {
      discard(host, options.id);
      throw error;
    }
  });
}

/** Forgets an ended terminal that had the id, and all ended ones where there are too many. Throws invalid, conflict and exhausted. */
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
  const { id, rows, columns } = options;
  const spec = shellSpec(host, options);
  const { bundle, log } = terminalFiles(host, id);
  makeDirectory(`${host.directory}/terminals`, 0o700);
  fs.rmSync(log, { force: true });
  const terminal = terminalOf(host, { id, rows, columns, pid: 0, startTicks: 0, exitCode: null, offset: 0 });
  await runProcess({
    kind: 'exec',
    host,
    id: `t-${id}`,
    containerId: workspaceId(host),
    insidePid: null,
    command: spec.args[0] ?? '',
    spec: processSpec(spec),
    bundle,
    logPath: log,
    terminal: true,
    stdin: true,
    leaveStdinOpen: true,
    oomScoreAdj: leastOomScore,
    onReady: () => {
      host.terminals.set(id, terminal);
      terminal.connect();
    },
    onRunning: (pid) => terminal.save({ pid, startTicks: startTicksOf(pid) }),
    onEnd: (exitCode) => terminal.ended(exitCode ?? killedExitCode),
  });
  return terminal;
}

/** Removes what there is of a terminal whose shell was not started. */
function discard(host: Host, id: string): void {
  host.terminals.get(id)?.release();
  host.terminals.delete(id);
  host.engine.records.delete(terminalKind, host.id, id);
  fs.rmSync(terminalFiles(host, id).log, { force: true });
}

function forgetEnded(host: Host): void {
  for (const terminal of host.terminals.values()) {
    if (terminal.record.exitCode === null) continue;
    host.terminals.delete(terminal.id);
    host.engine.records.delete(terminalKind, host.id, terminal.id);
  }
}

function shellSpec(host: Host, options: TerminalOptions): ProcessInput {
  const user = resolveIn(host, options.user ?? 'student');
  return {
    args: options.argv ?? loginShell,
    env: [
      ...defaultShellEnv(user),
      ...egressEnv(host),
      ...hubEnv(host),
      'TERM=xterm-256color',
      'COLORTERM=truecolor',
      ...(options.env ?? []),
    ],
    cwd: options.cwd ?? user.home,
    user: user.ids,
    terminal: true,
    consoleSize: [options.rows, options.columns],
    capabilities: user.capabilities,
    noNewPrivileges: false,
    oomScoreAdj: leastOomScore,
    ulimits: [],
  };
}
