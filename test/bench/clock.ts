// Timing a program or a promise.

import { execFile } from 'node:child_process';

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/** Runs a docker command with an empty configuration; throws, with what it said, where it fails. */
export function docker(socket: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', DOCKER_CLI_HINTS: 'false' };
  return new Promise((resolve, reject) => {
    const child = execFile('docker', ['-H', `unix://${socket}`, ...args], { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`docker ${args.join(' ')}: ${stderr}`));
      else resolve(stdout.trim());
    });
    child.stdin?.end();
  });
}
