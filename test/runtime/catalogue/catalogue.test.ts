// The catalogue makes each image once, whoever asks, and never gives out one that is damaged. What Dockerfiles become: workshop.test.ts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { test } from 'vitest';
import { Catalogue } from '../../../runtime/catalogue/catalogue.ts';
import { cleanCache } from '../../../runtime/catalogue/clean-cache.ts';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { layerOf } from '../../support/archive-of.ts';
import { until } from '../../support/until.ts';
import {
  idleWorkshop,
  noRegistries,
  temporaryDirectory,
  testImages,
  untilDone,
  writeArchiveRecipe,
  writeRecipes,
} from '../images/fixture.ts';

const log = pino({ level: 'silent' });

function open(directory: string, scratch = 'scratch'): Promise<Catalogue> {
  return Catalogue.open({
    cacheDirectory: `${directory}/cache`,
    recipesDirectories: [`${directory}/recipes`],
    scratchDirectory: `${directory}/${scratch}`,
    registries: noRegistries,
    log,
  });
}

const layouts = (directory: string) => readdirSync(`${directory}/cache`).filter((name) => !name.endsWith('.lock'));

test('an image is made into an OCI layout whose digests hold', async () => {
  await using temporary = await temporaryDirectory();
  writeRecipes(`${temporary.path}/recipes`);
  const catalogue = await open(temporary.path);
  catalogue.start('minimal', idleWorkshop, untilDone());
  const entry = await catalogue.ready('busybox');
  await catalogue.ready('workspace');
  assert.equal(catalogue.minimal, true);
  assert.equal(digestOf(entry.configuration), entry.imageId);
  const [layer] = entry.layers;
  assert.ok(layer);
  const blob = readFileSync(layer.blob);
  assert.equal(digestOf(blob), layer.digest);
  assert.equal(digestOf(execFileSync('gzip', ['-dc'], { input: blob, maxBuffer: 1e8 })), layer.diffId);
  const status = catalogue.status().find((image) => image.reference === 'busybox:latest');
  assert.equal(status?.state, 'ready');
  assert.equal(status?.sizeBytes, entry.sizeBytes);
  assert.deepEqual(readdirSync(`${temporary.path}/scratch`), []);
});

test('two engines with one cache make an image once', async () => {
  await using temporary = await temporaryDirectory();
  writeRecipes(`${temporary.path}/recipes`);
  const [first, second] = [await open(temporary.path, 'scratch-a'), await open(temporary.path, 'scratch-b')];
  const [a, b] = await Promise.all([first.ready('hello'), second.ready('hello')]);
  assert.equal(a.imageId, b.imageId);
  assert.equal(layouts(temporary.path).length, 1);
  const { mtimeMs } = statSync(a.layers[0]?.blob ?? '');
  const third = await open(temporary.path, 'scratch-c');
  assert.equal(third.entry('hello')?.imageId, a.imageId);
  assert.equal(statSync(a.layers[0]?.blob ?? '').mtimeMs, mtimeMs);
});

test('an image that is damaged in the cache is made anew', async () => {
  await using temporary = await temporaryDirectory();
  writeRecipes(`${temporary.path}/recipes`);
  const entry = await (await open(temporary.path)).ready('hello');
  truncateSync(entry.layers[0]?.blob ?? '', 10);
  const catalogue = await open(temporary.path);
  assert.equal(catalogue.entry('hello'), null);
  const again = await catalogue.ready('hello');
  assert.equal(statSync(again.layers[0]?.blob ?? '').size, again.layers[0]?.size);
});

