// `docker load`: archives as `docker save` and `skopeo` write them, and hostile ones (B02, B03, B04, B05, B08).

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { test } from 'vitest';
import { maxImagesPerHost } from '../../../runtime/limits.ts';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { type Entry, tarOf } from '../../support/tar.ts';
import { until } from '../../support/until.ts';
import { xzOf } from '../../support/xz.ts';
import { collect, pullAll, type TestHost, type TestImages, testImages, untilDone } from './fixture.ts';

const file = (name: string, content: string | Buffer<ArrayBuffer>): Entry => [{ name }, content];
const blobName = (content: string | Buffer): string => `blobs/sha256/${digestOf(content).slice(7)}`;

interface SavedImage {
  readonly configuration: string;
  readonly layer: Buffer<ArrayBuffer>;
  readonly imageId: string;
}

async function savedImage(text = 'content', config: object = { Cmd: ['/x'] }): Promise<SavedImage> {
  const layer = Buffer.from(await tarOf([[{ name: 'etc/name' }, text]]));
  const configuration = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    config,
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    history: [{ created: '2026-01-02T03:04:05Z', created_by: 'COPY . .' }],
  });
  return { configuration, layer, imageId: digestOf(configuration) };
}

/** As `docker save` of moby 20 to 24 writes it. */
function dockerArchive({ configuration, layer }: SavedImage, names: string[] | null = ['app:1']): Promise<Buffer> {
  return tarOf([
    file('abc/layer.tar', layer),
    file('config.json', configuration),
    file('manifest.json', JSON.stringify([{ Config: 'config.json', RepoTags: names, Layers: ['abc/layer.tar'] }])),
  ]);
}

/** An OCI image layout with a gzip layer, as skopeo and buildx write it. */
function ociArchive(image: SavedImage, change: { manifest?: object; index?: object } = {}): Promise<Buffer> {
  const layer = gzipSync(image.layer);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { digest: digestOf(image.configuration), size: image.configuration.length },
    layers: [{ digest: digestOf(layer), size: layer.length }],
    ...change.manifest,
  });
  const annotations = { 'io.containerd.image.name': 'docker.io/library/app:oci' };
  const index = {
    schemaVersion: 2,
    manifests: [{ digest: digestOf(manifest), size: 1, annotations }],
    ...change.index,
  };
  return tarOf([
    file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    file('index.json', JSON.stringify(index)),
    file(blobName(manifest), manifest),
    file(blobName(image.configuration), image.configuration),
    file(blobName(layer), layer),
  ]);
}

function load(host: TestHost, archive: Buffer, quiet = true) {
  return collect(host.images.load(Readable.from([Buffer.from(archive)]), { quiet, signal: untilDone() }));
}

/** Everything but `incoming/layers`, which is emptied in the background. */
function leftBehind(images: TestImages): string[] {
  const store = `${images.directory}/store`;
  return ['incoming/uploads', 'layers', 'blobs/sha256'].flatMap((name) => readdirSync(`${store}/${name}`));
}

test('an archive of docker save is loaded under its names', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const saved = await savedImage();
  const lines = await load(host, await dockerArchive(saved, ['app:1', 'me/app:2']));
  assert.deepEqual(lines, [{ stream: 'Loaded image: app:1\n' }, { stream: 'Loaded image: me/app:2\n' }]);
  const image = host.images.resolve('app:1');
  assert.equal(image.id, saved.imageId);
  assert.deepEqual(image.config, { Cmd: ['/x'] });
  assert.equal(host.images.resolve('me/app:2').id, saved.imageId);
  const path = `${images.store.layersDirectory}/${image.layers[0]}/etc/name`;
  assert.equal(readFileSync(path, 'utf8'), 'content');
  assert.deepEqual(host.events, [{ action: 'load', id: saved.imageId, name: saved.imageId }]);
  assert.deepEqual(await readdirSync(`${images.directory}/store/incoming/uploads`), []);
});

test('an archive without names gives the ID; progress is told unless quiet', async () => {
  await using images = await testImages();
  const saved = await savedImage();
  const lines = await load(images.host('a'), await dockerArchive(saved, null), false);
  assert.equal(lines[0]?.status, 'Loading layer');
  assert.equal(lines[0]?.id, digestOf(saved.layer).slice(7, 19));
  assert.deepEqual(lines.at(-1), { stream: `Loaded image ID: ${saved.imageId}\n` });
});

test('an OCI layout is loaded, also through an index in the index and for this machine’s architecture', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const saved = await savedImage();
  assert.deepEqual(await load(host, await ociArchive(saved)), [{ stream: 'Loaded image: app:oci\n' }]);
  assert.equal(host.images.resolve('app:oci').id, saved.imageId);
});

test('a compressed archive is loaded as well', async () => {
  await using images = await testImages();
  const saved = await savedImage();
  for (const compress of [gzipSync, zstdCompressSync, xzOf]) {
    const host = images.host(compress.name);
    await load(host, Buffer.from(compress(await dockerArchive(saved))));
    assert.equal(host.images.resolve('app:1').id, saved.imageId);
  }
});

