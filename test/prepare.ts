// What a whole run of the tests needs, each with a line of how it went: types and lint, the site as `drydock up` builds it, the
// images, and a store that holds them.

import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { buildSite } from '../cli/supervisor/site.ts';

const maxKeptOutput = 256 * 1024;

/** Rejects with the program's output where it fails; what it says when it succeeds is not shown. */
async function program(file: string, ...args: string[]): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-maxKeptOutput);
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  if ((await promise) !== 0) throw new Error(said);
}

/** False where it failed, after saying why. */
async function step(title: string, done: Promise<unknown>): Promise<boolean> {
  const startedAt = performance.now();
  const failure = await done.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (failure !== null) console.log(failure);
  console.log(`${failure === null ? '✔' : '✖'} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return failure === null;
}

/** Built as `drydock up` does, so that it is current for each Drydock of the tests. */
async function site(): Promise<void> {
  const silent = { update: () => undefined, done: () => undefined, failed: () => undefined };
  const notices = await buildSite(() => silent, new AbortController().signal);
  if (notices.length > 0) throw new Error(notices.join('\n'));
}

/** One after the other; false where one of them failed. */
async function inTurn(...steps: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  let passed = true;
  for (const each of steps) passed = (await each()) && passed;
  return passed;
}

/** Makes `template`, and names it to the tests. False where something failed: what can be run is run nevertheless. */
export async function prepare(template: string): Promise<boolean> {
  const bin = (name: string) => path.join('node_modules/.bin', name);
  const node = process.execPath;
  const [read, built, kept] = await Promise.all([
    inTurn(
      () => step('types', program(bin('tsc'), '--noEmit')),
      () => step('types of the site', program('npm', 'run', '--silent', '--workspace', 'site', 'check')),
      () => step('lint', program(bin('biome'), 'check', '--reporter=summary', '--error-on-warnings', '.')),
    ),
    step('site', site()),
    step('images and store', program(node, 'test/support/make-store-template.ts', template)),
  ]);
  if (kept) process.env.TEST_STORE_TEMPLATE = template;
  return read && built && kept;
}
