// Runs the command `drydock` as an operator does.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const drydockCommand = path.join(clone, 'bin/drydock');

/** A command that hangs fails its test; `down` may stop many hosts. */
const timeoutMs = 60_000;

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never throws: a command that fails has its exit code. */
export function runDrydock(env: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandOutcome> {
  return runDrydockWith(env, '', ...args);
}

/** The same for one that reads `stdin`. */
export function runDrydockWith(env: NodeJS.ProcessEnv, stdin: string, ...args: string[]): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = execFile(drydockCommand, args, { env, timeout: timeoutMs }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}
