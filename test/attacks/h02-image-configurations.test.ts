// Configurations of images that a host brings in, by their hundreds and by their megabytes: freed with the last use, counted
// on the host, and never parsed where all hosts wait (H02).

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'vitest';
import { detailsKind, historyKind } from '../../runtime/images/configuration.ts';
import { contentKind } from '../../runtime/images/contents.ts';
import { ownImageKind } from '../../runtime/images/own-images.ts';
import { maxConfigurationBytesPerHost } from '../../runtime/limits.ts';
import { digestOf } from '../../runtime/store/blobs.ts';
import { collect, type TestHost, type TestImages, testHost, testImages, untilDone } from '../runtime/images/fixture.ts';
import { tarOf } from '../support/tar.ts';
import { addRows } from '../upgrade/rows.ts';

const MiB = 1024 * 1024;

/** A configuration of an image without layers; what nobody knows fills it up. */
function configuration(name: string, bytes: number, more: object = {}): string {
  const document = {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { name } },
    rootfs: { type: 'layers', diff_ids: [] },
    ...more,
  };
  return JSON.stringify({ ...document, padding: 'x'.repeat(Math.max(0, bytes - JSON.stringify(document).length)) });
}

/** Loads images that have these configurations and no layers, each named `app:` and its number. */
async function load(host: TestHost, configurations: readonly string[]) {
  const manifest = configurations.map((_, i) => ({ Config: `${i}.json`, RepoTags: [`app:${i}`], Layers: [] }));
  const archive = await tarOf([
    ...configurations.map((text, i) => [{ name: `${i}.json` }, text] as const),
    [{ name: 'manifest.json' }, JSON.stringify(manifest)],
  ]);
  return await collect(host.images.load(Readable.from([Buffer.from(archive)]), { quiet: true, signal: untilDone() }));
}

/** The file of the records, and what is not yet in it. */
function recordBytes(images: TestImages): number {
  const size = (name: string) => statSync(`${images.directory}/${name}`, { throwIfNoEntry: false })?.size ?? 0;
  return size('engine.db') + size('engine.db-wal');
}

const blobs = (images: TestImages): string[] => readdirSync(`${images.directory}/store/blobs/sha256`);

const kept = (images: TestImages): string[] =>
  [contentKind, detailsKind, historyKind].flatMap((kind) => images.records.ids(kind, ''));

test('h02: an image without layers goes with its last name, with its last host, and with the container that used it', async () => {
  await using images = await testImages();
  await images.store.workspace();
  images.store.sweepUnused();
  const [one, two] = [images.host('one'), images.host('two')];
  const texts = [configuration('a', 0), configuration('b', 0)];
  for (const host of [one, two]) await load(host, texts);
  assert.deepEqual(blobs(images).sort(), texts.map((text) => digestOf(text).slice(7)).sort());
  one.images.remove('app:0', { force: false, noPrune: false });
  assert.equal(kept(images).length, 6, 'the other host still has it');
  two.uses.push({ containerId: 'c'.repeat(64), imageId: digestOf(texts[0] ?? ''), running: false });
  two.images.remove('app:0', { force: true, noPrune: false });
  two.uses.length = 0;
  two.images.release(digestOf(texts[0] ?? ''));
  assert.equal(kept(images).length, 3);
  images.store.forgetHost('one');
  images.store.forgetHost('two');
  assert.deepEqual([kept(images), blobs(images)], [[], []]);
  assert.deepEqual(images.store.check(), []);
});

test('h02: configurations count on their host, which can bring in no more than its share', async () => {
  await using images = await testImages();
  const host = images.host('one');
  const large = (i: number) => configuration(`large ${i}`, 3 * MiB);
  await load(host, [large(1), large(2)]);
  await assert.rejects(load(host, [large(3)]), {
    kind: 'exhausted',
    message: /this host may still bring in: remove images first/,
  });
  assert.ok(
    blobs(images).reduce((sum, name) => sum + statSync(`${images.directory}/store/blobs/sha256/${name}`).size, 0) <=
      maxConfigurationBytesPerHost,
  );
  for (const name of ['app:0', 'app:1']) host.images.remove(name, { force: true, noPrune: false });
  await load(host, [large(3)]);
});

