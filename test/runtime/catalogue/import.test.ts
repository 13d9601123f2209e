// Archives of images of any origin become images of the catalogue, without an engine; what is wrong with one is said, and nothing is lost.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { type CatalogueFiles, openCatalogueFiles } from '../../../runtime/catalogue-files.ts';
import { goArchitecture } from '../../../runtime/images/architecture.ts';
import { layerOf, type TestImage, writeImageLayout } from '../../support/archive-of.ts';
import { temporaryDirectory, untilDone, writeRecipes } from '../images/fixture.ts';

const options = { name: null, signal: untilDone(), onStep: () => undefined };
const other = goArchitecture === 'amd64' ? 'arm64' : 'amd64';
const app: TestImage = {
  layers: [layerOf({ 'app/main': 'one\n' })],
  names: ['docker.io/team/app:1'],
  config: { Cmd: ['a'] },
};

function open(directory: string): Promise<CatalogueFiles> {
  return openCatalogueFiles({ cacheDirectory: `${directory}/cache`, recipesDirectories: [`${directory}/recipes`] });
}

const named = async (directory: string) =>
  (await open(directory))
    .images()
    .flatMap(({ names, state, source }) => names.map((name) => `${name} ${state} ${source}`));

async function exported(catalogue: CatalogueFiles, names: readonly string[], file: string): Promise<void> {
  await catalogue.exported(names).write(createWriteStream(file), () => undefined, untilDone());
}

test('an OCI layout of many architectures is taken for this one, with any compression, as a directory or packed', async () => {
  await using temporary = await temporaryDirectory();
  const at = temporary.path;
  const layers = (['none', 'gzip', 'zstd'] as const).map((compression) => ({
    ...layerOf({ [compression]: 'x' }),
    compression,
  }));
  const images = [
    { ...app, layers: [layerOf({ foreign: 'y' })], architecture: other },
    { ...app, layers },
  ];
  for (const isDocker of [false, true]) {
    const layout = `${at}/layout-${isDocker}`;
    writeImageLayout(layout, images, { isDocker });
    execFileSync('tar', ['-C', layout, '-czf', `${at}/packed.tar.gz`, '.']);
    for (const archive of [layout, `${at}/packed.tar.gz`]) {
      const [imported, more] = await (await open(at)).import(archive, options);
      assert.equal(more, undefined);
      assert.deepEqual([imported?.names, imported?.isOfRecipe], [['team/app:1'], false]);
      assert.deepEqual(await named(at), ['team/app:1 ready import']);
    }
  }
  assert.deepEqual(
    readdirSync(`${at}/cache`).filter((name) => name.startsWith('.import')),
    [],
  );
});

test('what is exported is imported elsewhere: in the place of what the same recipe would make, or by its names', async () => {
  await using temporary = await temporaryDirectory();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `${temporary.path}/${name}`) as [string, string, string];
  for (const place of [a, b]) writeRecipes(`${place}/recipes`);
  mkdirSync(`${c}/recipes`, { recursive: true });
  // Each recipe of `a` is made by taking its archive.
  for (const name of ['hello', 'page'])
    await (await open(a)).import(`${a}/recipes/${name}/image`, { ...options, name: `${name}:latest` });
  const archive = `${temporary.path}/all.tar`;
  await exported(await open(a), [], archive);
  assert.equal(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).includes('manifest.json'), true);
  const found = await (await open(c)).import(archive, options);
  assert.deepEqual(found.flatMap(({ names }) => names).sort(), ['hello:latest', 'page:latest']);
  assert.deepEqual((await named(c)).sort(), ['hello:latest ready import', 'page:latest ready import']);
  // An imported image stands in for the recipe of its name until it is removed.
  await (await open(b)).import(archive, options);
  assert.ok((await named(b)).includes('hello:latest ready import'));
  assert.deepEqual(await (await open(b)).remove('hello', untilDone()), ['hello:latest']);
  assert.ok((await named(b)).includes('hello:latest waiting archive'));
  await assert.rejects((await open(b)).remove('hello', untilDone()), /hello is not there yet/);
  await assert.rejects(
    (await open(b)).remove('nothing', untilDone()),
    /the catalogue has no image nothing; it has busybox/,
  );
});

test('a tag that is imported again is the new image’s', async () => {
  await using temporary = await temporaryDirectory();
  const at = temporary.path;
  mkdirSync(`${at}/recipes`);
  writeImageLayout(`${at}/one`, [{ ...app, names: ['team/app:1', 'team/app:2'] }]);
  writeImageLayout(`${at}/two`, [{ ...app, layers: [layerOf({ 'app/main': 'two\n' })], names: ['team/app:2'] }]);
  await (await open(at)).import(`${at}/one`, options);
  await (await open(at)).import(`${at}/two`, options);
  assert.deepEqual((await named(at)).sort(), ['team/app:1 ready import', 'team/app:2 ready import']);
  assert.deepEqual(await (await open(at)).remove('team/app:1', untilDone()), ['team/app:1']);
  assert.deepEqual(await named(at), ['team/app:2 ready import']);
});

test('a bad archive is refused with what is wrong with it, and what was there stays', async () => {
  await using temporary = await temporaryDirectory();
  const at = temporary.path;
  mkdirSync(`${at}/recipes`);
  writeImageLayout(`${at}/good`, [app]);
  await (await open(at)).import(`${at}/good`, options);
  const bad: [(layout: string) => void, RegExp][] = [
    [(layout) => writeFileSync(`${layout}/index.json`, '{'), /index\.json is not JSON/],
    [(layout) => execFileSync('rm', [`${layout}/index.json`]), /it has neither manifest\.json nor index\.json/],
    [
      (layout) => writeImageLayout(layout, [{ ...app, architecture: other }]),
      /no image for this machine, linux\/\w+; it has linux\/|no image for this machine/,
    ],
    [(layout) => damage(layout), /layer 1 of 1 is damaged|incorrect|unexpected end/],
    [
      (layout) => execFileSync('ln', ['-s', '/etc/passwd', `${layout}/link`]),
      /it is no file; an archive of images holds files only/,
    ],
    [(layout) => writeImageLayout(layout, [{ ...app, names: [] }]), /has no name: give it one with --as NAME:TAG/],
  ];
  for (const [number, [spoil, wanted]] of bad.entries()) {
    const layout = `${at}/bad-${number}`;
    writeImageLayout(layout, [app]);
    spoil(layout);
    await assert.rejects((await open(at)).import(layout, options), wanted);
    assert.deepEqual(await named(at), ['team/app:1 ready import']);
  }
  writeFileSync(`${at}/no.tar`, 'this is no archive');
  await assert.rejects((await open(at)).import(`${at}/no.tar`, options), /no\.tar: /);
  await assert.rejects((await open(at)).import(`${at}/missing.tar`, options), /there is no .*missing\.tar/);
  await assert.rejects((await open(at)).import(`${at}/good`, { ...options, name: 'App' }), /must be lowercase/);
  assert.deepEqual(
    readdirSync(`${at}/cache`).filter((name) => name.startsWith('.import')),
    [],
  );
});

/** Cuts the largest blob, which is the layer. */
function damage(layout: string): void {
  const folder = `${layout}/blobs/sha256`;
  const sizes = readdirSync(folder).map((name) => ({ name, size: readFileSync(`${folder}/${name}`).length }));
  const layer = readFileSync(`${layout}/index.json`, 'utf8');
  const gzip = sizes.find(({ name }) => readFileSync(`${folder}/${name}`)[0] === 0x1f && !layer.includes(name));
  truncateSync(`${folder}/${gzip?.name}`, (gzip?.size ?? 0) - 20);
}