test('until the image of a recipe that has changed is there, hosts have that of the recipe before', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  writeRecipes(recipes);
  const before = await (await open(temporary.path)).ready('hello');
  writeArchiveRecipe(recipes, 'hello', { layers: [layerOf({ hello: 'other\n' })] });
  const catalogue = await open(temporary.path);
  assert.equal((await catalogue.ready('hello')).imageId, before.imageId);
  assert.equal(catalogue.status().find(({ reference }) => reference === 'hello:latest')?.state, 'waiting');
  await catalogue.whenBuilt('hello');
  catalogue.build(['hello'], false);
  const isReady = (): boolean =>
    catalogue.status().some(({ reference, state }) => reference === 'hello:latest' && state === 'ready');
  await until('the new one is made', isReady);
  assert.notEqual((await catalogue.ready('hello')).imageId, before.imageId);
});

test('images of recipes that have changed leave the cache once nobody has used them for two weeks', async () => {
  await using temporary = await temporaryDirectory();
  const cache = `${temporary.path}/cache`;
  const [old, recent, ours, others] = [
    'hello-0123456789abcdef',
    'hello-1123456789abcdef',
    'hello-2123456789abcdef',
    'more',
  ];
  for (const name of [old, recent, ours, others]) mkdirSync(`${cache}/${name}`, { recursive: true });
  const longAgo = new Date(Date.now() - 15 * 24 * 3600 * 1000);
  for (const name of [old, ours, others]) utimesSync(`${cache}/${name}`, longAgo, longAgo);
  cleanCache(cache, new Set(['hello']), new Set([`${cache}/${ours}`]));
  assert.deepEqual(readdirSync(cache).sort(), [recent, ours, others].sort());
});

test('images share the layers that they have in common', async () => {
  await using images = await testImages();
  const { catalogue } = images;
  const [page, busybox] = [await catalogue.ready('page'), await catalogue.ready('busybox')];
  assert.equal(page.layers.length, 2);
  assert.equal(page.layers[0]?.digest, busybox.layers[0]?.digest);
});

test('an image that cannot be made says why, and is tried again when it is asked for again', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  writeRecipes(recipes);
  writeFileSync(`${recipes}/page/image/index.json`, '{"manifests":7}');
  const catalogue = await open(temporary.path);
  await assert.rejects(catalogue.ready('page'), /image page: .*recipes\/page\/image: index\.json: .*manifests/s);
  assert.match(catalogue.status().find((one) => one.reference === 'page:latest')?.step ?? '', /manifests/);
  await assert.rejects(catalogue.ready('page'), /manifests/);
  assert.deepEqual(readdirSync(`${temporary.path}/scratch`), []);
  assert.deepEqual(
    layouts(temporary.path).filter((name) => name.startsWith('page')),
    [],
  );
});

test('names are found that are offered, and no others', async () => {
  await using images = await testImages();
  const { catalogue } = images;
  assert.deepEqual(catalogue.find('hello', { tag: 'latest' }), { name: 'hello' });
  assert.equal(catalogue.find('hello', { tag: '2' }), 'no tag');
  assert.equal(catalogue.find('workspace', { tag: 'latest' }), 'no repository');
  assert.equal(catalogue.find('nothing', { tag: 'latest' }), 'no repository');
});

test('a folder with a mistake is an image that has failed, and says the line; the others are there', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  writeRecipes(recipes);
  mkdirSync(`${recipes}/wrong`);
  writeFileSync(`${recipes}/wrong/Dockerfile`, 'FROM busybox\nRUNN true\n');
  const catalogue = await open(temporary.path);
  const wrong = catalogue.status().find(({ reference }) => reference === 'wrong:latest');
  assert.equal(wrong?.state, 'failed');
  assert.match(wrong?.step ?? '', /wrong\/Dockerfile:2: .*unknown instruction: RUNN/);
  await assert.rejects(catalogue.ready('wrong'), /RUNN/);
  assert.equal(catalogue.find('wrong', { tag: 'latest' }), 'no repository');
  await catalogue.ready('hello');
  // It is mended while the engine runs.
  writeArchiveRecipe(recipes, 'wrong', { layers: [layerOf({ a: 'a' })] });
  await catalogue.reload();
  await catalogue.ready('wrong');
});
