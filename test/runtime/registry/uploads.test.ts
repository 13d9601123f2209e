// Uploads: distribution-spec "Pushing blobs", whole and in chunks, cut off and gone on with, cancelled.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherRegistry, isReference, openRegistry, unlike } from '../../support/either-registry.ts';
import { type Answer, OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { until } from '../../support/until.ts';
import { closing, codeOf } from './contents.ts';

let served: EitherRegistry;
const content = 'abcdefghijklmnopqrstuvwxyz';
const digest = sha256(content);

beforeAll(async () => {
  served = await openRegistry();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

/** Begins an upload; its location. */
async function begin(repository: string): Promise<string> {
  const begun = await served.ask(`POST /v2/${repository}/blobs/uploads/`);
  assert.equal(begun.status, 202);
  // docker-registry has what it knows of the upload behind it, signed.
  assert.match(begun.header('location'), new RegExp(`^/v2/${repository}/blobs/uploads/[0-9a-f-]{36}(\\?_state=|$)`));
  assert.equal(begun.header('range'), '0-0');
  if (!isReference) assert.ok(Number(begun.header('oci-chunk-min-length')) > 0);
  return begun.header('location');
}

const chunk = (location: string, body: string, range: string): Promise<Answer> =>
  served.ask(`PATCH ${location}`, {
    body,
    headers: { 'Content-Range': range, 'Content-Type': 'application/octet-stream' },
  });

async function isPushed(repository: string, wanted = digest, text = content): Promise<void> {
  assert.equal((await served.ask(`GET /v2/${repository}/blobs/${wanted}`)).body.toString(), text);
}

/** The files of open uploads. */
const files = (): string[] => readdirSync(`${served.own.directory}/registry/uploads`);

describe('a blob in one piece', () => {
  test('POST, then PUT', async () => {
    const location = await begin('whole/put');
    const put = await served.ask(`PUT ${closing(location, digest)}`, { body: content });
    assert.deepEqual(
      [put.status, put.header('location'), put.header('docker-content-digest')],
      [201, `/v2/whole/put/blobs/${digest}`, digest],
    );
    await isPushed('whole/put');
  });

  test('POST alone', unlike('it begins an upload, and takes no body with it'), async () => {
    const pushed = await served.ask(`POST /v2/whole/post/blobs/uploads/?digest=${encodeURIComponent(digest)}`, {
      body: content,
    });
    assert.equal(pushed.status, 201);
    await isPushed('whole/post');
  });

  test(
    'PATCH without a range, then PUT without a body, as docker does',
    unlike('each of its answers names another place to go on at'),
    async () => {
      const location = await begin('whole/docker');
      const patched = await served.ask(`PATCH ${location}`, { body: content });
      assert.deepEqual([patched.status, patched.header('range'), patched.header('location')], [202, '0-25', location]);
      assert.equal((await served.ask(`PUT ${closing(location, digest)}`)).status, 201);
      await isPushed('whole/docker');
    },
  );

  test(
    'with another digest it is refused, and nothing of it stays',
    unlike('it does not take a blob with the first request, and tells another code'),
    async () => {
      for (const line of [`PUT ${await begin('whole/wrong')}?`, 'POST /v2/whole/wrong/blobs/uploads/?']) {
        const answer = await served.ask(`${line}digest=${digest}`, { body: 'other content' });
        assert.deepEqual([answer.status, codeOf(answer)], [400, 'DIGEST_INVALID']);
      }
      for (const wanted of [digest, sha256('other content')])
        assert.equal((await served.ask(`HEAD /v2/whole/wrong/blobs/${wanted}`)).status, 404);
      assert.deepEqual(files(), []);
    },
  );

  test('with a digest that is none, or none, it is refused', unlike('it gives the upload up'), async () => {
    const location = await begin('whole/none');
    for (const query of ['?digest=sha256:abc', '?digest=', '']) {
      const answer = await served.ask(`PUT ${location}${query}`, { body: content });
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'DIGEST_INVALID']);
    }
    assert.equal((await served.ask(`PUT ${closing(location, digest)}`, { body: content })).status, 201);
  });
});

describe('a blob in chunks', () => {
  test(
    'in order, the last one with the PUT',
    unlike('each of its answers names another place to go on at'),
    async () => {
      const location = await begin('chunks/order');
      assert.equal((await chunk(location, 'abcdefghij', '0-9')).header('range'), '0-9');
      assert.equal((await chunk(location, 'klmnopqrst', '10-19')).header('range'), '0-19');
      const put = await served.ask(`PUT ${closing(location, digest)}`, {
        body: 'uvwxyz',
        headers: { 'Content-Range': '20-25' },
      });
      assert.equal(put.status, 201);
      await isPushed('chunks/order');
    },
  );

  test('a gap or an overlap is refused and told where to go on', unlike('it does not look at ranges'), async () => {
    const location = await begin('chunks/gap');
    await chunk(location, 'abcdefghij', '0-9');
    for (const [method, query] of [
      ['PATCH', ''],
      ['PUT', `?digest=${digest}`],
    ]) {
      for (const range of ['15-20', '5-10', '0-5', '11-16']) {
        const answer = await served.ask(`${method} ${location}${query}`, {
          body: 'xxxxxx',
          headers: { 'Content-Range': range },
        });
        assert.deepEqual(
          [answer.status, codeOf(answer), answer.header('location'), answer.header('range')],
          [416, 'RANGE_INVALID', location, '0-9'],
        );
      }
    }
    const state = await served.ask(`GET ${location}`);
    assert.deepEqual([state.status, state.header('range'), state.header('location')], [204, '0-9', location]);
    await chunk(location, content.slice(10), '10-25');
    assert.equal((await served.ask(`PUT ${closing(location, digest)}`)).status, 201);
    await isPushed('chunks/gap');
  });

  test(
    'a range that is none, or is not as long as the body, is refused',
    unlike('it does not look at ranges'),
    async () => {
      const location = await begin('chunks/bad');
      for (const range of ['abc', '9-0', '-5', '5'])
        assert.equal(codeOf(await chunk(location, 'abc', range)), 'BLOB_UPLOAD_INVALID');
      assert.deepEqual([codeOf(await chunk(location, 'abc', '0-9'))], ['SIZE_INVALID']);
      assert.equal((await served.ask(`GET ${location}`)).header('range'), '0-0');
    },
  );

  test(
    'what is cut off is gone on with from where it was cut',
    unlike('it does not tell the test that it knows of the cut'),
    async () => {
      const location = await begin('chunks/cut');
      const request = http.request(`${served.url}${location}`, { method: 'PATCH', headers: { 'Content-Length': 26 } });
      request.on('error', () => undefined);
      const seen = once(served.own.seen, 'PATCH');
      request.write('abcdefghij');
      // A cut before that is no cut of this upload.
      await seen;
      request.destroy();
      await until('the cut is known', async () => {
        const { status } = await served.ask(`GET ${location}`);
        return status === 204 && served.own.inHand === 0;
      });
      const at = Number((await served.ask(`GET ${location}`)).header('range').split('-')[1]);
      const from = at === 0 ? 0 : at + 1;
      const rest = await chunk(location, content.slice(from), `${from}-25`);
      assert.equal(rest.status, 202);
      assert.equal((await served.ask(`PUT ${closing(location, digest)}`)).status, 201);
      await isPushed('chunks/cut');
    },
  );

  test(
    'whoever comes back while the registry does not know of the cut ends what hangs',
    unlike('both go on'),
    async () => {
      const location = await begin('chunks/hang');
      const hanging = http.request(`${served.url}${location}`, { method: 'PATCH', headers: { 'Content-Length': 26 } });
      hanging.on('error', () => undefined);
      const ended = new Promise((resolve) => hanging.once('close', resolve));
      const seen = once(served.own.seen, 'PATCH');
      hanging.write('abcde');
      await seen;
      assert.equal((await served.ask(`PUT ${closing(location, sha256('other'))}`)).status, 400);
      await ended;
      assert.equal((await served.ask(`GET ${location}`)).status, 404);
    },
  );
});

describe('an upload', () => {
  test('is cancelled, and then unknown', unlike('one of the requests has another code'), async () => {
    const location = await begin('cancel/a');
    await chunk(location, 'abc', '0-2');
    assert.equal((await served.ask(`DELETE ${location}`)).status, 204);
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const answer = await served.ask(`${method} ${location}?digest=${digest}`);
      assert.deepEqual([answer.status, codeOf(answer)], [404, 'BLOB_UPLOAD_UNKNOWN']);
    }
    assert.ok(!files().includes(location.slice(-36)));
  });

  test('is known to its own repository alone', unlike('it has another code'), async () => {
    const location = await begin('cancel/own');
    const elsewhere = location.replace('cancel/own', 'cancel/other');
    assert.equal(codeOf(await served.ask(`GET ${elsewhere}`)), 'BLOB_UPLOAD_UNKNOWN');
    assert.equal((await served.ask(`DELETE ${location}`)).status, 204);
  });

  test('goes on after a restart', unlike('it is ours that is started again'), async () => {
    await using first = await OwnRegistry.open();
    const location = (await first.ask('POST /v2/again/a/blobs/uploads/')).header('location');
    await first.ask(`PATCH ${location}`, { body: content.slice(0, 10) });
    await first.reopen();
    assert.equal((await first.ask(`GET ${location}`)).header('range'), '0-9');
    const put = await first.ask(`PUT ${closing(location, digest)}`, { body: content.slice(10) });
    assert.equal(put.status, 201);
    assert.equal((await first.ask(`GET /v2/again/a/blobs/${digest}`)).body.toString(), content);
  });
});
