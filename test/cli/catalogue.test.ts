// `drydock catalogue …` lists, exports, imports and removes images without a Drydock that runs, and says what it cannot do without one.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, test } from 'vitest';
import { layerOf, writeImageLayout } from '../support/archive-of.ts';
import { runDrydock } from '../support/command.ts';
import { testRun } from '../support/instance.ts';

const folder = mkdtempSync(`/tmp/${testRun}-`);
afterAll(() => rmSync(folder, { recursive: true }));

const env = (name: string): NodeJS.ProcessEnv => {
  const at = `${folder}/${name}`;
  mkdirSync(at, { recursive: true });
  writeFileSync(`${at}/conf`, `DRYDOCK_DATA=${at}/data\nDRYDOCK_RUN=${at}/run\nDRYDOCK_CACHE=${at}/cache\n`);
  return { ...process.env, DRYDOCK_CONFIG: `${at}/conf` };
};

test('an image goes from one machine to another in an archive', async () => {
  writeImageLayout(`${folder}/layout`, [{ layers: [layerOf({ main: 'x' })], names: ['docker.io/library/shop:2'] }]);
  const [a, b] = [env('a'), env('b')];
  const imported = await runDrydock(a, 'catalogue', 'import', `${folder}/layout`);
  assert.deepEqual([imported.exitCode, imported.stdout], [0, 'shop:2\n'], imported.stderr);
  const listed = JSON.parse((await runDrydock(a, 'catalogue', 'ls', '--json')).stdout) as {
    names: string[];
    state: string;
  }[];
  assert.equal(listed.find(({ names }) => names.includes('shop:2'))?.state, 'ready');
  assert.match((await runDrydock(a, 'catalogue', 'ls')).stdout, /^shop:2 +2 +imported +ready /m);

  const archive = `${folder}/shop.tar`;
  const exported = await runDrydock(a, 'catalogue', 'export', archive, 'shop');
  assert.deepEqual([exported.exitCode, exported.stdout], [0, 'shop:2\n'], exported.stderr);
  const other = await runDrydock(b, 'catalogue', 'import', archive, '--as', 'store:3');
  assert.deepEqual([other.exitCode, other.stdout], [0, 'store:3\n'], other.stderr);
  const removed = await runDrydock(b, 'catalogue', 'rm', 'store');
  assert.deepEqual([removed.exitCode, removed.stdout], [0, 'store:3\n'], removed.stderr);
  assert.doesNotMatch((await runDrydock(b, 'catalogue', 'ls')).stdout, /store/);
});

test('what cannot be is said in a sentence, with an exit code', async () => {
  const place = env('c');
  writeFileSync(`${folder}/no.tar`, 'this is no archive of anything');
  const cases: [readonly string[], number, RegExp][] = [
    [['import', `${folder}/no.tar`], 1, /no\.tar: /],
    [['import', `${folder}/none.tar`], 1, /^drydock: There is no .*none\.tar\.$/m],
    [['export', `${folder}/x.tar`], 1, /None of these images is there yet: drydock catalogue build makes them\./],
    [['export', `${folder}/x.tar`, 'nothing'], 1, /The catalogue has no image nothing; it has adminer, /],
    [['rm', 'nothing'], 1, /The catalogue has no image nothing; it has /],
    [['build'], 1, /No engine answers at .*\. Start one with npm start, or drydock up\./],
    [['import'], 2, /missing required argument 'archive'/],
  ];
  for (const [args, exitCode, message] of cases) {
    const told = await runDrydock(place, 'catalogue', ...args);
    assert.match(told.stderr, message);
    assert.equal(told.exitCode, exitCode, args.join(' '));
    assert.equal(told.stdout, '');
  }
  assert.equal(existsSync(`${folder}/x.tar`), false);
  assert.match((await runDrydock(place, 'catalogue', '--help')).stdout, /export <file>.*import \[options\] <archive>/s);
});
