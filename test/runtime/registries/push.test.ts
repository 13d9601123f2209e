// `docker push` to a registry: what is sent and what is not, and what becomes of an upload that breaks.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { refuse, TestRegistry } from '../../support/registry.ts';
import { tarOf } from '../../support/tar.ts';
import {
  collect,
  pullAll,
  type TestHost,
  type TestImages,
  testHost,
  testImages,
  untilDone,
} from '../images/fixture.ts';

let images: TestImages;
let registry: TestRegistry;
let hosts = 0;
beforeAll(async () => {
  images = await testImages();
  registry = await TestRegistry.open();
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await images?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  registry.hook = () => false;
  registry.requests.length = 0;
});

const newHost = (): TestHost => images.host(`push-${hosts++}`);
const statuses = (lines: readonly { id?: string; status?: string }[]): string[] =>
  lines.map(({ id, status }) => (id === undefined ? (status ?? '') : `${id}: ${status}`));
const pushAll = (host: TestHost, repository: string, tag: string | null) =>
  collect(host.images.push(repository, tag, { signal: untilDone() }));

test('a push sends what the registry has not, and the image has its digest then', async () => {
  const host = newHost();
  await pullAll(host, 'page');
  const name = `${registry.domain}/team/page`;
  host.images.tag('page', name, '1');
  const lines = await pushAll(host, name, '1');
  const { body } = registry.manifests.get('team/page:1') ?? assert.fail('no manifest came');
  const digest = digestOf(body);
  assert.deepEqual(lines[0], { status: `The push refers to repository [${name}]` });
  assert.equal(lines.filter(({ status }) => status === 'Pushed').length, 2);
  assert.deepEqual(lines.slice(-2), [
    { status: `1: digest: ${digest} size: ${body.length}` },
    { progressDetail: {}, aux: { Tag: '1', Digest: digest, Size: body.length } },
  ]);
  assert.ok(Object(host.images.inspect(name.concat(':1'))).RepoDigests.includes(`${name}@${digest}`));
  assert.deepEqual(host.events.at(-1), { action: 'push', id: name, name });
  const manifest = JSON.parse(body.toString());
  assert.equal(manifest.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
  assert.ok(body.toString().startsWith('{\n   "schemaVersion": 2,'));
  // Another host that pulls it has the same image.
  const other = newHost();
  await pullAll(other, name, '1');
  assert.equal(other.images.resolve(`${name}:1`).id, host.images.resolve('page').id);
});

test('a layer that is there is not sent again, and one that another repository has is taken from it', async () => {
  const host = newHost();
  await registry.putImage('from', '1', ['some', 'more']);
  await pullAll(host, `${registry.domain}/from`, '1');
  const sent = (): string[] => registry.requests.filter((place) => /^(PATCH|PUT) .*\/blobs\//.test(place));
  host.images.tag(`${registry.domain}/from:1`, `${registry.domain}/from`, '2');
  const same = statuses(await pushAll(host, `${registry.domain}/from`, '2'));
  assert.equal(same.filter((line) => line.endsWith('Layer already exists')).length, 2);
  assert.deepEqual(sent(), []);
  host.images.tag(`${registry.domain}/from:1`, `${registry.domain}/to`, '1');
  const other = statuses(await pushAll(host, `${registry.domain}/to`, '1'));
  assert.equal(other.filter((line) => line.endsWith('Mounted from from')).length, 2);
  // The configuration alone.
  assert.equal(sent().filter((place) => place.startsWith('PATCH')).length, 1);
});

/** Loads an image of one layer, which is not compressed and holds `content`. Gives its ID. */
async function loadPlain(host: TestHost, name: string, content: string | Buffer<ArrayBuffer>): Promise<string> {
  const layer = await tarOf([[{ name: 'plain' }, content]]);
  const configuration = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const archive = await tarOf([
    [{ name: 'layer.tar' }, Buffer.from(layer)],
    [{ name: 'config.json' }, configuration],
    [
      { name: 'manifest.json' },
      JSON.stringify([{ Config: 'config.json', RepoTags: [`${name}:1`], Layers: ['layer.tar'] }]),
    ],
  ]);
  await collect(host.images.load(Readable.from([Buffer.from(archive)]), { quiet: true, signal: untilDone() }));
  return digestOf(configuration);
}

test('a layer that was loaded plain is sent compressed', async () => {
  const host = newHost();
  const name = `${registry.domain}/plain`;
  const imageId = await loadPlain(host, name, 'p'.repeat(10_000));
  await pushAll(host, name, '1');
  const { layers } = JSON.parse(String(registry.manifests.get('plain:1')?.body));
  assert.ok(layers[0].size < 1000 && layers[0].size > 0);
  const other = newHost();
  await pullAll(other, name, '1');
  assert.equal(other.images.resolve(`${name}:1`).id, imageId);
});

test('a plain layer that was sent is not sent again, also after a restart; one that the registry has lost is', async () => {
  await using own = await testImages();
  const host = own.host('plain');
  const name = `${registry.domain}/twice`;
  await loadPlain(host, name, randomBytes(2_500_000));
  await pushAll(host, name, '1');
  const manifest = String(registry.manifests.get('twice:1')?.body);
  const reopened = testHost(await own.reopen(), 'plain');
  for (const each of [host, reopened]) {
    registry.requests.length = 0;
    const again = statuses(await pushAll(each, name, '1'));
    assert.equal(again.filter((line) => line.endsWith('Layer already exists')).length, 1);
    assert.deepEqual(
      registry.requests.filter((place) => /^(POST|PATCH) /.test(place)),
      [],
    );
  }
  registry.blobs.clear();
  assert.equal(statuses(await pushAll(reopened, name, '1')).filter((line) => line.endsWith('Pushed')).length, 1);
  assert.equal(String(registry.manifests.get('twice:1')?.body), manifest);
  const [layer] = JSON.parse(manifest).layers;
  assert.equal(registry.blobs.get(`twice@${layer.digest}`)?.length, layer.size);
});

test('an upload of a plain layer whose connection breaks is made again', async () => {
  const host = newHost();
  const name = `${registry.domain}/anew`;
  const imageId = await loadPlain(host, name, randomBytes(2_500_000));
  let broken = 0;
  registry.hook = (request, response) => {
    const isLayer = request.method === 'PATCH' && request.headers['transfer-encoding'] === 'chunked';
    if (isLayer && broken++ === 0) request.once('data', () => response.destroy());
    return false;
  };
  const lines = statuses(await pushAll(host, name, '1'));
  assert.equal(broken, 2);
  assert.equal(lines.filter((line) => line.endsWith('Retrying in 1 second')).length, 1);
  const other = newHost();
  await pullAll(other, name, '1');
  assert.equal(other.images.resolve(`${name}:1`).id, imageId);
});

test('a push of all tags sends each; a name that the host does not have is told', async () => {
  const host = newHost();
  const name = `${registry.domain}/tags`;
  await pullAll(host, 'hello');
  host.images.tag('hello', name, 'b');
  host.images.tag('hello', name, 'a');
  const lines = statuses(await pushAll(host, name, null));
  assert.deepEqual(
    lines.filter((line) => line.includes('digest:')).map((line) => line.slice(0, 2)),
    ['a:', 'b:'],
  );
  await assert.rejects(pushAll(host, name, 'c'), { message: `tag does not exist: ${name}:c` });
  await assert.rejects(pushAll(host, `${registry.domain}/nope`, 'a'), {
    message: `An image does not exist locally with the tag: ${registry.domain}/nope`,
  });
  assert.throws(() => host.images.push('Not a name', 'a', { signal: untilDone() }), { kind: 'invalid' });
});

test('an upload whose connection breaks goes on with what the registry has', async () => {
  const host = newHost();
  const name = `${registry.domain}/breaking`;
  await pullAll(host, 'busybox');
  host.images.tag('busybox', name, '1');
  let patches = 0;
  const ranges: string[] = [];
  registry.hook = (request, response) => {
    if (request.method !== 'PATCH') return false;
    // Once, in the middle of the layer: the registry keeps what has come.
    const isLarge = Number(request.headers['content-length']) > 100_000;
    if (isLarge) ranges.push(request.headers['content-range'] ?? '');
    if (isLarge && patches++ === 0) request.once('data', () => response.destroy());
    return false;
  };
  await pushAll(host, name, '1');
  assert.equal(patches, 2);
  assert.ok(registry.requests.some((place) => place.startsWith('GET /v2/breaking/blobs/uploads/')));
  assert.match(ranges.at(-1) ?? '', /^[1-9]\d*-\d+$/);
  const { body } = registry.manifests.get('breaking:1') ?? assert.fail('no manifest came');
  const [layer] = JSON.parse(body.toString()).layers;
  assert.equal(registry.blobs.get(`breaking@${layer.digest}`)?.length, layer.size);
});

test('a registry that says no is heard, and nothing is left behind', async () => {
  const host = newHost();
  await pullAll(host, 'hello');
  host.images.tag('hello', `${registry.domain}/locked`, '1');
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    refuse(response, 403, 'DENIED', 'requested access to the resource is denied');
    return true;
  };
  await assert.rejects(pushAll(host, `${registry.domain}/locked`, '1'), {
    message: 'denied: requested access to the resource is denied',
  });
  assert.deepEqual(Object(host.images.inspect(`${registry.domain}/locked:1`)).RepoDigests.length, 1);
});
