// All that `npm test` runs, in order: types, lint, the site, tests without an engine, tests with one; then nothing may be
// left on the machine. Arguments name test files to run alone.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { glob, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { ownDockerFolder } from '../bin/programs.mjs';
import { buildSite } from '../cli/supervisor/site.ts';
import { leftovers } from './leftovers.ts';
import { changesOf, machineDevices } from './support/machine-files.ts';

const clone = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(clone);
/** No file takes longer, not even the one that tries all lessons; one that hangs is ended, so that the rest is still run. */
const fileTimeoutMs = 12 * 60_000;

const maxKeptOutput = 256 * 1024;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** False, after its output, where the program fails; what it says when it succeeds is not shown. */
async function step(title: string, file: string, args: readonly string[]): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-maxKeptOutput);
    });
  }
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('error', () => resolve(false));
  child.once('close', (code) => resolve(code === 0));
  const passed = await promise;
  if (!passed) process.stdout.write(said);
  console.log(`${passed ? '✔' : '✖'} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return passed;
}

/** Built as `drydock up` does, so that it is current for each Drydock of the tests. */
async function site(): Promise<boolean> {
  const startedAt = performance.now();
  const silent = { update: () => undefined, done: () => undefined, failed: () => undefined };
  const failure = await buildSite(() => silent, new AbortController().signal).then(
    (notices) => (notices.length === 0 ? null : notices.join('\n')),
    (error: unknown) => String(error instanceof Error ? error.message : error),
  );
  if (failure !== null) console.log(failure);
  console.log(`${failure === null ? '✔' : '✖'} site (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return failure === null;
}

async function testFiles(): Promise<string[]> {
  const named = process.argv.slice(2);
  if (named.length > 0) return named.map((file) => path.resolve(file));
  const files: string[] = [];
  for await (const file of glob('test/**/*.test.ts')) files.push(path.resolve(file));
  return files.sort();
}

/** Whether a test file imports one of these, by itself or through its helpers. */
const starters = [
  ...['test/support/engine.ts', 'test/support/drydock.ts'],
  ...['cli/lab/own-drydock.ts', 'cli/lab/student.ts'],
].map((file) => path.resolve(file));

async function needsEngine(file: string, seen = new Set<string>()): Promise<boolean> {
  if (starters.includes(file)) return true;
  if (seen.has(file) || !file.startsWith(path.resolve('test'))) return false;
  seen.add(file);
  for (const [, from] of (await readFile(file, 'utf8')).matchAll(/from '(\.[^']+\.ts)'/g)) {
    if (from && (await needsEngine(path.resolve(path.dirname(file), from), seen))) return true;
  }
  return false;
}

/** Milliseconds that each file took. */
const took = new Map<string, number>();

function slowest(): string {
  const files = [...took].sort(([, a], [, b]) => b - a).slice(0, 8);
  return files.map(([file, ms]) => `${file} ${(ms / 1000).toFixed(0)} s`).join(', ');
}

async function runTests(files: string[], concurrency: number): Promise<Counts> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const stream = run({ files, concurrency, timeout: fileTimeoutMs });
  let counts: Counts = { passed: 0, failed: 1, skipped: 0 };
  stream.on('test:summary', ({ file, counts: all, duration_ms: ms }) => {
    if (file !== undefined) {
      took.set(path.relative(clone, file), ms);
      return;
    }
    // The last summary is of all files.
    counts = { passed: all.passed, failed: all.tests - all.passed - all.skipped - all.todo, skipped: all.skipped };
  });
  for await (const text of stream.compose(spec)) process.stdout.write(String(text));
  return counts;
}

const startedAt = performance.now();
// A current docker command, where the machine's own is older: see bin/docker-client.mjs.
process.env.PATH = `${ownDockerFolder}:${process.env.PATH}`;
// What all these processes share is compiled once.
process.env.NODE_COMPILE_CACHE = path.join(clone, 'node_modules/.cache/drydock');
process.env.TEST_RUN = `t-${randomBytes(2).toString('hex')}`;
await mkdir('test/output', { recursive: true });

const alone = process.argv.length > 2;
// SECURITY.md G5: no test changes a device node of the machine.
const devices = machineDevices();
const bin = (name: string) => path.join('node_modules/.bin', name);
let steps = true;
if (!alone) {
  steps = (await step('types', bin('tsc'), ['--noEmit'])) && steps;
  steps = (await step('types of the site', 'npm', ['run', '--silent', '--workspace', 'site', 'check'])) && steps;
  steps = (await step('lint', bin('biome'), ['check', '--reporter=summary', '--error-on-warnings', '.'])) && steps;
  steps = (await site()) && steps;
  steps = (await step('images', process.execPath, ['test/support/build-images.ts'])) && steps;
  const template = `/tmp/${process.env.TEST_RUN}-template`;
  const hasTemplate = await step('store', process.execPath, ['test/support/make-store-template.ts', template]);
  steps = hasTemplate && steps;
  if (hasTemplate) process.env.TEST_STORE_TEMPLATE = template;
}

const files = await testFiles();
const withEngine = new Set<string>();
for (const file of files) if (await needsEngine(file)) withEngine.add(file);
const without = files.filter((file) => !withEngine.has(file));
/** Files with a test whose name promises a time are run alone: the machine has two cores. */
const timed = new Set<string>();
for (const file of withEngine) {
  if (/\b(test|describe)\([`'].*\b(within|under) (\d+|a) ?(ms|s|second)\b/.test(await readFile(file, 'utf8')))
    timed.add(file);
}
const counts: readonly Counts[] = [
  await runTests(without, 2),
  await runTests(
    [...withEngine].filter((file) => !timed.has(file)),
    2,
  ),
  await runTests([...timed], 1),
];
const sum = (of: keyof Counts): number => counts.reduce((all, each) => all + each[of], 0);

if (process.env.TEST_STORE_TEMPLATE) await rm(process.env.TEST_STORE_TEMPLATE, { recursive: true, force: true });
const left = [...(await leftovers(process.env.TEST_RUN)), ...changesOf(devices, machineDevices())];
console.log(
  left.length === 0 ? '✔ nothing is left behind' : `✖ left behind:\n${left.map((line) => `    ${line}`).join('\n')}`,
);
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
if (!alone) console.log(`ℹ slowest: ${slowest()}`);
console.log(`${steps ? '✔' : '✖'} types, lint and site; all in ${minutes} min`);
const failed = sum('failed') + (left.length === 0 ? 0 : 1) + (steps ? 0 : 1);
console.log(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`);
process.exitCode = failed === 0 && sum('passed') > 0 ? 0 : 1;
