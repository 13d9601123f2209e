// A whole Drydock for a test: `drydock up` as an operator runs it, with directories, a port and a name of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type CommandOutcome, drydockCommand, runDrydock } from './command.ts';
import { freePort, makeInstance, type TestInstance } from './instance.ts';
import { copyTemplate } from './store-template.ts';

/** The first start on a machine builds two images. */
const readyMs = 240_000;

/** What every test may do with a Drydock, also one that it shares with those after it. */
export interface RunningDrydock extends AsyncDisposable {
  readonly port: number;
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly engineSocket: string;
  /** The settings, as an environment for `drydock` and for a second `up` on the same directories. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs `drydock …` with these settings. */
  run(...args: string[]): Promise<CommandOutcome>;
}

export interface TestDrydock extends RunningDrydock {
  readonly instance: TestInstance;
  readonly supervisor: ChildProcess;
  /** What it has written to standard error until now. */
  notices(): string;
}

export function settingsFor(instance: TestInstance, port: number, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DRYDOCK_CONFIG: '/dev/null',
    DRYDOCK_INSTANCE: instance.name,
    DRYDOCK_DATA: instance.data,
    DRYDOCK_RUN: instance.run,
    DRYDOCK_CACHE: instance.cache,
    DRYDOCK_PORT: String(port),
    DRYDOCK_UID_BASE: String(instance.uidBase),
    DRYDOCK_UID_RANGES: String(instance.uidRanges),
    DRYDOCK_STORE_SIZE: '16GiB',
    DRYDOCK_CATALOGUE: 'minimal',
    ...more,
  };
}

/** Resolves when it says that it is ready; disposing ends it as Ctrl-C does. `settings` replace and add to a test's usual ones. */
export async function startDrydock(settings: NodeJS.ProcessEnv = {}): Promise<TestDrydock> {
  const instance = await makeInstance();
  await copyTemplate(instance.data, settings.DRYDOCK_CATALOGUE === 'all' ? 'all' : 'minimal');
  const port = await freePort();
  const env = settingsFor(instance, port, settings);
  const end = async (): Promise<void> => {
    // Where it has ended in order, it has removed this itself.
    if (existsSync(instance.run)) await runDrydock(env, 'down');
    await instance[Symbol.asyncDispose]();
  };
  const { supervisor, notices } = await startSupervisor(env).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    instance,
    port,
    url: `http://localhost:${port}`,
    engineSocket: path.join(instance.run, 'engine.sock'),
    supervisor,
    env,
    run: (...args) => runDrydock(env, ...args),
    notices,
    async [Symbol.asyncDispose]() {
      await stopSupervisor(supervisor);
      await end();
    },
  };
}

/** `command`: the path of another clone's `drydock`. Throws, with what was said, where it ends before it is ready. */
export async function startSupervisor(
  env: NodeJS.ProcessEnv,
  command: string = drydockCommand,
): Promise<{ supervisor: ChildProcess; notices: () => string }> {
  const supervisor = spawn(command, ['up'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`drydock up is not ready after ${readyMs} ms: ${said}`)), readyMs);
  supervisor.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  let out = '';
  supervisor.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
    if (/^Drydock is ready at .*\n/m.test(out)) resolve();
  });
  supervisor.once('exit', (code, signal) => reject(new Error(`drydock up ended with ${signal ?? code}: ${said}`)));
  supervisor.once('error', reject);
  try {
    await promise;
    return { supervisor, notices: () => said };
  } catch (error) {
    await stopSupervisor(supervisor);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Ctrl-C, and wait. Idempotent. */
export async function stopSupervisor(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  supervisor.once('exit', () => resolve());
  supervisor.kill('SIGINT');
  await promise;
}
