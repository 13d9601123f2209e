// Runs a program to its end and hands over each line of what it says, for a progress line.

import { spawn } from 'node:child_process';

/** What a child says when it fails: the end of it is enough. */
const maxKeptOutput = 64 * 1024;

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ code: number, output: string }>} `output` is the end of both streams.
 */
export function runShown(file, args, { cwd = '/', env = {}, onLine = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let partial = '';
    /** @param {Buffer} chunk */
    const take = (chunk) => {
      output = (output + chunk).slice(-maxKeptOutput);
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      lines.forEach(onLine);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
