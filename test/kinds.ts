// The test files by kind: what they start, and whether they promise a time.

import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
/**
 * `timed` starts an engine, and a name in it promises a time; `alone` changes its own process or measures it; `unit` starts no
 * engine; `api` asks a Docker API, be it ours or a real dockerd's; `browser` is all else in test/e2e.
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

/** Its working directory, signals, environment or descriptors, or what it measures, shows in other files of one process. */
const changesProcess =
  /process\.(chdir|on|umask|env\.\w+ =)|from 'koffi'|memoryUsage|monitorEventLoopDelay|useFakeTimers|readdirSync\('\/proc\/self/;
const promisesTime = /\b(test|describe)\([`'].*\b(within|under) (\d+|a) ?(ms|s|second)\b/;

async function kindOf(file: string): Promise<Kind> {
  const text = await readFile(file, 'utf8');
  const startsEngine = await imports(file, starters);
  if (startsEngine && promisesTime.test(text)) return 'timed';
  if (changesProcess.test(text)) return 'alone';
  if (!startsEngine) return 'unit';
  if (await imports(file, eitherDocker)) return 'api';
  return file.startsWith('test/e2e/') ? 'browser' : 'engine';
}

/** All test files, relative to the clone, which is the working directory. */
export async function testFiles(): Promise<Record<Kind, string[]>> {
  const files: Record<Kind, string[]> = { unit: [], alone: [], engine: [], api: [], browser: [], timed: [] };
  for await (const file of glob('test/**/*.test.ts')) files[await kindOf(file)].push(file);
  return files;
}
