// The machine's docker command, as a person would type it.

import { execFile } from 'node:child_process';

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `docker ARGS` against a socket, with a home directory that has no configuration of it. Never throws. */
export function dockerCommand(socket: string, ...args: readonly string[]): Promise<CommandOutcome> {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', DOCKER_HOST: `unix://${socket}` };
  return new Promise((resolve) => {
    const child = execFile('docker', args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}