test('h02: what of a configuration is told again and again has a most, and what a real one has passes', async () => {
  await using images = await testImages();
  const host = images.host('one');
  const config = (change: object) => configuration('x', 0, { config: change });
  const history = (count: number, length: number) =>
    configuration('x', 0, { history: Array.from({ length: count }, () => ({ created_by: 'y'.repeat(length) })) });
  for (const [text, said] of [
    [config({ Labels: { big: 'x'.repeat(100_000) } }), /labels hold 100003 bytes together, the most is 65536/],
    [config({ Env: Array.from({ length: 3000 }, () => `A=${'x'.repeat(100)}`) }), /argument list too long/],
    [
      config({ ExposedPorts: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`${i + 1}/tcp`, {}])) }),
      /too many ports, the most is 1024/,
    ],
    [history(2000, 1), /too many steps, the most is 1000/],
    [history(500, 4000), /too many characters, the most is 1048576/],
  ] as const)
    await assert.rejects(load(host, [text]), { kind: 'invalid', message: said });
  assert.deepEqual(blobs(images), []);
  await load(host, [history(300, 2000)]);
  assert.equal(host.images.history('app:0').length, 300);
});

test('h02: a configuration of 4 MB is not parsed on the thread that all hosts share', async () => {
  await using images = await testImages();
  await images.store.workspace();
  const host = images.host('one');
  // To parse and check so many steps takes half a second.
  const text = configuration('many', 0, { history: Array.from({ length: 150_000 }, () => ({ created_by: 'x' })) });
  const archive = await tarOf([
    [{ name: '0.json' }, text],
    [{ name: 'manifest.json' }, JSON.stringify([{ Config: '0.json', RepoTags: ['many:1'], Layers: [] }])],
  ]);
  let longestMs = 0;
  let last = process.threadCpuUsage();
  // Between two rounds of the loop: how long this thread was busy at once.
  const watch = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    last = process.threadCpuUsage();
  }, 1);
  const loading = collect(
    host.images.load(Readable.from([Buffer.from(archive)]), { quiet: true, signal: untilDone() }),
  );
  await assert.rejects(loading, { kind: 'invalid', message: /the most is 1000/ });
  clearInterval(watch);
  // To read the archive takes up to 60 ms where the code is not compiled yet; to parse it takes 400 and more.
  assert.ok(longestMs < 150, `the engine's thread was busy for ${longestMs} ms at once`);
});

test('h02: what an engine before had leaked is gone after a start, unread, and what is used is taken over', async () => {
  await using images = await testImages();
  await images.store.workspace();
  const used = configuration('used', 0, { history: [{ created_by: 'COPY . .' }] });
  const usedId = digestOf(used);
  // As engines up to 2026-11-28 wrote them.
  const old = (text: string) => {
    const id = digestOf(text);
    const body = { imageId: id, configuration: text, diffIds: [] };
    return { kind: 'image', host: '', id, v: 0, body };
  };
  const leaked = Array.from({ length: 20 }, (_, i) => old(configuration(`leaked ${i}`, 3 * MiB)));
  const owned = {
    hostId: 'h1',
    imageId: usedId,
    references: ['docker.io/library/app:1'],
    lastTagTime: '2026-11-01T00:00:00Z',
    broughtBytes: 0,
  };
  let before = 0;
  const store = await images.reopen((file) => {
    addRows(file, [old(used), ...leaked, { kind: 'image', host: 'h1', id: usedId, v: 0, body: owned }]);
    before = recordBytes(images);
  });
  const host = testHost(store, 'h1');
  store.sweepUnused();
  assert.deepEqual(kept(images).filter((id) => id === usedId).length, 3);
  assert.equal(host.images.history('app:1').length, 1);
  assert.deepEqual((host.images.inspect('app:1') as { Config: { Labels: object } }).Config.Labels, { name: 'used' });
  assert.deepEqual(images.records.ids(ownImageKind, ''), []);
  assert.ok(recordBytes(images) < before / 4, 'the file is smaller');
  assert.deepEqual(store.check(), []);
});
