// Manifests: distribution-spec "Pushing manifests", "Pulling manifests", "Deleting tags" and "Deleting manifests".

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherRegistry, openRegistry, unlike } from '../../support/either-registry.ts';
import { type Answer, sha256, sha512 } from '../../support/own-registry.ts';
import { codeOf, descriptorOf, mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

let served: EitherRegistry;

beforeAll(async () => {
  served = await openRegistry();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

function put(path: string, body: string, type: string | null = mediaTypes.ociManifest): Promise<Answer> {
  const [repository, reference] = path.split(' ');
  return served.ask(`PUT /v2/${repository}/manifests/${reference}`, {
    body,
    headers: type === null ? {} : { 'Content-Type': type },
  });
}

const refused = (answer: Answer): [number, string] => [answer.status, codeOf(answer)];

describe('pushing a manifest', () => {
  test('answers with its place and digest', async () => {
    const text = await pushParts(served, 'push/a', ['layer']);
    const answer = await put('push/a v1', text);
    const digest = sha256(text);
    assert.deepEqual(
      [answer.status, answer.header('location'), answer.header('docker-content-digest')],
      [201, `/v2/push/a/manifests/${digest}`, digest],
    );
    assert.equal((await served.ask(`GET ${answer.header('location')}`)).body.toString(), text);
  });

  test(
    'by digest it has to have that digest',
    unlike('sha512 is a 500, and a digest that is none an address that it does not know'),
    async () => {
      const text = await pushParts(served, 'push/digest', ['layer']);
      assert.deepEqual(refused(await put(`push/digest ${sha256('other')}`, text)), [400, 'DIGEST_INVALID']);
      assert.deepEqual(refused(await put('push/digest sha256:abc', text)), [400, 'DIGEST_INVALID']);
      assert.equal((await put(`push/digest ${sha256(text)}`, text)).status, 201);
      assert.equal((await put(`push/digest ${sha512(text)}`, text)).header('docker-content-digest'), sha512(text));
      const got = await served.ask(`GET /v2/push/digest/manifests/${sha512(text)}`);
      assert.deepEqual([got.header('docker-content-digest'), got.body.toString()], [sha512(text), text]);
    },
  );

  test(
    'a tag that is none is refused',
    unlike('to it that is an address that it does not know: 404, as text'),
    async () => {
      const text = await pushParts(served, 'push/tag', ['layer']);
      for (const tag of ['.a', '-a', 'a'.repeat(129), 'a%2B'])
        assert.deepEqual(refused(await put(`push/tag ${tag}`, text)), [400, 'TAG_INVALID']);
      assert.equal((await put(`push/tag ${'a'.repeat(128)}`, text)).status, 201);
    },
  );

  test('a tag moves, and what it was at stays', async () => {
    const [first, second] = [await pushParts(served, 'push/move', ['1']), await pushParts(served, 'push/move', ['2'])];
    await pushManifest(served, 'push/move', 'v', first);
    await pushManifest(served, 'push/move', 'v', second);
    assert.equal((await served.ask('GET /v2/push/move/manifests/v')).body.toString(), second);
    assert.equal((await served.ask(`GET /v2/push/move/manifests/${sha256(first)}`)).body.toString(), first);
  });

  test('with tags beside its digest it has them all', unlike('it has no parameter for tags'), async () => {
    const text = await pushParts(served, 'push/tags', ['layer']);
    const tags = Array.from({ length: 10 }, (_, n) => `t${n}`);
    const query = tags.map((tag) => `tag=${tag}`).join('&');
    const answer = await put(`push/tags ${sha256(text)}?${query}`, text);
    assert.deepEqual([answer.status, answer.header('oci-tag').split(', ')], [201, tags]);
    const listed = (await served.ask('GET /v2/push/tags/tags/list')).json();
    assert.deepEqual(listed, { name: 'push/tags', tags });
    assert.equal((await put(`push/tags ${sha256(text)}?tag=ok&tag=.bad`, text)).status, 400);
    assert.equal((await served.ask('HEAD /v2/push/tags/manifests/ok')).status, 404);
    const many = Array.from({ length: 60 }, (_, n) => `tag=m${n}`).join('&');
    assert.equal((await put(`push/tags ${sha256(text)}?${many}`, text)).status, 414);
  });

  test(
    'by tag it has the digest that the request tells, and is kept by it',
    unlike('it knows sha256 alone'),
    async () => {
      const text = await pushParts(served, 'push/told', ['layer']);
      assert.equal(
        (await put(`push/told a?digest=${sha512(text)}`, text)).header('docker-content-digest'),
        sha512(text),
      );
      assert.equal((await served.ask('HEAD /v2/push/told/manifests/a')).header('docker-content-digest'), sha512(text));
      assert.deepEqual(refused(await put(`push/told b?digest=${sha512('other')}`, text)), [400, 'DIGEST_INVALID']);
    },
  );

  test('what it names has to be there, with the size that it says', unlike('it does not compare sizes'), async () => {
    const text = await pushParts(served, 'push/names', ['here']);
    const missing = descriptorOf('nowhere', 'application/vnd.oci.image.layer.v1.tar');
    const { layers, ...rest } = JSON.parse(text);
    assert.deepEqual(refused(await put('push/names a', JSON.stringify({ ...rest, layers: [...layers, missing] }))), [
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    assert.deepEqual(refused(await put('push/names a', JSON.stringify({ ...rest, config: missing, layers }))), [
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    const longer = layers.map((layer: object) => ({ ...layer, size: 5 }));
    assert.deepEqual(refused(await put('push/names a', JSON.stringify({ ...rest, layers: longer }))), [
      400,
      'MANIFEST_INVALID',
    ]);
    assert.equal((await served.ask('HEAD /v2/push/names/manifests/a')).status, 404);
  });

  test(
    'what another repository has is not there (B04)',
    unlike('it tells of the config and the layer, as two errors'),
    async () => {
      const text = await pushParts(served, 'push/theirs', ['theirs']);
      assert.deepEqual(refused(await put('push/mine a', text)), [400, 'MANIFEST_BLOB_UNKNOWN']);
    },
  );

  test(
    'layers that may not be handed on need not be there',
    unlike('it wants such a layer to have an address of its own'),
    async () => {
      for (const type of [
        'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
        'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      ]) {
        const text = await pushParts(served, 'push/foreign', [], { layers: [descriptorOf('nowhere', type)] });
        assert.equal((await put('push/foreign a', text)).status, 201);
      }
    },
  );

  test('Docker’s own form is kept as it is', async () => {
    const config = descriptorOf('{}', 'application/vnd.docker.container.image.v1+json');
    await pushBlob(served, 'push/docker', '{}');
    const text = JSON.stringify(
      { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [] },
      null,
      3,
    );
    assert.equal((await put('push/docker a', text, mediaTypes.dockerManifest)).status, 201);
    const got = await served.ask('GET /v2/push/docker/manifests/a');
    assert.deepEqual([got.header('content-type'), got.body.toString()], [mediaTypes.dockerManifest, text]);
  });

  test('4 MiB are accepted, more are not', unlike('what is too long is a 400 to it'), async () => {
    const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, n) => [`test.${n}`, 'x'.repeat(10_000)]));
    const text = await pushParts(served, 'push/large', ['layer'], { annotations });
    assert.ok(text.length > 3_900_000);
    const most = `${text}${' '.repeat(4 * 1024 * 1024 - text.length)}`;
    const digest = await pushManifest(served, 'push/large', 'most', most);
    assert.equal(sha256((await served.ask(`GET /v2/push/large/manifests/${digest}`)).body), digest);
    assert.deepEqual(refused(await put('push/large more', `${most} `)), [413, 'SIZE_INVALID']);
  });
});

describe('media types', () => {
  test('one that is not known is refused, and so is none in Docker’s form', async () => {
    const text = await pushParts(served, 'type/a', ['layer'], { mediaType: undefined });
    for (const type of [
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'application/json',
      'text/html',
      mediaTypes.dockerManifest,
    ])
      assert.deepEqual(refused(await put('type/a a', text, type)), [400, 'MANIFEST_INVALID']);
  });

  test(
    'none, or one with parameters, is what the document says',
    unlike('it refuses one with parameters'),
    async () => {
      const text = await pushParts(served, 'type/b', ['layer']);
      for (const type of [null, `${mediaTypes.ociManifest}; charset=utf-8`]) {
        assert.equal((await put('type/b a', text, type)).status, 201);
        assert.equal((await served.ask('HEAD /v2/type/b/manifests/a')).header('content-type'), mediaTypes.ociManifest);
      }
    },
  );
});

describe('an index', () => {
  test('of the OCI may be sparse, Docker’s may not', unlike('all that an index names has to be there'), async () => {
    const manifests = [descriptorOf('not there', mediaTypes.ociManifest)];
    const oci = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
    assert.equal((await put('index/a oci', oci, mediaTypes.ociIndex)).status, 201);
    assert.equal((await served.ask('GET /v2/index/a/manifests/oci')).body.toString(), oci);
    const docker = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerIndex, manifests });
    assert.deepEqual(refused(await put('index/a docker', docker, mediaTypes.dockerIndex)), [
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    await pushBlob(served, 'index/a', '{}');
    const child = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: descriptorOf('{}', 'application/vnd.docker.container.image.v1+json'),
      layers: [],
    });
    await pushManifest(served, 'index/a', sha256(child), child, mediaTypes.dockerManifest);
    const whole = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerIndex,
      manifests: [descriptorOf(child, mediaTypes.dockerManifest)],
    });
    assert.equal((await put('index/a docker', whole, mediaTypes.dockerIndex)).status, 201);
  });
});

describe('pulling a manifest', () => {
  test(
    'what is not there is unknown',
    unlike('a reference that is none is an address that it does not know'),
    async () => {
      assert.deepEqual(refused(await served.ask('GET /v2/no/where/manifests/a')), [404, 'MANIFEST_UNKNOWN']);
      await pushBlob(served, 'some/where', 'x');
      assert.deepEqual(refused(await served.ask('GET /v2/some/where/manifests/a')), [404, 'MANIFEST_UNKNOWN']);
      assert.deepEqual(refused(await served.ask('GET /v2/some/where/manifests/.bad')), [404, 'MANIFEST_UNKNOWN']);
      const digest = sha256('nothing');
      assert.deepEqual(refused(await served.ask(`GET /v2/some/where/manifests/${digest}`)), [404, 'MANIFEST_UNKNOWN']);
      assert.deepEqual(refused(await served.ask('GET /v2/some/where/manifests/sha256:x')), [400, 'DIGEST_INVALID']);
    },
  );

  test('who has it already is told so', async () => {
    const digest = await pushManifest(served, 'pull/etag', 'a', await pushParts(served, 'pull/etag', ['layer']));
    const headers = { 'If-None-Match': `"${digest}"` };
    assert.equal((await served.ask('GET /v2/pull/etag/manifests/a', { headers })).status, 304);
  });
});

describe('deleting', () => {
  test('a tag leaves the manifest and its other tags', unlike('it does not delete tags'), async () => {
    const text = await pushParts(served, 'delete/tag', ['layer']);
    const digest = await pushManifest(served, 'delete/tag', 'a', text);
    await pushManifest(served, 'delete/tag', 'b', text);
    assert.equal((await served.ask('DELETE /v2/delete/tag/manifests/a')).status, 202);
    assert.equal((await served.ask('HEAD /v2/delete/tag/manifests/a')).status, 404);
    assert.deepEqual(refused(await served.ask('DELETE /v2/delete/tag/manifests/a')), [404, 'MANIFEST_UNKNOWN']);
    for (const reference of ['b', digest])
      assert.equal((await served.ask(`HEAD /v2/delete/tag/manifests/${reference}`)).status, 200);
  });

  test('a manifest takes its tags with it, and what else there is stays', async () => {
    const digest = await pushManifest(served, 'delete/all', 'a', await pushParts(served, 'delete/all', ['1']));
    await pushManifest(served, 'delete/all', 'other', await pushParts(served, 'delete/all', ['2']));
    assert.equal((await served.ask(`DELETE /v2/delete/all/manifests/${digest}`)).status, 202);
    for (const reference of ['a', digest])
      assert.equal((await served.ask(`HEAD /v2/delete/all/manifests/${reference}`)).status, 404);
    assert.deepEqual(refused(await served.ask(`DELETE /v2/delete/all/manifests/${digest}`)), [404, 'MANIFEST_UNKNOWN']);
    const listed = (await served.ask('GET /v2/delete/all/tags/list')).json();
    assert.deepEqual(listed, { name: 'delete/all', tags: ['other'] });
    const digestOfOther = sha256(await pushParts(served, 'delete/all', ['2']));
    assert.equal((await served.ask(`HEAD /v2/delete/all/manifests/${digestOfOther}`)).status, 200);
  });
});
