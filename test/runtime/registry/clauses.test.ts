// Clauses of the specification that no other test of the registry has: digests by sha512 everywhere, headers of GET and HEAD, what is
// left out of referrers, where an upload goes on after it was refused.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { OwnRegistry, sha256, sha512 } from '../../support/own-registry.ts';
import { codeOf, descriptorOf, mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

let served: OwnRegistry;

beforeAll(async () => {
  served = await OwnRegistry.open();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

test('blobs by sha512 are pushed in every way, read in parts, mounted and deleted', async () => {
  const content = 'by the long digest';
  const digest = sha512(content);
  const begin = 'POST /v2/long/a/blobs/uploads/?digest-algorithm=sha512';
  const inChunks = (await served.ask(begin)).header('location');
  for (const [range, body] of [
    ['0-1', 'by'],
    ['2-17', ' the long digest'],
  ] as const)
    assert.equal((await served.ask(`PATCH ${inChunks}`, { body, headers: { 'Content-Range': range } })).status, 202);
  const ways = [
    () => served.ask(`PUT ${inChunks}?digest=${digest}`),
    () => served.ask(`POST /v2/long/b/blobs/uploads/?digest=${digest}`, { body: content }),
    () => served.ask(`POST /v2/long/c/blobs/uploads/?mount=${digest}&from=long/a`),
    () => served.ask(`POST /v2/long/d/blobs/uploads/?mount=${digest}`),
  ];
  for (const [n, way] of ways.entries()) {
    const repository = `long/${'abcd'[n]}`;
    const pushed = await way();
    assert.deepEqual(
      [pushed.status, pushed.header('docker-content-digest'), pushed.header('location')],
      [201, digest, `/v2/${repository}/blobs/${digest}`],
    );
    const head = await served.ask(`HEAD /v2/${repository}/blobs/${digest}`);
    assert.deepEqual(
      [head.status, head.header('content-length'), head.header('docker-content-digest'), head.body.length],
      [200, String(content.length), digest, 0],
    );
    const part = await served.ask(`GET /v2/${repository}/blobs/${digest}`, { headers: { Range: 'bytes=-6' } });
    assert.deepEqual([part.status, part.body.toString()], [206, 'digest']);
    assert.equal((await served.ask(`DELETE /v2/${repository}/blobs/${digest}`)).status, 202);
    // What the others are mounted from.
    if (n === 0) await served.ask(`POST /v2/long/a/blobs/uploads/?digest=${digest}`, { body: content });
    else assert.equal((await served.ask(`HEAD /v2/${repository}/blobs/${digest}`)).status, 404);
  }
  const wrong = await served.ask(`POST /v2/long/a/blobs/uploads/?digest=${sha512('another')}`, { body: content });
  assert.deepEqual([wrong.status, codeOf(wrong)], [400, 'DIGEST_INVALID']);
});

test('manifests by sha512 are pushed with tags, found, referred to and deleted, and name their blobs by it', async () => {
  for (const content of ['{}', 'layer'])
    await served.ask(`POST /v2/long/m/blobs/uploads/?digest=${sha512(content)}`, { body: content });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf('{}', 'application/vnd.oci.image.config.v1+json', sha512('{}')),
    layers: [descriptorOf('layer', 'application/vnd.oci.image.layer.v1.tar', sha512('layer'))],
  });
  const digest = sha512(text);
  const headers = { 'Content-Type': mediaTypes.ociManifest };
  const pushed = await served.ask(`PUT /v2/long/m/manifests/${digest}?tag=a&tag=b`, { body: text, headers });
  assert.deepEqual(
    [pushed.status, pushed.header('docker-content-digest'), pushed.header('oci-tag')],
    [201, digest, 'a, b'],
  );
  for (const reference of [digest, 'a', 'b']) {
    for (const method of ['GET', 'HEAD']) {
      const got = await served.ask(`${method} /v2/long/m/manifests/${reference}`);
      assert.deepEqual(
        [got.status, got.header('docker-content-digest'), got.header('content-type'), got.header('content-length')],
        [200, digest, mediaTypes.ociManifest, String(text.length)],
      );
      assert.equal(got.body.toString(), method === 'GET' ? text : '');
    }
  }
  // By the other algorithm nobody has pushed it.
  assert.equal((await served.ask(`GET /v2/long/m/manifests/${sha256(text)}`)).status, 404);
  const subject = descriptorOf(text, mediaTypes.ociManifest, digest);
  const referrer = JSON.stringify({ ...JSON.parse(text), subject });
  const refers = await served.ask(`PUT /v2/long/m/manifests/${sha512(referrer)}`, { body: referrer, headers });
  assert.equal(refers.header('oci-subject'), digest);
  const list = await served.ask(`GET /v2/long/m/referrers/${digest}`);
  const { manifests } = list.json() as { manifests: { digest: string; size: number }[] };
  assert.deepEqual(
    manifests.map((one) => [one.digest, one.size]),
    [[sha512(referrer), referrer.length]],
  );
  await served.registry.collect(-1);
  assert.equal((await served.ask(`HEAD /v2/long/m/blobs/${sha512('layer')}`)).status, 200);
  assert.equal((await served.ask(`DELETE /v2/long/m/manifests/${digest}`)).status, 202);
  for (const reference of [digest, 'a', 'b'])
    assert.equal((await served.ask(`GET /v2/long/m/manifests/${reference}`)).status, 404);
  // The list of who refers to it outlives it, and never is a 404.
  assert.equal((await served.ask(`GET /v2/long/m/referrers/${digest}`)).status, 200);
});

test('an index without an artifactType is told of without one, with its annotations', async () => {
  const subject = descriptorOf('anything', mediaTypes.ociManifest);
  const annotations = { note: 'of an index' };
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], subject, annotations };
  const text = JSON.stringify(index);
  await pushManifest(served, 'refer/none', 'i', text, mediaTypes.ociIndex);
  const list = await served.ask(`GET /v2/refer/none/referrers/${subject.digest}`);
  assert.deepEqual((list.json() as { manifests: unknown[] }).manifests, [
    { ...descriptorOf(text, mediaTypes.ociIndex), annotations },
  ]);
});

