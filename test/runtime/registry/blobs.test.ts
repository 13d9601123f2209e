// Blobs: pulling (distribution-spec "Pulling blobs"), ranges (RFC 9110 §14), deletion, mounts, and digests by sha512.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherRegistry, openRegistry, unlike } from '../../support/either-registry.ts';
import { sha256, sha512 } from '../../support/own-registry.ts';
import { closing, codeOf, pushBlob } from './contents.ts';

let served: EitherRegistry;

beforeAll(async () => {
  served = await openRegistry();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

describe('pulling a blob', () => {
  test(
    'one that is not there is unknown, and a digest that is none is invalid',
    unlike('a digest that is none is no address to it: 404, as text'),
    async () => {
      const digest = sha256('nowhere');
      for (const method of ['GET', 'HEAD']) {
        const answer = await served.ask(`${method} /v2/pull/a/blobs/${digest}`);
        assert.equal(answer.status, 404);
        assert.match(answer.header('content-type'), /^application\/json\b/);
      }
      assert.equal(codeOf(await served.ask(`GET /v2/pull/a/blobs/${digest}`)), 'BLOB_UNKNOWN');
      for (const bad of [
        'sha256:abc',
        `sha256:${'A'.repeat(64)}`,
        `md5:${'a'.repeat(32)}`,
        'abc',
        `sha512:${'a'.repeat(64)}`,
      ]) {
        const answer = await served.ask(`GET /v2/pull/a/blobs/${bad}`);
        assert.deepEqual([answer.status, codeOf(answer)], [400, 'DIGEST_INVALID']);
      }
    },
  );

  test('one that another repository has is unknown too (B04)', async () => {
    const digest = await pushBlob(served, 'pull/owner', 'mine');
    assert.equal(codeOf(await served.ask(`GET /v2/pull/other/blobs/${digest}`)), 'BLOB_UNKNOWN');
  });

  test('an empty blob is a blob', async () => {
    const digest = await pushBlob(served, 'pull/empty', '');
    const got = await served.ask(`GET /v2/pull/empty/blobs/${digest}`);
    assert.deepEqual([got.status, got.header('content-length'), got.body.length], [200, '0', 0]);
  });

  test('who has it already is told so', async () => {
    const digest = await pushBlob(served, 'pull/known', 'known');
    const headers = { 'If-None-Match': `W/"x", "${digest}"` };
    assert.equal((await served.ask(`GET /v2/pull/known/blobs/${digest}`, { headers })).status, 304);
  });
});

describe('ranges of a blob', () => {
  const content = Buffer.from(Array.from({ length: 2000 }, (_, n) => n % 251));
  const digest = sha256(content);

  beforeAll(async () => {
    await pushBlob(served, 'range/a', content);
  });

  const served206: readonly [string, number, number][] = [
    ['bytes=500-1499', 500, 1499],
    ['bytes=500-', 500, 1999],
    ['bytes=-500', 1500, 1999],
    ['bytes=-5000', 0, 1999],
    ['bytes=1500-9999', 1500, 1999],
    ['bytes=0-0', 0, 0],
    ['bytes=1999-1999', 1999, 1999],
  ];
  for (const [range, start, end] of served206) {
    test(`${range} is ${start} to ${end}`, async () => {
      const got = await served.ask(`GET /v2/range/a/blobs/${digest}`, { headers: { Range: range } });
      assert.deepEqual(
        [got.status, got.header('content-range'), got.header('content-length')],
        [206, `bytes ${start}-${end}/2000`, String(end - start + 1)],
      );
      assert.deepEqual(got.body, content.subarray(start, end + 1));
    });
  }

  for (const range of ['bytes=500-0', 'bytes=2000-', 'bytes=5000-6000', 'bytes=-0']) {
    test(`${range} is of nothing`, unlike('its 416 has no code, and a body that breaks off'), async () => {
      const got = await served.ask(`GET /v2/range/a/blobs/${digest}`, { headers: { Range: range } });
      assert.deepEqual([got.status, codeOf(got), got.header('content-range')], [416, 'RANGE_INVALID', 'bytes */2000']);
    });
  }

  for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=-', 'bytes=a-b']) {
    test(`${range} is ignored`, unlike('it answers several parts, and 416 to what is no range'), async () => {
      const got = await served.ask(`GET /v2/range/a/blobs/${digest}`, { headers: { Range: range } });
      assert.deepEqual([got.status, got.body.length], [200, 2000]);
    });
  }
});

describe('deleting a blob', () => {
  test('is effective at once, in that repository alone', async () => {
    const digest = await pushBlob(served, 'delete/a', 'shared');
    await pushBlob(served, 'delete/b', 'shared');
    assert.equal((await served.ask(`DELETE /v2/delete/a/blobs/${digest}`)).status, 202);
    assert.equal((await served.ask(`HEAD /v2/delete/a/blobs/${digest}`)).status, 404);
    assert.equal(codeOf(await served.ask(`DELETE /v2/delete/a/blobs/${digest}`)), 'BLOB_UNKNOWN');
    assert.equal((await served.ask(`GET /v2/delete/b/blobs/${digest}`)).body.toString(), 'shared');
  });
});

describe('mounting a blob from another repository', () => {
  test('gives it without sending it', async () => {
    const digest = await pushBlob(served, 'mount/from', 'to be mounted');
    const mounted = await served.ask(`POST /v2/mount/to/blobs/uploads/?mount=${digest}&from=mount/from`);
    assert.deepEqual(
      [mounted.status, mounted.header('location'), mounted.header('docker-content-digest')],
      [201, `/v2/mount/to/blobs/${digest}`, digest],
    );
    assert.equal((await served.ask(`GET ${mounted.header('location')}`)).body.toString(), 'to be mounted');
  });

  test('begins an upload where that repository has not got it', async () => {
    const digest = await pushBlob(served, 'mount/elsewhere', 'elsewhere');
    const begun = await served.ask(`POST /v2/mount/to/blobs/uploads/?mount=${digest}&from=mount/nowhere`);
    assert.equal(begun.status, 202);
    const put = await served.ask(`PUT ${closing(begun.header('location'), digest)}`, { body: 'elsewhere' });
    assert.equal(put.status, 201);
  });

  test(
    'takes it from any repository, where none is named',
    unlike('it mounts only from a repository that is named'),
    async () => {
      const digest = await pushBlob(served, 'mount/any', 'from anywhere');
      assert.equal((await served.ask(`POST /v2/mount/anon/blobs/uploads/?mount=${digest}`)).status, 201);
      const unknown = await served.ask(`POST /v2/mount/anon/blobs/uploads/?mount=${sha256('nobody has it')}`);
      assert.equal(unknown.status, 202);
    },
  );
});

describe('digests by sha512', () => {
  test(
    'a blob is found by the digest that it was sent by, and by either when it was sent by both',
    unlike('it knows sha256 alone'),
    async () => {
      const [short, long] = [sha256('by both'), sha512('by both')];
      const found = (): Promise<number[]> =>
        Promise.all([short, long].map(async (one) => (await served.ask(`HEAD /v2/sha/a/blobs/${one}`)).status));
      const begun = await served.ask('POST /v2/sha/a/blobs/uploads/?digest-algorithm=sha512');
      const put = await served.ask(`PUT ${closing(begun.header('location'), long)}`, { body: 'by both' });
      assert.deepEqual([put.status, put.header('docker-content-digest')], [201, long]);
      assert.deepEqual(await found(), [404, 200]);
      await pushBlob(served, 'sha/a', 'by both');
      assert.deepEqual(await found(), [200, 200]);
      for (const one of [short, long]) {
        const got = await served.ask(`GET /v2/sha/a/blobs/${one}`);
        assert.deepEqual([got.header('docker-content-digest'), got.body.toString()], [one, 'by both']);
      }
      assert.equal((await served.ask(`DELETE /v2/sha/a/blobs/${short}`)).status, 202);
      assert.deepEqual(await found(), [404, 200]);
      assert.equal((await served.ask(`DELETE /v2/sha/a/blobs/${long}`)).status, 202);
      assert.deepEqual(await found(), [404, 404]);
    },
  );

  test('is known at the end only: the bytes are read once more', unlike('it knows sha256 alone'), async () => {
    const digest = sha512('late');
    const begun = await served.ask('POST /v2/sha/late/blobs/uploads/');
    await served.ask(`PATCH ${begun.header('location')}`, { body: 'late' });
    const put = await served.ask(`PUT ${closing(begun.header('location'), digest)}`);
    assert.equal(put.status, 201);
    assert.equal((await served.ask(`HEAD /v2/sha/late/blobs/${digest}`)).status, 200);
  });

  test('one content is one file, by whatever digests it was sent', unlike('it knows sha256 alone'), async () => {
    const files = (): number => readdirSync(`${served.own.directory}/registry/blobs/sha256`).length;
    await pushBlob(served, 'sha/one', 'one content');
    const before = files();
    const digest = sha512('one content');
    const pushed = await served.ask(`POST /v2/sha/two/blobs/uploads/?digest=${digest}`, { body: 'one content' });
    assert.equal(pushed.status, 201);
    assert.equal(files(), before);
    assert.equal((await served.ask(`HEAD /v2/sha/two/blobs/${digest}`)).status, 200);
  });

  test(
    'an algorithm that is not computed is refused',
    unlike('it begins an upload, whatever the algorithm'),
    async () => {
      const answer = await served.ask('POST /v2/sha/a/blobs/uploads/?digest-algorithm=md5');
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'BLOB_UPLOAD_INVALID']);
    },
  );
});
