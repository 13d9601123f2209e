// Runs a system program to its end. Arguments are a vector; no shell reads them.

import { execFile } from 'node:child_process';
import { Failure } from './failure.ts';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** No probe or mount takes longer; a program that hangs is ended. */
const timeoutMs = 20_000;
/** Root's PATH lacks the sbin folders in some shells. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Never throws: a program that is not there has exit code 127. */
export function tryProgram(file: string, args: readonly string[], input = ''): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, env: { PATH: systemPath, LC_ALL: 'C' }, maxBuffer: 1024 * 1024 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') {
        const missing = error.code === 'ENOENT';
        resolve({ exitCode: missing ? 127 : 1, stdout, stderr: missing ? `${file} is not installed` : error.message });
        return;
      }
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    // A program that reads no input may be gone before it is written.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Its standard output. Throws Failure `what: the program's own complaint`. */
export async function runProgram(what: string, file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tryProgram(file, args);
  if (exitCode !== 0) throw new Failure(`${what}: ${stderr.trim() || `${file} ended with ${exitCode}`}`);
  return stdout;
}
