// The test files by kind: what they start, and whether they promise a time.

import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * `timed`: starts an engine, and a test's name promises a time. `own-process`: changes the process that it runs in, or measures it.
 * `unit`: starts no engine. `registry`: asks a registry, ours or docker-registry. `api`: asks a Docker API, ours or a real dockerd's. `browser`: any other file of test/e2e. `engine`:
 * the rest.
 */
export type Kind = 'unit' | 'registry' | 'own-process' | 'engine' | 'api' | 'browser' | 'timed';

/** One more than the two cores of a small machine: a file often waits for an event or a process. */
export const filesAtATime = 3;

/** A test file that imports one of these starts an engine. */
const starters = [
  ...['test/support/engine.ts', 'test/support/drydock.ts'],
  ...['cli/lab/own-drydock.ts', 'cli/lab/student.ts'],
];

const eitherDocker = ['test/support/either-docker.ts'];
const eitherRegistry = ['test/support/either-registry.ts'];

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

/** A file that changes its working directory, signals, environment or descriptors would disturb the other files of its process. */
const changesProcess =
  /process\.(chdir|on|umask|env\.\w+ =)|from 'koffi'|memoryUsage|monitorEventLoopDelay|useFakeTimers|readdirSync\('\/proc\/self/;
const promisesTime = /\b(test|describe)\([`'].*\b(within|under) (\d+|a) ?(ms|s|second)\b/;

async function kindOf(file: string): Promise<Kind> {
  const text = await readFile(file, 'utf8');
  const startsEngine = await imports(file, starters);
  if (startsEngine && promisesTime.test(text)) return 'timed';
  if (changesProcess.test(text)) return 'own-process';
  if (!startsEngine) return (await imports(file, eitherRegistry)) ? 'registry' : 'unit';
  if (await imports(file, eitherDocker)) return 'api';
  return file.startsWith('test/e2e/') ? 'browser' : 'engine';
}

/** All test files, relative to the clone, which is the working directory. */
export async function testFiles(): Promise<Record<Kind, string[]>> {
  const files: Record<Kind, string[]> = {
    unit: [],
    registry: [],
    'own-process': [],
    engine: [],
    api: [],
    browser: [],
    timed: [],
  };
  for await (const file of glob('test/**/*.test.ts')) files[await kindOf(file)].push(file);
  return files;
}