test('a name that another image had is taken from it', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const [first, second] = [await savedImage('one'), await savedImage('two')];
  await load(host, await dockerArchive(first));
  const lines = await load(host, await dockerArchive(second));
  assert.deepEqual(lines[0], {
    stream: `The image app:1 already exists, renaming the old one with ID ${first.imageId} to empty string\n`,
  });
  assert.equal(host.images.resolve('app:1').id, second.imageId);
  assert.deepEqual((host.images.inspect(first.imageId) as { RepoTags: string[] }).RepoTags, []);
});

test('hostile and damaged archives are refused, and leave nothing behind', async () => {
  await using images = await testImages();
  await images.store.workspace();
  const host = images.host('a');
  const good = await savedImage();
  const manifest = (Config: string, Layers: string[], RepoTags = ['app:1']): Entry =>
    file('manifest.json', JSON.stringify([{ Config, RepoTags, Layers }]));
  const config = file('config.json', good.configuration);
  const layer = file('layer.tar', good.layer);
  const otherArchitecture = { manifests: [{ digest: digestOf('x'), platform: { os: 'linux', architecture: 'mips' } }] };
  const attacks: [what: string, archive: Buffer, error: RegExp][] = [
    ['a configuration outside', await tarOf([layer, manifest('../../etc/passwd', ['layer.tar'])]), /has no file/],
    ['a layer outside', await tarOf([config, manifest('config.json', ['../../../etc/shadow'])]), /has no file/],
    [
      'an absolute layer',
      await tarOf([config, manifest('config.json', ['/etc/shadow'])]),
      /has no file "\/etc\/shadow"/,
    ],
    ['an entry that climbs', await tarOf([file('../../evil', 'x')]), /archive entry "..\/..\/evil": .*leads out/],
    [
      'a layer that is a symbolic link',
      await tarOf([
        config,
        [{ name: 'layer.tar', type: 'symlink', linkname: '/etc/shadow' }],
        manifest('config.json', ['layer.tar']),
      ]),
      /archive entry "layer.tar": it is no file/,
    ],
    [
      'a layer that is a hard link',
      await tarOf([config, layer, [{ name: 'l2.tar', type: 'link', linkname: 'layer.tar' }]]),
      /it is no file/,
    ],
    ['an entry twice', await tarOf([config, config]), /holds it twice/],
    ['no images', await tarOf([file('repositories', '{}')]), /holds no images/],
    [
      'another layer than the configuration says',
      await tarOf([
        config,
        file('layer.tar', (await tarOf([file('x', 'y')])) as Buffer<ArrayBuffer>),
        manifest('config.json', ['layer.tar']),
      ]),
      /the layer's diff ID is/,
    ],
    [
      'a layer too few',
      await tarOf([config, manifest('config.json', [])]),
      /layers length mismatch: expected 0, got 1/,
    ],
    ['a manifest that is not JSON', await tarOf([file('manifest.json', '[{')]), /manifest\.json is not JSON/],
    ['a manifest of another shape', await tarOf([file('manifest.json', '{"a":1}')]), /manifest\.json/],
    [
      'a configuration that is none',
      await tarOf([layer, file('config.json', '[]'), manifest('config.json', ['layer.tar'])]),
      /image configuration/,
    ],
    ['a name that is none', await dockerArchive(good, ['NO GOOD']), /invalid reference format/],
    [
      '128 layers',
      await tarOf([config, layer, manifest('config.json', new Array<string>(128).fill('layer.tar'))]),
      /Layers/,
    ],
    [
      'a manifest that is an index too',
      await ociArchive(good, { index: { layers: [] } }),
      /both an index and a manifest/,
    ],
    [
      'a manifest that is an index too, below',
      await ociArchive(good, { manifest: { manifests: [] } }),
      /both an index and a manifest/,
    ],
    [
      'a digest that is a path',
      await ociArchive(good, { manifest: { config: { digest: 'sha256:../../x', size: 1 } } }),
      /not a sha256 digest/,
    ],
    [
      'a blob under a wrong digest',
      await tarOf([
        file('index.json', JSON.stringify({ manifests: [{ digest: digestOf('a') }] })),
        file(blobName('a'), 'b'),
      ]),
      /has the digest/,
    ],
    ['no archive', Buffer.from('x'.repeat(2000)), /Invalid tar header/],
    ['a broken xz archive', Buffer.from('\xfd7zXZ\0 and so on', 'latin1'), /the xz archive is broken or cut off/],
    ['a truncated archive', (await dockerArchive(good)).subarray(0, 1500), /^EngineError: unexpected EOF/],
  ];
  const before = leftBehind(images);
  for (const [what, archive, error] of attacks) {
    await assert.rejects(load(host, archive), error, what);
  }
  assert.deepEqual(leftBehind(images), before);
  assert.deepEqual(images.store.check(), []);
  assert.deepEqual(await load(host, await ociArchive(good, { index: otherArchitecture })), []);
});

