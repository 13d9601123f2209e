// `docker pull`: what a host is told, what it has then, and what others learn of it (nothing).

import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { test } from 'vitest';
import { layerName } from '../../../runtime/store/layers.ts';
import { collect, pullAll, testHost, testImages, untilDone } from './fixture.ts';

test('pull tells of each layer, then gives the digest and the status', async () => {
  await using images = await testImages();
  const entry = await images.catalogue.ready('hello');
  const host = images.host('a');
  const lines = await pullAll(host, 'hello');
  const id = entry.layers[0]?.digest.slice(7, 19);
  assert.deepEqual(
    lines.map(({ status, id }) => [status, id]),
    [
      ['Pulling from library/hello', 'latest'],
      ['Pulling fs layer', id],
      ['Downloading', id],
      ['Verifying Checksum', id],
      ['Download complete', id],
      ['Extracting', id],
      ['Pull complete', id],
      [`Digest: ${entry.manifestDigest}`, undefined],
      ['Status: Downloaded newer image for hello:latest', undefined],
    ],
  );
  const size = entry.layers[0]?.size ?? 0;
  assert.deepEqual(lines[2], {
    status: 'Downloading',
    progressDetail: { current: size, total: size },
    progress: `[${'='.repeat(50)}>] ${`${size}B`.padStart(8)}/${size}B`,
    id,
  });
  assert.deepEqual(host.events, [{ action: 'pull', id: 'hello:latest', name: 'hello' }]);
  const image = host.images.resolve('hello');
  assert.equal(image.id, entry.imageId);
  assert.deepEqual(
    image.layers,
    entry.layers.map((layer) => layerName(layer.diffId)),
  );
  for (const layer of image.layers) assert.ok(existsSync(`${images.store.layersDirectory}/${layer}`));
});

test('a second pull finds the image up to date', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  const lines = await pullAll(host, 'docker.io/library/hello', 'latest');
  assert.deepEqual(
    lines.map(({ status }) => status?.replace(/:.*/s, '')),
    ['Pulling from library/hello', 'Digest', 'Status'],
  );
  assert.equal(lines.at(-1)?.status, 'Status: Image is up to date for hello:latest');
});

test('a pull without a tag gives every tag, and one status', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const lines = await collect(await host.images.pull('hello', null, { signal: untilDone() }));
  const statuses = lines.map(({ status, id }) => `${id ?? ''} ${status?.replace(/sha256.*/, '')}`);
  assert.deepEqual(
    statuses.filter((status) => /Pulling from|Status/.test(status)),
    ['latest Pulling from library/hello', '1 Pulling from library/hello', ' Status: Downloaded newer image for hello'],
  );
  assert.equal(host.images.resolve('hello:1').id, host.images.resolve('hello:latest').id);
  await assert.rejects(host.images.pull('nope', null, { signal: untilDone() }), {
    message: /^there is no image nope in the catalogue/,
  });
});

test('layers that images share take their room once', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'busybox');
  await pullAll(host, 'page');
  const [page, busybox] = ['page', 'busybox'].map((name) => Object(host.images.inspect(name)).Size);
  assert.equal(host.images.layersSize(), page);
  assert.ok(page > busybox);
});

test('a layer that this host has already exists; one that only another host has does not', async () => {
  await using images = await testImages();
  const [first, second] = [images.host('a'), images.host('b')];
  await pullAll(first, 'busybox');
  const statuses = (await pullAll(first, 'page')).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 'Already exists').length, 1);
  assert.equal(statuses.filter((status) => status === 'Pull complete').length, 1);
  const other = (await pullAll(second, 'page')).map(({ status }) => status);
  assert.equal(other.filter((status) => status === 'Pull complete').length, 2);
});

test('an image is named by name, tag, digest, ID and the beginning of its ID', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello', '1');
  const entry = await images.catalogue.ready('hello');
  const hex = entry.imageId.slice('sha256:'.length);
  for (const name of [
    'hello:1',
    'library/hello:1',
    'docker.io/library/hello:1',
    `hello@${entry.manifestDigest}`,
    entry.imageId,
    hex,
    hex.slice(0, 12),
    hex.slice(0, 4),
    `sha256:${hex.slice(0, 6)}`,
  ]) {
    assert.equal(host.images.resolve(name).id, entry.imageId, name);
  }
  assert.throws(() => host.images.resolve('hello'), { kind: 'notFound', message: 'No such image: hello:latest' });
  assert.throws(() => host.images.resolve('Hello'), { kind: 'invalid' });
  assert.throws(() => images.host('b').images.resolve(hex), {
    kind: 'notFound',
    message: `No such image: sha256:${hex}`,
  });
});

