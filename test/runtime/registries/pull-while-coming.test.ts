// A large layer is unpacked while it comes; it is a layer only once all of it has come and is what it should be.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type http from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { TestRegistry } from '../../support/registry.ts';
import { until } from '../../support/until.ts';
import { pullAll, type TestHost, type TestImages, testImages } from '../images/fixture.ts';

const MiB = 1024 * 1024;
/** In hexadecimal: twice as long. */
const content = randomBytes(20 * MiB).toString('hex');

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
});

const newHost = (): TestHost => images.host(`coming-${hosts++}`);
const incoming = (): string => `${images.directory}/store/incoming`;
/** Whether some of a layer is unpacked that is none yet. */
const isBegun = (): boolean => globSync(`${incoming()}/layers/*/file-0`).some((file) => statSync(file).size > 0);

/** Sends most of a blob, and little more at a time until it is being unpacked; gives how far it came. */
async function sendUntilBegun(response: http.ServerResponse, blob: Buffer): Promise<number> {
  let sent = 24 * MiB;
  response.writeHead(200, { 'Content-Length': blob.length });
  response.write(blob.subarray(0, sent));
  await until('the layer is being unpacked', () => {
    if (isBegun()) return true;
    assert.ok(sent + 1024 < blob.length, 'all of it has come before it is begun with');
    response.write(blob.subarray(sent, sent + 1024));
    sent += 1024;
    return false;
  });
  return sent;
}

/** Of the first request for the layer `send` decides. */
function onLayer(blob: Buffer, imageId: string, send: (response: http.ServerResponse, sent: number) => void): void {
  let isFirst = true;
  registry.hook = ({ url, method }, response) => {
    if (method !== 'GET' || !url?.includes('/blobs/') || url.endsWith(imageId) || !isFirst) return false;
    isFirst = false;
    void sendUntilBegun(response, blob).then((sent) => send(response, sent));
    return true;
  };
}

const store = { compress: (tar: Buffer) => gzipSync(tar, { level: 0 }) };

test.for([
  ['plain', (tar: Buffer) => tar],
  ['compressed', store.compress],
] as const)('a %s layer is unpacked before it has come', async ([form, compress]) => {
  const { layers, imageId } = await registry.putImage(form, '1', [`${form}${content}`], { compress });
  const [blob = Buffer.alloc(0)] = layers;
  onLayer(blob, imageId, (response, sent) => response.end(blob.subarray(sent)));
  const host = newHost();
  await pullAll(host, `${registry.domain}/${form}`, '1');
  const [layer] = host.images.resolve(`${registry.domain}/${form}:1`).layers;
  assert.ok(readFileSync(`${images.directory}/store/layers/${layer}/file-0`, 'utf8') === `${form}${content}`);
  assert.deepEqual([readdirSync(`${incoming()}/uploads`), readdirSync(`${incoming()}/layers`)], [[], []]);
});

test('one whose connection breaks is gone on with', async () => {
  const { layers, imageId } = await registry.putImage('breaks', '1', [`breaks${content}`], store);
  const [blob = Buffer.alloc(0)] = layers;
  onLayer(blob, imageId, (response) => response.destroy());
  const host = newHost();
  await pullAll(host, `${registry.domain}/breaks`, '1');
  const [layer] = host.images.resolve(`${registry.domain}/breaks:1`).layers;
  assert.ok(readFileSync(`${images.directory}/store/layers/${layer}/file-0`, 'utf8') === `breaks${content}`);
});

test('B02: one that is not what its digest says is refused at its end, and nothing of it stays', async () => {
  const { layers, imageId } = await registry.putImage('lies', '1', [`lies${content}`], store);
  const [blob = Buffer.alloc(0)] = layers;
  const flipped = Buffer.from(blob);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  onLayer(flipped, imageId, (response, sent) => response.end(flipped.subarray(sent)));
  const host = newHost();
  await assert.rejects(
    pullAll(host, `${registry.domain}/lies`, '1'),
    /filesystem layer verification failed for digest/,
  );
  assert.deepEqual(host.images.stored(), []);
  for (const kind of ['uploads', 'layers'])
    await until(`its ${kind} are gone`, () => readdirSync(`${incoming()}/${kind}`).length === 0);
});