test('an archive that names another host’s layer without having it gets nothing', async () => {
  await using images = await testImages();
  const [victim, thief] = [images.host('a'), images.host('b')];
  const secret = await savedImage('secret');
  await load(victim, await dockerArchive(secret));
  const archive = await tarOf([
    file('layer.tar', 'not the layer'),
    file('config.json', secret.configuration),
    file('manifest.json', JSON.stringify([{ Config: 'config.json', RepoTags: ['x:1'], Layers: ['layer.tar'] }])),
  ]);
  await assert.rejects(load(thief, archive), /has the diff ID/);
  assert.throws(() => thief.images.resolve(secret.imageId), { kind: 'notFound' });
  // Nor while the other one is bringing it, whoever is first.
  const fresh = await savedImage('fresh');
  const naming = await tarOf([
    file('layer.tar', Buffer.from(await tarOf([file('etc/name', 'fake')]))),
    file('config.json', fresh.configuration),
    file('manifest.json', JSON.stringify([{ Config: 'config.json', RepoTags: ['x:2'], Layers: ['layer.tar'] }])),
  ]);
  const whole = await dockerArchive(fresh);
  for (const victimFirst of [true, false]) {
    const loads = [() => load(victim, whole), () => load(thief, naming)];
    if (!victimFirst) loads.reverse();
    const outcomes = await Promise.allSettled(loads.map((each) => each()));
    if (!victimFirst) outcomes.reverse();
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.throws(() => thief.images.resolve(fresh.imageId), { kind: 'notFound' });
    victim.images.remove('app:1', { force: false, noPrune: false });
  }
});

test('a layer that only one host loaded goes with its last image', async () => {
  await using images = await testImages();
  const [first, second] = [images.host('a'), images.host('b')];
  const saved = await savedImage();
  const archive = await dockerArchive(saved);
  await load(first, archive);
  await load(second, archive);
  const [layer] = first.images.resolve('app:1').layers;
  const blob = `${images.directory}/store/blobs/sha256/${digestOf(saved.layer).slice(7)}`;
  const there = () => readdirSync(images.store.layersDirectory).includes(layer ?? '');
  first.images.remove('app:1', { force: false, noPrune: false });
  assert.ok(there());
  second.uses.push({ containerId: 'c'.repeat(64), imageId: saved.imageId, running: false });
  second.images.remove('app:1', { force: true, noPrune: false });
  assert.ok(there(), 'a stopped container still stands on it');
  assert.equal(second.images.resolve(saved.imageId).id, saved.imageId);
  second.uses.pop();
  images.store.forgetHost('b');
  // At once, unless the machine is so slow that it is left for the next turn.
  await until('the layer has gone', () => !there());
  assert.deepEqual(images.store.check(), []);
  assert.throws(() => readFileSync(blob), { code: 'ENOENT' });
});

test('an image may have one layer twice; overlayfs is given it once', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const [one, two] = [await savedImage('one'), await savedImage('two')];
  const diffIds = [one, two, one].map(({ layer }) => digestOf(layer));
  const configuration = JSON.stringify({
    ...JSON.parse(one.configuration),
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const Layers = ['1.tar', '2.tar', '1.tar'];
  const archive = await tarOf([
    file('1.tar', one.layer),
    file('2.tar', two.layer),
    file('c.json', configuration),
    file('manifest.json', JSON.stringify([{ Config: 'c.json', RepoTags: ['app:1'], Layers }])),
  ]);
  await load(host, archive);
  const contents = host.images
    .resolve('app:1')
    .layers.map((layer) => readFileSync(`${images.store.layersDirectory}/${layer}/etc/name`, 'utf8'));
  assert.deepEqual(contents, ['two', 'one']);
});

test('pulled and loaded images lie side by side', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  await load(host, await dockerArchive(await savedImage()));
  assert.equal(host.images.list(new Map(), { all: false, digests: false, sharedSize: false }).length, 2);
});

test('a host that has as many images as it may gets no more, and nothing of them stays', async () => {
  await using images = await testImages();
  await images.store.workspace();
  const host = images.host('a');
  const layer = await tarOf([[{ name: 'x' }, 'x']]);
  const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
  const perArchive = 20;
  assert.equal(maxImagesPerHost % perArchive, 0);
  for (let first = 0; first < maxImagesPerHost; first += perArchive) {
    const configs = Array.from({ length: perArchive }, (_, i) => `${first + i}.json`);
    const { configuration } = await savedImage('content');
    const config = (name: string) => ({ ...JSON.parse(configuration), config: { Env: [`N=${name}`] }, rootfs });
    const manifest = configs.map((Config) => ({ Config, RepoTags: null, Layers: ['l.tar'] }));
    const archive = await tarOf([
      file('l.tar', Buffer.from(layer)),
      ...configs.map((name) => file(name, JSON.stringify(config(name)))),
      file('manifest.json', JSON.stringify(manifest)),
    ]);
    await load(host, archive);
  }
  assert.equal(host.images.list(new Map(), { all: false, digests: false, sharedSize: false }).length, maxImagesPerHost);
  const before = leftBehind(images);
  const archive = await dockerArchive(await savedImage('one too many'));
  await assert.rejects(load(host, archive), { kind: 'exhausted' });
  assert.deepEqual(leftBehind(images), before);
  assert.deepEqual(images.store.check(), []);
});
