// The test files by kind: what they start, and whether they promise a time.

import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
/**
 * `unit` starts no engine; `alone` neither, but changes its process or measures it; `timed` starts one, and a name in it
 * promises a time; `api` asks a Docker API, be it ours or a real dockerd's; `browser` is all else in test/e2e.
 */
export type Kind = 'unit' | 'alone' | 'engine' | 'api' | 'browser' | 'timed';

/** A test file that imports one of these starts an engine. */
const starters = [
  ...['test/support/engine.ts', 'test/support/drydock.ts'],
  ...['cli/lab/own-drydock.ts', 'cli/lab/student.ts'],
];

const eitherDocker = ['test/support/either-docker.ts'];

/** Whether a file imports one of these, by itself or through its helpers. */
async function imports(file: string, wanted: readonly string[], seen = new Set<string>()): Promise<boolean> {
  if (wanted.includes(file)) return true;
  if (seen.has(file) || !file.startsWith('test/')) return false;
  seen.add(file);
  for (const [, from] of (await readFile(file, 'utf8')).matchAll(/from '(\.[^']+\.ts)'/g)) {
    if (from && (await imports(path.join(path.dirname(file), from), wanted, seen))) return true;
  }
  return false;
}

/** Its working directory, its signals, what it keeps open, its memory, or what else shows in other files of one process. */
const changesProcess =
  /process\.(chdir|on|umask|env\.\w+ =)|\/proc\/self|memoryUsage|monitorEventLoopDelay|useFakeTimers/;
const promisesTime = /\b(test|describe)\([`'].*\b(within|under) (\d+|a) ?(ms|s|second)\b/;

async function kindOf(file: string): Promise<Kind> {
  const text = await readFile(file, 'utf8');
  if (!(await imports(file, starters))) return changesProcess.test(text) ? 'alone' : 'unit';
  if (promisesTime.test(text)) return 'timed';
  if (await imports(file, eitherDocker)) return 'api';
  return file.startsWith('test/e2e/') ? 'browser' : 'engine';
}

/** All test files, relative to the clone, which is the working directory. */
export async function testFiles(): Promise<Record<Kind, string[]>> {
  const files: Record<Kind, string[]> = { unit: [], alone: [], engine: [], api: [], browser: [], timed: [] };
  for await (const file of glob('test/**/*.test.ts')) files[await kindOf(file)].push(file);
  return files;
}
