// docker exec: another process in a running container.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { maxExecInputCharacters, maxToldCommandBytes } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import { ProcessConsole } from '../processes/console.ts';
import { killedExitCode } from '../processes/exits.ts';
import { oomScoreOf, processInputOf } from '../processes/process-input.ts';
import { userFilesOf } from '../processes/rootfs.ts';
import { runProcess } from '../processes/run-process.ts';
import type { Attached } from '../processes/streams.ts';
import { resolveUser, type UserFiles } from '../processes/users.ts';
import type { Container, ContainerHost } from './container.ts';
import { emit } from './events.ts';
import { Exec, type ExecOptions } from './exec.ts';
import { linkedEnv } from './links.ts';
import { needNotRestarting } from './restart-by-policy.ts';

/** `given`: the name that the client gave. Throws conflict (not running, paused), invalid (no command, no such user), exhausted. */
export function createExec(
  execs: ContainerHost['execs'],
  container: Container,
  given: string,
  options: ExecOptions,
): Exec {
  needUnpaused(container, given);
  needNotRestarting(container);
  if (!container.running) throw notRunning(container);
  if (options.argv.length === 0) throw new EngineError('invalid', 'No exec command specified');
  const characters = [...options.argv, ...options.env].reduce((sum, word) => sum + word.length, 0);
  if (characters > maxExecInputCharacters) {
    throw new EngineError(
      'invalid',
      `argument list too long: command and environment of an exec may have ${maxExecInputCharacters} characters; pass the rest on its stdin`,
    );
  }
  // Resolved again at the start, because the files may change until then.
  if (options.user !== '') resolveUser(options.user, filesOf(container), []);
  const exec = new Exec(randomBytes(32).toString('hex'), container, options);
  execs.add(exec);
  emit(container, `exec_create: ${told(options.argv)}`, { execID: exec.id });
  return exec;
}

/** The beginning of a command, for events. It is a copy: a slice of a long string would keep all of that in memory. */
function told(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  const bytes = Buffer.alloc(maxToldCommandBytes);
  // moby puts a blank after the program, even if nothing follows.
  return bytes.toString('utf8', 0, bytes.write(`${program} ${rest.join(' ')}`));
}

/** Exit code of an exec that did not start, if the OCI runtime gives no other: as in moby. */
const notExecutedExitCode = 126;

export interface StartExecOptions {
  readonly detach: boolean;
  /** Rows and columns. */
  readonly consoleSize: readonly [number, number] | null;
}

/** Throws conflict if its container cannot run anything now. */
export function needContainer({ container }: Exec): void {
  needUnpaused(container, container.id);
  needNotRestarting(container);
  if (!container.running) throw notRunning(container);
}

const notRunning = ({ id }: Container) => new EngineError('conflict', `container ${id} is not running`);

function needUnpaused(container: Container, given: string): void {
  if (container.state.status === 'paused')
    throw new EngineError('conflict', `Container ${given} is paused, unpause the container before exec`);
}

/** Runs the exec, once. Null if detached. Throws conflict if it ran already, invalid if there is no such command. */
export async function startExec(exec: Exec, options: StartExecOptions): Promise<Attached | null> {
  if (exec.exitCode !== null) throw new EngineError('conflict', `exec command ${exec.id} has already run`);
  if (exec.started) throw new EngineError('conflict', `exec command ${exec.id} is already running`);
  exec.started = true;
  const { container } = exec;
  const { host } = container;
  return await host.engine.starts.pass(host.name, async () => {
    try {
      await host.turns.next('start of an exec');
      needContainer(exec);
    } catch (error) {
      exec.started = false;
      throw error;
    }
    return await startNow(exec, options);
  });
}

async function startNow(exec: Exec, options: StartExecOptions): Promise<Attached | null> {
  const { container } = exec;
  const { host } = container;
  // As in moby, the event is sent before it is known whether the exec can start.
  emit(container, `exec_start: ${told(exec.options.argv)}`, { execID: exec.id });
  const bundle = host.bundle(`e${exec.id.slice(0, 23)}`);
  const { argv, tty, attachStdin: stdin, attachStdout: stdout, attachStderr: stderr } = exec.options;
  let attached: Attached | null = null;
  try {
    await runProcess({
      kind: 'exec',
      host,
      id: exec.id,
      containerId: container.id,
      insidePid: host.record.pid,
      command: argv[0] ?? '',
      spec: specOf(exec, options),
      bundle,
      logPath: null,
      terminal: tty,
      stdin,
      leaveStdinOpen: false,
      oomScoreAdj: oomScoreOf(container.record.hostConfig),
      onReady: () => {
        const console = new ProcessConsole(bundle, { endsWithProcess: true });
        exec.console = console;
        if (!options.detach) attached = console.attach({ stdin, stdout, stderr, keepStdin: tty });
        console.connect();
        exec.running = true;
      },
      onRunning: (pid) => {
        exec.pid = pid;
        exec.console?.started();
      },
      onEnd: (exitCode) => {
        ended(exec, exitCode ?? killedExitCode);
        emit(container, 'exec_die', { execID: exec.id, exitCode: String(exec.exitCode) });
      },
    });
    return attached;
  } catch (error) {
    ended(exec, (error instanceof EngineError ? error.exitCode : null) ?? notExecutedExitCode);
    throw error;
  }
}

function ended(exec: Exec, exitCode: number): void {
  exec.running = false;
  exec.exitCode = exitCode;
  exec.container.execIds.delete(exec.id);
  exec.console?.processEnded();
}

/** Throws conflict where the container's process has ended, also where the engine has not heard of that yet. */
function filesOf(container: Container): UserFiles {
  const root = `/proc/${container.state.machinePid}/root`;
  const files = userFilesOf(root);
  if (files.passwd === null && !fs.existsSync(root)) throw notRunning(container);
  return files;
}

function specOf(exec: Exec, options: StartExecOptions): object {
  const { container } = exec;
  const { config } = container.record;
  const choice = {
    args: exec.options.argv,
    user: exec.options.user || config.User,
    linkedEnv: linkedEnv(container),
    env: exec.options.env,
    workingDir: exec.options.workingDir || config.WorkingDir,
    terminal: exec.options.tty,
    consoleSize: options.consoleSize,
    privileged: exec.options.privileged,
  };
  return processSpec(processInputOf(container.record, choice, filesOf(container)));
}
