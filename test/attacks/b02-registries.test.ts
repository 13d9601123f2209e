// Registries that lie in what they send: the pull fails, and nothing of it is left. What a load of the same would do: `load.test.ts`.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type http from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { maxManifestBytes } from '../../runtime/limits.ts';
import { pullAll, type TestHost, type TestImages, testImages, untilDone } from '../runtime/images/fixture.ts';
import { say, TestRegistry, types } from '../support/registry.ts';
import { until } from '../support/until.ts';

let images: TestImages;
let registry: TestRegistry;
let name: string;
let hosts = 0;

beforeAll(async () => {
  images = await testImages();
  registry = await TestRegistry.open();
  name = registry.domain;
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await images?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  registry.hook = () => false;
});

const newHost = (): TestHost => images.host(`lied-to-${hosts++}`);
const stored = (): string[] => readdirSync(`${images.directory}/store/blobs/sha256`);

/** Nothing of a pull that failed is there. */
async function fails(host: TestHost, repository: string, why: RegExp, tag = '1'): Promise<void> {
  const before = stored();
  await assert.rejects(pullAll(host, `${name}/${repository}`, tag), (error: Error) => {
    assert.match(error.message, why);
    return true;
  });
  assert.deepEqual(host.images.stored(), []);
  assert.deepEqual(stored(), before);
  await until('its files are gone', () => readdirSync(`${images.directory}/store/incoming/uploads`).length === 0);
  await until('its layers are gone', () => readdirSync(`${images.directory}/store/incoming/layers`).length === 0);
}

test('B02: a blob, a configuration or a manifest that is not what its digest says is refused', async () => {
  const host = newHost();
  const made = await registry.putImage('lies', '1', ['content']);
  const [layer = Buffer.alloc(0)] = made.layers;
  const flipped = Buffer.from(layer);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const answers: [RegExp, Buffer, RegExp][] = [
    [/\/blobs\//, flipped, /verification failed for digest|config verification failed/],
    [/\/blobs\/(?!LAYER)/, gzipSync('{}'), /config verification failed/],
    [/\/manifests\/sha256/, Buffer.from('{}'), /manifest verification failed for digest/],
  ];
  for (const [place, body, why] of answers) {
    const isWanted = (url: string): boolean =>
      place.source.includes('LAYER') || place.source === String.raw`\/manifests\/sha256`
        ? place.test(url)
        : place.test(url) && !url.endsWith(made.imageId);
    registry.hook = (request, response) => {
      if (!isWanted(request.url ?? '')) return false;
      say(response, 200, { 'Content-Type': types.manifest }, body);
      return true;
    };
    await fails(host, 'lies', why);
  }
});

test('B02: a layer that is longer or shorter than its manifest says, or another than its image says, is refused', async () => {
  const host = newHost();
  for (const change of [-1, 1]) {
    const made = await registry.putImage('sizes', '1', ['content']);
    const [layer = Buffer.alloc(0)] = made.layers;
    const manifest = JSON.parse(String(registry.manifests.get('sizes:1')?.body));
    manifest.layers[0].size = layer.length + change;
    registry.putManifest('sizes', '1', types.manifest, manifest);
    await fails(host, 'sizes', /has not the \d+ bytes that its manifest says/);
  }
  const diff_ids = [`sha256:${'1'.repeat(64)}`];
  await registry.putImage('sizes', '2', ['content'], { configuration: { rootfs: { type: 'layers', diff_ids } } });
  await fails(host, 'sizes', /diff ID/, '2');
  await registry.putImage('sizes', '3', ['content'], { configuration: { rootfs: { type: 'layers', diff_ids: [] } } });
  await fails(host, 'sizes', /layers from manifest don't match image configuration/, '3');
});

test('B03: a document that is an index and a manifest at once is refused', async () => {
  const host = newHost();
  await registry.putImage('both', '1', ['content'], { manifest: { manifests: [] } });
  await fails(host, 'both', /both an index and a manifest/);
});

test('B04: naming another host’s layer does not give it', async () => {
  const [rich, poor] = [newHost(), newHost()];
  await registry.putImage('rich', '1', ['a secret']);
  await pullAll(rich, `${name}/rich`, '1');
  const { Layers } = Object(rich.images.inspect(`${name}/rich:1`)).RootFS;
  await registry.putImage('poor', '1', ['nothing'], {
    configuration: { rootfs: { type: 'layers', diff_ids: Layers } },
  });
  await fails(poor, 'poor', /diff ID/);
  // Nor has the other host lost it.
  assert.equal(rich.images.resolve(`${name}/rich:1`).layers.length, 1);
});

test('B05: answers without end are left where they are too long, and what is too deep or too much is refused', async () => {
  const host = newHost();
  let sent = 0;
  const endless = (response: http.ServerResponse, head: http.OutgoingHttpHeaders, piece: Buffer): true => {
    response.writeHead(200, head);
    const more = (): void => {
      while (!response.destroyed && sent < 300 * 1024 * 1024) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
    return true;
  };
  const bytes = Buffer.alloc(64 * 1024, ' ');
  registry.hook = (request, response) => {
    if (!request.url?.includes('/manifests/') || request.method === 'HEAD') return false;
    return endless(response, { 'Content-Type': types.manifest }, bytes);
  };
  await registry.putImage('endless', '1', ['content']);
  await fails(host, 'endless', /the answer is over \d+ bytes/);
  assert.ok(sent < maxManifestBytes + 16 * 1024 * 1024, `${sent} bytes were sent`);

  sent = 0;
  registry.hook = (request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    return endless(response, {}, bytes);
  };
  await fails(host, 'endless', /has more than the \d+ bytes|the answer is over/);
  assert.ok(sent < maxManifestBytes + 16 * 1024 * 1024, `${sent} bytes were sent`);

  sent = 0;
  registry.hook = (_, response) => endless(response, { 'Content-Type': 'application/json' }, bytes);
  await assert.rejects(
    host.images.login(name, { signal: untilDone() }).then(() => Promise.reject(new Error('it ended'))),
    /it ended|bytes/,
  );
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent`);

  registry.hook = () => false;
  const deep = Buffer.from(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`);
  registry.manifests.set('deep:1', { type: types.manifest, body: deep });
  registry.hook = (request, response) => {
    if (request.method === 'HEAD' || !request.url?.includes('/deep/')) return false;
    say(response, 200, { 'Content-Type': types.manifest }, deep);
    return true;
  };
  await fails(host, 'deep', /verification failed|not JSON|not well formed/);

  registry.hook = () => false;
  const layers = Array.from({ length: 200 }, () => ({
    mediaType: types.layer,
    digest: `sha256:${'1'.repeat(64)}`,
    size: 1,
  }));
  await registry.putImage('many', '1', ['content'], { manifest: { layers } });
  await fails(host, 'many', /the manifest is not well formed/);
  const large = [{ mediaType: types.layer, digest: `sha256:${'1'.repeat(64)}`, size: 3 * 1024 ** 3 }];
  await registry.putImage('large', '1', ['content'], { manifest: { layers: large } });
  await fails(host, 'large', /this host may still bring in/);
});