test('pull by digest gives the image of that digest and no tag', async () => {
  await using images = await testImages();
  const { manifestDigest, imageId } = await images.catalogue.ready('hello');
  const host = images.host('a');
  await pullAll(host, 'hello', manifestDigest);
  const [summary] = host.images.list(new Map(), { all: false, digests: true, sharedSize: false });
  assert.deepEqual(
    { ...summary, Created: 0, Size: 0 },
    {
      Containers: 0,
      Created: 0,
      Id: imageId,
      Labels: null,
      ParentId: '',
      RepoDigests: [`hello@${manifestDigest}`],
      RepoTags: [],
      SharedSize: -1,
      Size: 0,
    },
  );
  const wrong = `sha256:${'0'.repeat(64)}`;
  await assert.rejects(host.images.pull('hello', wrong, { signal: untilDone() }), {
    message: `manifest for hello@${wrong} not found: manifest unknown: the catalogue has hello with the tags latest, 1`,
  });
});

test('pull of what there is not fails before the first line, and says what there is', async () => {
  await using images = await testImages();
  const { images: host } = images.host('a');
  const pulls: [string, string, string][] = [
    [
      'nope',
      'latest',
      'there is no image nope in the catalogue, and this Docker host has no way to Docker Hub; the catalogue has busybox, hello, page',
    ],
    [
      'workspace',
      'latest',
      'there is no image workspace in the catalogue, and this Docker host has no way to Docker Hub; the catalogue has busybox, hello, page',
    ],
    ['hello', '9', 'manifest for hello:9 not found: manifest unknown: the catalogue has hello with the tags latest, 1'],
  ];
  for (const [repository, tag, message] of pulls) {
    await assert.rejects(host.pull(repository, tag, { signal: untilDone() }), { kind: 'notFound', message });
  }
  await assert.rejects(host.pull('quay.io/some/thing', 'latest', { signal: untilDone() }), {
    kind: 'refused',
    message: 'Get "https://quay.io/v2/": dial tcp: lookup quay.io: no such host: this Docker host has no name server',
  });
});

test('a name of the catalogue that a host gives to another image is so in that host only', async () => {
  await using images = await testImages();
  const [first, second] = [images.host('a'), images.host('b')];
  await pullAll(first, 'hello');
  await pullAll(first, 'busybox');
  await pullAll(second, 'busybox');
  first.images.tag('hello', 'library/busybox', 'latest');
  const { imageId } = await images.catalogue.ready('busybox');
  assert.notEqual(first.images.resolve('busybox').id, imageId);
  assert.equal(second.images.resolve('busybox').id, imageId);
});

test('what a host has is there after a restart, and gone once the host is forgotten', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  host.images.tag('hello', 'mine', 'v1');
  const after = await images.reopen();
  const again = testHost(after, 'a');
  assert.equal(again.images.resolve('mine:v1').id, host.images.resolve('hello').id);
  after.forgetHost('a');
  assert.deepEqual(testHost(after, 'a').images.list(new Map(), { all: true, digests: true, sharedSize: false }), []);
});

test('a pull that is aborted gives no image', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await images.catalogue.ready('hello');
  const ending = new AbortController();
  const lines = await host.images.pull('hello', 'latest', { signal: ending.signal });
  ending.abort();
  await assert.rejects(collect(lines), { name: 'AbortError' });
  assert.throws(() => host.images.resolve('hello'), { kind: 'notFound' });
});

test('a host has only so many pulls under way', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const waiting: AsyncIterator<object>[] = [];
  for (let i = 0; i < 4; i++) {
    const lines = (await host.images.pull('hello', 'latest', { signal: untilDone() }))[Symbol.asyncIterator]();
    await lines.next();
    waiting.push(lines);
  }
  await assert.rejects(pullAll(host, 'hello'), { kind: 'exhausted' });
  for (const lines of waiting) await lines.return?.();
  await pullAll(host, 'hello');
});

test('check tells of a layer that is gone and of one that is nobody’s', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  await images.store.workspace();
  assert.deepEqual(images.store.check(), []);
  const [layer] = host.images.resolve('hello').layers;
  const { layersDirectory } = images.store;
  renameSync(`${layersDirectory}/${layer}`, `${layersDirectory}/stray`);
  assert.deepEqual(images.store.check(), [
    `the layer ${layer} is not in ${layersDirectory}`,
    `${layersDirectory}/stray is no layer that is known`,
  ]);
});

test('the workspace image is the engine’s alone', async () => {
  await using images = await testImages();
  const workspace = await images.store.workspace();
  assert.equal(workspace.layers.length, 1);
  assert.deepEqual(await images.store.workspace(), workspace);
  assert.throws(() => images.host('a').images.resolve(workspace.id), { kind: 'notFound' });
});
