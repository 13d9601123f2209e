// docker exec: another process in a running container.

import { randomBytes } from 'node:crypto';
import { EngineError } from '../errors.ts';
import { maxExecInputCharacters, maxToldCommandBytes } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import { ProcessConsole } from '../processes/console.ts';
import { killedExitCode } from '../processes/exits.ts';
import { oomScoreOf, processInputOf } from '../processes/process-input.ts';
import { userFilesOf } from '../processes/rootfs.ts';
import { runProcess } from '../processes/run-process.ts';
import type { Attached } from '../processes/streams.ts';
import { resolveUser } from '../processes/users.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { Exec, type ExecOptions } from './exec.ts';
import type { Execs } from './execs.ts';

/** `given`: what the client called the container. Throws conflict (not running, paused), invalid (no command, no such user), exhausted. */
export function createExec(execs: Execs, container: Container, given: string, options: ExecOptions): Exec {
  needUnpaused(container, given);
  if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
  if (options.argv.length === 0) throw new EngineError('invalid', 'No exec command specified');
  if (options.privileged) {
    throw new EngineError(
      'forbidden',
      'exec --privileged is not offered: no process here has more than its container may have',
    );
  }
  const characters = [...options.argv, ...options.env].reduce((sum, word) => sum + word.length, 0);
  if (characters > maxExecInputCharacters) {
    throw new EngineError(
      'invalid',
      `argument list too long: command and environment of an exec may have ${maxExecInputCharacters} characters; pass the rest on its stdin`,
    );
  }
  // Asked for again at the start: the files may change until then.
  if (options.user !== '') resolveUser(options.user, filesOf(container), []);
  const exec = new Exec(randomBytes(32).toString('hex'), container, options);
  execs.add(exec);
  emit(container, `exec_create: ${told(options.argv)}`, { execID: exec.id });
  return exec;
}

/** The beginning of a command, as events tell it: a copy, for a part of a long text would keep all of it in memory. */
function told(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  const bytes = Buffer.alloc(maxToldCommandBytes);
  // moby puts a blank behind the program, also where nothing follows.
  return bytes.toString('utf8', 0, bytes.write(`${program} ${rest.join(' ')}`));
}

/** Of one that did not run, where the OCI runtime gives no other: as moby has it. */
const notExecutedExitCode = 126;

export interface StartExecOptions {
  readonly detach: boolean;
  /** Rows and columns. */
  readonly consoleSize: readonly [number, number] | null;
}

/** Throws conflict where its container cannot run anything now. */
export function needContainer({ container }: Exec): void {
  needUnpaused(container, container.id);
  if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
}

function needUnpaused(container: Container, given: string): void {
  if (container.state.status === 'paused')
    throw new EngineError('conflict', `Container ${given} is paused, unpause the container before exec`);
}

/** Runs it once; null where detached. Throws conflict where it ran already, invalid where the command is not there. */
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
  // Told before anybody knows whether it will run, as moby does.
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

const filesOf = (container: Container) => userFilesOf(`/proc/${container.state.machinePid}/root`);

function specOf(exec: Exec, options: StartExecOptions): object {
  const { container } = exec;
  const { config } = container.record;
  const choice = {
    args: exec.options.argv,
    user: exec.options.user || config.User,
    env: exec.options.env,
    workingDir: exec.options.workingDir || config.WorkingDir,
    terminal: exec.options.tty,
    consoleSize: options.consoleSize,
  };
  return processSpec(processInputOf(container.record, choice, filesOf(container)));
}
