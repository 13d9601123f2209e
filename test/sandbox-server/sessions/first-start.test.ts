// A lab whose machine is made from an image that is not built yet, as on the first start on a machine: it waits for that.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, test } from 'vitest';
import { startEngine } from '../../support/engine.ts';
import { testRun } from '../../support/instance.ts';
import { startTestServer } from '../server.ts';
import { enterReady } from './student.ts';

const clone = path.dirname(path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url)))));
const folder = await mkdtemp(`/tmp/${testRun}-first-start-`);
afterAll(() => rm(folder, { recursive: true }));
/** Of this run alone: the cache of the machine has them not yet. */
const [slow, broken] = ['slow', 'broken'].map((name) => `workspace-${name}-${randomBytes(4).toString('hex')}`);
const recipes = path.join(folder, 'images');
for (const [name, dockerfile] of [
  [slow, 'FROM workspace\nRUN echo made from the recipe > /made\n'],
  [broken, 'FROM workspace\nRUN exit 7\n'],
]) {
  const image = path.join(recipes, name ?? '');
  await mkdir(image, { recursive: true });
  await writeFile(path.join(image, 'Dockerfile'), dockerfile ?? '');
  await writeFile(path.join(image, 'image.yaml'), 'summary: A workspace of a test.\noffered: false\n');
}
const lessons = path.join(folder, 'lessons');
for (const [lesson, workspace] of [
  ['01-slow', slow],
  ['02-broken', broken],
]) {
  await mkdir(path.join(lessons, '01-test', lesson ?? ''), { recursive: true });
  await writeFile(
    path.join(lessons, '01-test', lesson ?? '', 'lab.yaml'),
    `hosts: [{ name: own, workspace: ${workspace} }]\ntasks:\n  - { id: any, expected: A container is there., check: { containers: { atLeast: 1 } }, solution: { run: ["docker create busybox"] } }\n`,
  );
}
const engine = await startEngine({ recipes: [path.join(clone, 'lessons/images'), recipes] });
afterAll(async () => {
  for (const made of globSync(`${engine.instance.cache}/{${slow},${broken}}-*`)) await rm(made, { recursive: true });
  await engine[Symbol.asyncDispose]();
});

test('the image is built at once, and then the lab is there', async () => {
  await using server = await startTestServer({ engineSocket: engine.socket, lessonsDirectory: lessons });
  const page = await enterReady(server, await server.open('01-test/01-slow'));
  page.type('t1', 'cat /made\r');
  await page.shows('t1', 'made from the recipe');
});

test('where the image cannot be built the page says so', async () => {
  await using server = await startTestServer({ engineSocket: engine.socket, lessonsDirectory: lessons });
  const page = await server.enter(await server.open('01-test/02-broken'));
  const failed = await page.hears('session', ({ phase }) => phase === 'failed');
  assert.match(JSON.stringify(failed), new RegExp(`The image ${broken}, .* could not be built`));
});
