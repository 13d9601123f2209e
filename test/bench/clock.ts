// Timing a program or a promise, waiting, docker commands, and the CPU time of a process.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const ticksPerSecond = 100;

/** Milliseconds of CPU that a process has used. proc_pid_stat(5), fields 14 and 15. */
export function cpuMs(pid: number): number {
  const fields = fs
    .readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
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

/** An image of the catalogue goes from our engine's host to their dockerd. */
export async function copyImage(ours: string, theirs: string, image: string): Promise<void> {
  const save = spawn('docker', ['-H', `unix://${ours}`, 'save', image], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['-H', `unix://${theirs}`, 'load'], { stdio: ['pipe', 'ignore', 'inherit'] });
  save.stdout.pipe(load.stdin);
  const [code] = await once(load, 'exit');
  if (code !== 0) throw new Error(`docker load ended with ${code}`);
}
