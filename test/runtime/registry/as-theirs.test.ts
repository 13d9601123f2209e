// What every client relies on, asked of Debian's docker-registry too: the same requests have the same answers. What that registry
// (2.8) does not do, or in its own way, is in the files beside this one: order and pages of tags, deletion of tags, referrers, sha512,
// chunks that are checked, blobs in one request, mounts from anywhere.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { sha256 } from '../../support/own-registry.ts';
import { ofEach, type Served } from './contenders.ts';
import { closing, codeOf, descriptorOf, mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

const pathOf = (location: string): string => location.replace(/^http:\/\/[^/]*/, '');
const accept = { headers: { Accept: Object.values(mediaTypes).join(', ') } };

ofEach((open) => {
  let served: Served;

  beforeAll(async () => {
    served = await open();
  });

  afterAll(async () => {
    await served?.[Symbol.asyncDispose]();
  });

  test('the base tells the version', async () => {
    const { status, headers } = await served.ask('GET /v2/');
    assert.deepEqual([status, headers['docker-distribution-api-version']], [200, 'registry/2.0']);
  });

  test('a blob is sent in two pieces and a closing request', async () => {
    const begun = await served.ask('POST /v2/a/pieces/blobs/uploads/');
    assert.deepEqual([begun.status, begun.header('range'), begun.header('content-length')], [202, '0-0', '0']);
    assert.match(begun.header('docker-upload-uuid'), /^[0-9a-f-]{36}$/);
    const first = await served.ask(`PATCH ${begun.header('location')}`, { body: 'hello ' });
    assert.deepEqual([first.status, first.header('range')], [202, '0-5']);
    const asked = await served.ask(`GET ${first.header('location')}`);
    assert.deepEqual([asked.status, asked.header('range')], [204, '0-5']);
    const second = await served.ask(`PATCH ${first.header('location')}`, { body: 'world' });
    assert.deepEqual([second.status, second.header('range')], [202, '0-10']);
    const digest = sha256('hello world');
    const closed = await served.ask(`PUT ${closing(second.header('location'), digest)}`);
    assert.deepEqual(
      [closed.status, pathOf(closed.header('location')), closed.header('docker-content-digest')],
      [201, `/v2/a/pieces/blobs/${digest}`, digest],
    );
    const got = await served.ask(`GET /v2/a/pieces/blobs/${digest}`);
    assert.deepEqual([got.status, got.body.toString(), got.header('etag')], [200, 'hello world', `"${digest}"`]);
    const part = await served.ask(`GET /v2/a/pieces/blobs/${digest}`, { headers: { Range: 'bytes=6-' } });
    assert.deepEqual(
      [part.status, part.body.toString(), part.header('content-range')],
      [206, 'world', 'bytes 6-10/11'],
    );
  });

  test('a blob with another digest than it is said to have is refused', async () => {
    const begun = await served.ask('POST /v2/a/wrong/blobs/uploads/');
    const refused = await served.ask(`PUT ${closing(begun.header('location'), sha256('other'))}`, { body: 'content' });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'DIGEST_INVALID']);
  });

  test('an upload is cancelled', async () => {
    const begun = await served.ask('POST /v2/a/cancel/blobs/uploads/');
    assert.equal((await served.ask(`DELETE ${begun.header('location')}`)).status, 204);
    const gone = await served.ask(`GET ${begun.header('location')}`);
    assert.deepEqual([gone.status, codeOf(gone)], [404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  test('a blob is mounted, or begun to be sent', async () => {
    const digest = await pushBlob(served, 'a/from', 'mounted');
    const mounted = await served.ask(`POST /v2/a/to/blobs/uploads/?mount=${digest}&from=a/from`);
    assert.deepEqual(
      [mounted.status, pathOf(mounted.header('location')), mounted.header('docker-content-digest')],
      [201, `/v2/a/to/blobs/${digest}`, digest],
    );
    const begun = await served.ask(`POST /v2/a/to/blobs/uploads/?mount=${sha256('nowhere')}&from=a/from`);
    assert.equal(begun.status, 202);
  });

  test('a manifest is pushed and pulled by tag and digest, and deleted with its tags', async () => {
    const text = await pushParts(served, 'a/image', ['layer']);
    const digest = await pushManifest(served, 'a/image', 'v1', text);
    for (const reference of ['v1', digest]) {
      const got = await served.ask(`GET /v2/a/image/manifests/${reference}`, accept);
      assert.deepEqual([got.status, got.body.toString()], [200, text]);
      assert.deepEqual(
        ['content-type', 'docker-content-digest', 'etag'].map((name) => got.header(name)),
        [mediaTypes.ociManifest, digest, `"${digest}"`],
      );
    }
    const listed = await served.ask('GET /v2/a/image/tags/list');
    assert.deepEqual([listed.status, listed.json()], [200, { name: 'a/image', tags: ['v1'] }]);
    assert.equal((await served.ask(`DELETE /v2/a/image/manifests/${digest}`)).status, 202);
    for (const reference of ['v1', digest]) {
      const gone = await served.ask(`GET /v2/a/image/manifests/${reference}`, accept);
      assert.deepEqual([gone.status, codeOf(gone)], [404, 'MANIFEST_UNKNOWN']);
    }
  });

  test('an index with its children is pushed and pulled', async () => {
    const child = await pushParts(served, 'a/index', ['layer']);
    await pushManifest(served, 'a/index', sha256(child), child);
    const manifests = [
      { ...descriptorOf(child, mediaTypes.ociManifest), platform: { os: 'linux', architecture: 'amd64' } },
    ];
    const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
    const digest = await pushManifest(served, 'a/index', 'v1', text, mediaTypes.ociIndex);
    const got = await served.ask('GET /v2/a/index/manifests/v1', accept);
    assert.deepEqual([got.header('content-type'), got.header('docker-content-digest')], [mediaTypes.ociIndex, digest]);
    assert.equal(got.body.toString(), text);
  });

  test('a manifest whose layer is not there is refused', async () => {
    const text = await pushParts(served, 'a/missing', ['layer']);
    const { layers, ...rest } = JSON.parse(text);
    const missing = descriptorOf('nowhere', layers[0].mediaType);
    const refused = await served.ask('PUT /v2/a/missing/manifests/v1', {
      body: JSON.stringify({ ...rest, layers: [...layers, missing] }),
      headers: { 'Content-Type': mediaTypes.ociManifest },
    });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  test('what is not there is told by the same codes', async () => {
    await pushBlob(served, 'a/some', 'some');
    for (const [line, code] of [
      [`GET /v2/a/some/blobs/${sha256('nowhere')}`, 'BLOB_UNKNOWN'],
      ['GET /v2/a/some/manifests/nowhere', 'MANIFEST_UNKNOWN'],
      ['GET /v2/a/nowhere/manifests/v1', 'MANIFEST_UNKNOWN'],
      ['GET /v2/a/nowhere/tags/list', 'NAME_UNKNOWN'],
      [`DELETE /v2/a/some/blobs/${sha256('nowhere')}`, 'BLOB_UNKNOWN'],
    ] as const) {
      const answer = await served.ask(line, accept);
      assert.deepEqual([answer.status, codeOf(answer)], [404, code], line);
      assert.match(answer.header('content-type'), /^application\/json; charset=utf-8$/);
    }
  });

  test('a deleted blob is gone from its repository alone', async () => {
    for (const repository of ['a/del', 'a/keep']) await pushBlob(served, repository, 'in both');
    assert.equal((await served.ask(`DELETE /v2/a/del/blobs/${sha256('in both')}`)).status, 202);
    assert.equal((await served.ask(`HEAD /v2/a/del/blobs/${sha256('in both')}`)).status, 404);
    assert.equal((await served.ask(`HEAD /v2/a/keep/blobs/${sha256('in both')}`)).status, 200);
  });
});