test('a sparse index keeps what it names when it is there, and is kept itself when that goes', async () => {
  const child = await pushParts(served, 'sparse/a', ['of the child']);
  const digest = await pushManifest(served, 'sparse/a', sha256(child), child);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [descriptorOf(child, mediaTypes.ociManifest), descriptorOf('elsewhere', mediaTypes.ociManifest)],
  });
  await pushManifest(served, 'sparse/a', 'both', text, mediaTypes.ociIndex);
  await served.registry.collect(-1);
  assert.equal((await served.ask(`GET /v2/sparse/a/manifests/${digest}`)).status, 200);
  assert.equal((await served.ask(`DELETE /v2/sparse/a/manifests/${digest}`)).status, 202);
  assert.equal((await served.ask('GET /v2/sparse/a/manifests/both')).body.toString(), text);
});

test('a chunk out of order is refused as often as it comes, and the upload goes on where its GET says', async () => {
  const location = (await served.ask('POST /v2/order/a/blobs/uploads/')).header('location');
  const send = (body: string, range: string, method = 'PATCH', query = '') =>
    served.ask(`${method} ${location}${query}`, { body, headers: { 'Content-Range': range } });
  // Also before anything has come.
  assert.equal((await send('late', '4-7')).status, 416);
  assert.equal((await served.ask(`GET ${location}`)).header('range'), '0-0');
  assert.equal((await send('earl', '0-3')).status, 202);
  for (let n = 0; n < 3; n++) assert.equal((await send('earl', '0-3')).status, 416);
  const state = await served.ask(`GET ${location}`);
  assert.deepEqual([state.status, state.header('range'), state.body.length], [204, '0-3', 0]);
  const digest = sha256('earllate');
  assert.equal((await send('late', '5-8', 'PUT', `?digest=${digest}`)).status, 416);
  assert.equal((await send('late', '4-7', 'PUT', `?digest=${digest}`)).status, 201);
  assert.equal((await served.ask(`GET /v2/order/a/blobs/${digest}`)).body.toString(), 'earllate');
});

test('names of every kind that the grammar has are kept apart, and none of its end points is taken for a name', async () => {
  const names = [
    'a',
    'a/b/c/d/e',
    'a.b',
    'a_b',
    'a__b',
    'a-----b',
    '0/1',
    'blobs/uploads',
    'x/manifests',
    'x/tags/list',
  ];
  for (const name of names) {
    const text = await pushParts(served, name, [`of ${name}`]);
    await pushManifest(served, name, 'v', text);
  }
  for (const name of names) {
    assert.deepEqual((await served.ask(`GET /v2/${name}/tags/list`)).json(), { name, tags: ['v'] });
    assert.equal((await served.ask(`GET /v2/${name}/blobs/${sha256(`of ${name}`)}`)).body.toString(), `of ${name}`);
  }
  await pushBlob(served, 'a', 'x');
  for (const name of [
    'A',
    'a..b',
    'a___b',
    '-a',
    'a-',
    '.a',
    'a/',
    '/a',
    'a//b',
    'ä',
    'a%00b',
    'a%20b',
    'a%5Cb',
    'a%252Fb',
  ]) {
    const answer = await served.ask(`GET /v2/${encodeURI(name).replaceAll('%25', '%')}/tags/list`);
    assert.ok([400, 404].includes(answer.status), `${name}: ${answer.status}`);
    assert.match(codeOf(answer), /^NAME_INVALID$|^UNSUPPORTED$/, name);
  }
});
