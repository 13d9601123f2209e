// docker exec: another process in a running container.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { conmonExec } from '../kernel/conmon.ts';
import { maxExecInputCharacters, maxExecsPerHost, maxToldCommandBytes } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import { ProcessConsole } from './console.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { Exec, type ExecOptions } from './exec.ts';
import { oomScoreOf, processInputOf } from './process-input.ts';
import { userFilesOf } from './rootfs.ts';
import { refusalOf } from './runtime-errors.ts';
import type { Attached } from './streams.ts';
import { resolveUser } from './users.ts';

/** `given`: what the client called the container. Throws conflict (not running, paused), invalid (no command, no such user), exhausted. */
export function createExec(host: Host, container: Container, given: string, options: ExecOptions): Exec {
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
  forgetOldExecs(host);
  if (host.execs.size >= maxExecsPerHost) {
    throw new EngineError(
      'exhausted',
      `this host already has ${maxExecsPerHost} execs running; wait until some have ended`,
    );
  }
  const exec = new Exec(randomBytes(32).toString('hex'), container, options);
  host.execs.set(exec.id, exec);
  container.execIds.add(exec.id);
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

/**
 * Ended execs are known for a while, so that a client can ask for the exit code; when there are many, the oldest go. Where all
 * places are taken, so does the oldest that nobody started.
 */
function forgetOldExecs(host: Host): void {
  for (const exec of host.execs.values()) {
    if (host.execs.size < maxExecsPerHost / 2) return;
    if (exec.exitCode !== null) forget(exec);
  }
  for (const exec of host.execs.values()) {
    if (host.execs.size < maxExecsPerHost) return;
    if (!exec.started) forget(exec);
  }
}

function forget(exec: Exec): void {
  exec.container.host.execs.delete(exec.id);
  exec.container.execIds.delete(exec.id);
}

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
  try {
    fs.mkdirSync(bundle, { recursive: true, mode: 0o700 });
    fs.writeFileSync(`${bundle}/process.json`, JSON.stringify(specOf(exec, options)), { mode: 0o600 });
    const process = await conmonExec({
      tools: host.engine.tools,
      containerId: container.id,
      processId: exec.id,
      bundle,
      logPath: null,
      exitDirectory: bundle,
      terminal: exec.options.tty,
      stdin: exec.options.attachStdin,
      leaveStdinOpen: false,
      group: host.group,
      insidePid: host.record.pid,
      oomScoreAdj: oomScoreOf(container.record.hostConfig),
      prepare: () => undefined,
    });
    const console = new ProcessConsole(bundle, { endsWithProcess: true });
    exec.console = console;
    const { attachStdin: stdin, attachStdout: stdout, attachStderr: stderr } = exec.options;
    const attached = options.detach ? null : console.attach({ stdin, stdout, stderr, keepStdin: exec.options.tty });
    console.connect();
    exec.running = true;
    exec.pid = await process.go();
    console.started();
    void process.exited().then(
      (exitCode) => died(exec, bundle, exitCode),
      () => died(exec, bundle, 137), // its conmon was killed with the container
    );
    return attached;
  } catch (error) {
    const refusal = refusalOf(error, exec.options.argv[0] ?? '', 'exec');
    ended(exec, bundle, refusal.exitCode);
    throw refusal.error;
  }
}

function ended(exec: Exec, bundle: string, exitCode: number): void {
  exec.running = false;
  exec.exitCode = exitCode;
  exec.container.execIds.delete(exec.id);
  exec.console?.processEnded();
  fs.rmSync(bundle, { recursive: true, force: true });
}

function died(exec: Exec, bundle: string, exitCode: number): void {
  ended(exec, bundle, exitCode);
  emit(exec.container, 'exec_die', { execID: exec.id, exitCode: String(exitCode) });
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
  return processSpec(processInputOf(container, choice, filesOf(container)));
}
