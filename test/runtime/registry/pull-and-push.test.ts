// A running slice: an image is pushed and pulled, by the requests that clients send.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

let served: OwnRegistry;

beforeAll(async () => {
  served = await OwnRegistry.open();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

test('the base says which API it is', async () => {
  const answer = await served.ask('GET /v2/');
  assert.deepEqual([answer.status, answer.header('docker-distribution-api-version')], [200, 'registry/2.0']);
});

test('a blob comes back as it was sent, with its digest', async () => {
  const digest = await pushBlob(served, 'a/b', 'content');
  const head = await served.ask(`HEAD /v2/a/b/blobs/${digest}`);
  assert.deepEqual(
    [head.status, head.header('content-length'), head.header('docker-content-digest'), head.body.length],
    [200, '7', digest, 0],
  );
  const got = await served.ask(`GET /v2/a/b/blobs/${digest}`);
  assert.deepEqual([got.status, got.body.toString(), got.header('docker-content-digest')], [200, 'content', digest]);
});

test('an image comes back by tag and by digest, byte for byte', async () => {
  const text = `${await pushParts(served, 'a/image', ['one', 'two'])}\n`;
  const digest = await pushManifest(served, 'a/image', 'v1', text);
  assert.equal(digest, sha256(text));
  for (const reference of ['v1', digest]) {
    const got = await served.ask(`GET /v2/a/image/manifests/${reference}`);
    assert.deepEqual(
      [got.status, got.body.toString(), got.header('content-type'), got.header('docker-content-digest')],
      [200, text, mediaTypes.ociManifest, digest],
    );
    const head = await served.ask(`HEAD /v2/a/image/manifests/${reference}`);
    assert.deepEqual([head.status, head.header('content-length'), head.body.length], [200, String(text.length), 0]);
  }
});
