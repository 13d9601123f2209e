// What happens to an upload, a blob or a file while something else happens to it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { test } from 'vitest';
import { maxUploadIdleMs } from '../../../runtime/limits.ts';
import { BlobFiles } from '../../../runtime/registry/blob-files.ts';
import { Blobs } from '../../../runtime/store/blobs.ts';
import { OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { until } from '../../support/until.ts';
import { temporaryDirectory } from '../images/fixture.ts';
import { codeOf, pushBlob, pushManifest, pushParts } from './contents.ts';

const KiB = 1024;

/** A chunk of `bytes` bytes of which `sent` are sent: they are being taken when it resolves. */
async function halfSent(
  served: OwnRegistry,
  location: string,
  sent: string,
  bytes: number,
): Promise<{ readonly request: http.ClientRequest; readonly ended: Promise<unknown> }> {
  const request = http.request(`${served.url}${location}`, { method: 'PATCH', headers: { 'Content-Length': bytes } });
  request.on('error', () => undefined);
  const ended = new Promise((resolve) => request.once('close', resolve));
  const seen = once(served.seen, 'PATCH');
  request.write(sent);
  const [incoming] = (await seen) as [http.IncomingMessage];
  const [, repository = '', id = ''] = /^\/v2\/(.+)\/blobs\/uploads\/(.+)$/.exec(location) ?? [];
  await until('it is being taken', () => {
    return served.registry.uploads.need(repository, id).isBusy && incoming.socket.bytesRead > sent.length;
  });
  return { request, ended };
}

test('an upload to a repository that is removed ends, is unknown, and counts no more', async () => {
  await using served = await OwnRegistry.open({ quotaOf: () => 10 * KiB });
  const begin = async (): Promise<string> => (await served.ask('POST /v2/gone/a/blobs/uploads/')).header('location');
  const location = await begin();
  const { ended } = await halfSent(served, location, 'x'.repeat(8 * KiB), 9 * KiB);
  served.registry.database.transaction(() => served.registry.removeNamespace('gone'));
  await ended;
  await until('its request is answered', () => served.inHand === 0);
  const after = await served.ask(`PUT ${location}?digest=${sha256('x')}`);
  assert.deepEqual([after.status, codeOf(after)], [404, 'BLOB_UPLOAD_UNKNOWN']);
  assert.equal(served.registry.repositories.find('gone/a'), null);
  const again = await served.ask(`PATCH ${await begin()}`, { body: 'y'.repeat(8 * KiB) });
  assert.equal(again.status, 202, again.body.toString());
});

test('an upload whose bytes come for longer than others may be idle is not taken for idle', async () => {
  await using served = await OwnRegistry.open();
  const location = (await served.ask('POST /v2/slow/a/blobs/uploads/')).header('location');
  const idle = (await served.ask('POST /v2/slow/a/blobs/uploads/')).header('location');
  const { request } = await halfSent(served, location, 'abc', 6);
  const answered = once(request, 'response');
  assert.equal(served.registry.uploads.removeIdle(Date.now() + maxUploadIdleMs + 1000), 1);
  assert.equal((await served.ask(`GET ${idle}`)).status, 404);
  request.end('def');
  const [response] = (await answered) as [http.IncomingMessage];
  response.resume();
  assert.equal(response.statusCode, 202);
  assert.equal((await served.ask(`PUT ${location}?digest=${sha256('abcdef')}`)).status, 201);
});

test('a file goes only when it is on the disk that its row has gone, however many collect at once', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new Blobs(`${directory.path}/blobs`);
  const digests = ['one', 'other'].map((text) => blobs.putDocument(text).digest);
  const [one = '', other = ''] = digests;
  let rows: readonly string[] = digests;
  await using files = await BlobFiles.open(blobs, (sha256) => rows.includes(sha256));
  rows = [other];
  files.leave(one);
  // This collection waits for the disk now, and meanwhile another one takes away a row.
  const { left } = files;
  rows = [];
  files.leave(other);
  await files.removeLeaving(left);
  assert.deepEqual([blobs.has(one), blobs.has(other)], [false, true]);
  await files.removeLeaving(files.left);
  assert.equal(blobs.has(other), false);
});

test('a blob whose file was lost is unknown to whoever may push, who so sends it again', async () => {
  await using served = await OwnRegistry.open();
  const digest = await pushBlob(served, 'lost/a', 'lost');
  rmSync(served.blobs.path(digest));
  // As docker does: first it asks.
  const asked = await served.ask(`HEAD /v2/lost/a/blobs/${digest}`);
  assert.equal(asked.status, 404);
  for (const from of ['&from=lost/a', ''])
    assert.equal((await served.ask(`POST /v2/lost/b/blobs/uploads/?mount=${digest}${from}`)).status, 202);
  await served.registry.blobs.give('lost/a', { sha256: digest, size: 4 }, null, async (path) =>
    writeFileSync(path, 'lost'),
  );
  assert.equal((await served.ask(`GET /v2/lost/a/blobs/${digest}`)).body.toString(), 'lost');
  assert.deepEqual(served.registry.check(), []);
});

test('a tag that moves while it is pulled is one or the other, whole; a manifest that is deleted is there or not', async () => {
  await using served = await OwnRegistry.open();
  const texts = await Promise.all(['1', '2'].map((layer) => pushParts(served, 'moves/a', [layer])));
  await pushManifest(served, 'moves/a', 'v', texts[0] ?? '');
  const mover = (async () => {
    for (let round = 0; round < 40; round++) {
      await pushManifest(served, 'moves/a', 'v', texts[round % 2] ?? '');
      if (round % 5 === 0) await served.ask(`DELETE /v2/moves/a/manifests/${sha256(texts[(round + 1) % 2] ?? '')}`);
    }
  })();
  let seen = 0;
  const pull = async (): Promise<void> => {
    while (seen < 200) {
      const got = await served.ask('GET /v2/moves/a/manifests/v');
      seen++;
      assert.equal(got.status, 200);
      assert.ok(texts.includes(got.body.toString()));
      assert.equal(got.header('docker-content-digest'), sha256(got.body));
    }
  };
  await Promise.all([mover, pull(), pull(), pull()]);
});
