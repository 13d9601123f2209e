// What is kept and what goes: quotas, garbage collection beside pushes (B09), and files that the hosts' images have too.

import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { blobGraceMs, namedBlobGraceMs } from '../../../runtime/limits.ts';
import { Blobs } from '../../../runtime/store/blobs.ts';
import { OwnRegistry, sha256, sha512 } from '../../support/own-registry.ts';
import { until } from '../../support/until.ts';
import { codeOf, descriptorOf, mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

const KiB = 1024;

const filesOf = ({ directory }: OwnRegistry): string[] =>
  readdirSync(`${directory}/registry/blobs/sha256`).map((hex) => `sha256:${hex}`);

describe('the quota of a namespace', () => {
  const quotaOf = (namespace: string): number => (namespace === 'small' ? 10 * KiB : 1000 * KiB);
  const text = (letter: string, length: number): string => letter.repeat(length);

  test('counts a blob once, and refuses what would be too much, which leaves nothing', async () => {
    await using served = await OwnRegistry.open({ quotaOf });
    await pushBlob(served, 'small/a', text('a', 6 * KiB));
    await pushBlob(served, 'small/b', text('a', 6 * KiB));
    const more = text('b', 6 * KiB);
    const begun = await served.ask('POST /v2/small/b/blobs/uploads/');
    await served.ask(`PATCH ${begun.header('location')}`, { body: more });
    for (const line of ['POST /v2/small/b/blobs/uploads/?', `PUT ${begun.header('location')}?`]) {
      const body = line.startsWith('POST') ? more : '';
      const refused = await served.ask(`${line}digest=${sha256(more)}`, { body });
      assert.deepEqual([refused.status, codeOf(refused)], [403, 'DENIED'], line);
      assert.match(refused.body.toString(), /small may hold/);
    }
    assert.equal((await served.ask(`HEAD /v2/small/b/blobs/${sha256(more)}`)).status, 404);
    await served.registry.collect();
    assert.deepEqual(filesOf(served), [sha256(text('a', 6 * KiB))]);
    assert.deepEqual(readdirSync(`${served.directory}/registry/uploads`), []);
    await pushBlob(served, 'other/b', more);
    const mounted = await served.ask(`POST /v2/small/a/blobs/uploads/?mount=${sha256(more)}&from=other/b`);
    assert.deepEqual([mounted.status, codeOf(mounted)], [403, 'DENIED']);
    assert.equal((await served.ask(`HEAD /v2/small/a/blobs/${sha256(more)}`)).status, 404);
    await pushBlob(served, 'small/a', text('c', 3 * KiB));
  });

  test('counts manifests, and what is being sent', async () => {
    await using served = await OwnRegistry.open({ quotaOf });
    const manifest = await pushParts(served, 'small/m', [], { annotations: { x: text('x', 11 * KiB) } });
    const refused = await served.ask('PUT /v2/small/m/manifests/a', { body: manifest });
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'DENIED']);
    assert.equal((await served.ask('HEAD /v2/small/m/manifests/a')).status, 404);
    const [first, second] = [
      await served.ask('POST /v2/small/m/blobs/uploads/'),
      await served.ask('POST /v2/small/n/blobs/uploads/'),
    ];
    assert.equal((await served.ask(`PATCH ${first.header('location')}`, { body: text('y', 6 * KiB) })).status, 202);
    assert.equal((await served.ask(`PATCH ${second.header('location')}`, { body: text('z', 6 * KiB) })).status, 403);
    await served.ask(`DELETE ${first.header('location')}`);
    assert.equal((await served.ask(`PATCH ${second.header('location')}`, { body: text('z', 3 * KiB) })).status, 202);
  });

  test('is not used by what was deleted', async () => {
    await using served = await OwnRegistry.open({ quotaOf });
    const digest = await pushBlob(served, 'small/d', text('a', 8 * KiB));
    await served.ask(`DELETE /v2/small/d/blobs/${digest}`);
    await pushBlob(served, 'small/d', text('b', 8 * KiB));
  });

  test('uploads that are open are bounded', async () => {
    await using served = await OwnRegistry.open();
    const begin = async (): Promise<number> => (await served.ask('POST /v2/many/a/blobs/uploads/')).status;
    for (let n = 0; n < 100; n++) assert.equal(await begin(), 202);
    assert.equal(await begin(), 429);
    assert.equal((await served.ask('POST /v2/others/a/blobs/uploads/')).status, 202);
  });
});

describe('garbage collection', () => {
  test('keeps what manifests name, and what nobody names for its grace time; the rest goes with its file', async () => {
    await using served = await OwnRegistry.open();
    const manifest = await pushParts(served, 'gc/a', ['named']);
    const tagged = await pushManifest(served, 'gc/a', 'v1', manifest);
    const unnamed = await pushBlob(served, 'gc/a', 'not named');
    await served.registry.collect();
    assert.equal((await served.ask(`HEAD /v2/gc/a/blobs/${unnamed}`)).status, 200);
    const { blobs, bytes } = await served.registry.collect(-1);
    assert.deepEqual([blobs, bytes], [1, 'not named'.length]);
    assert.equal((await served.ask(`HEAD /v2/gc/a/blobs/${unnamed}`)).status, 404);
    assert.ok(!filesOf(served).includes(unnamed));
    assert.equal((await served.ask(`GET /v2/gc/a/blobs/${sha256('named')}`)).body.toString(), 'named');
    await served.ask(`DELETE /v2/gc/a/manifests/${tagged}`);
    await served.registry.collect(-1);
    assert.deepEqual(filesOf(served), []);
    assert.deepEqual((await served.ask('GET /v2/_catalog')).json(), { repositories: [] });
  });

  test('what a deleted image had is kept for minutes, for who may be about to name it, and for the hour of who has asked for it', async () => {
    await using served = await OwnRegistry.open();
    const image = await pushManifest(served, 'gc/b', 'v1', await pushParts(served, 'gc/b', ['named', 'asked for']));
    const sent = await pushBlob(served, 'gc/b', 'just sent');
    await served.ask(`DELETE /v2/gc/b/manifests/${image}`);
    const there = async (): Promise<string[]> => {
      const contents = ['named', 'asked for', 'just sent'];
      const has = contents.map((text) => served.registry.blobs.has('gc/b', sha256(text)));
      return contents.filter((_, n) => has[n]);
    };
    await served.registry.collect();
    assert.deepEqual(await there(), ['named', 'asked for', 'just sent']);
    assert.equal((await served.ask(`HEAD /v2/gc/b/blobs/${sha256('asked for')}`)).status, 200);
    // As after these minutes.
    await served.registry.collect(blobGraceMs - namedBlobGraceMs - 1);
    assert.deepEqual(await there(), ['asked for', 'just sent']);
    assert.equal((await served.ask(`HEAD /v2/gc/b/blobs/${sent}`)).status, 200);
  });

  test('follows a deletion', async () => {
    await using served = await OwnRegistry.open();
    const digest = await pushBlob(served, 'gc/soon', 'not for long');
    await served.ask(`DELETE /v2/gc/soon/blobs/${digest}`);
    await until('its file has gone', () => !served.blobs.has(digest));
  });

  test('a file that was lost is found missing, and comes back with the next push', async () => {
    await using served = await OwnRegistry.open();
    const digest = await pushBlob(served, 'gc/lost', 'lost');
    rmSync(served.blobs.path(digest));
    assert.match(served.registry.check().join(), new RegExp(digest));
    const gone = await served.ask(`GET /v2/gc/lost/blobs/${digest}`);
    assert.deepEqual([gone.status, codeOf(gone)], [404, 'BLOB_UNKNOWN']);
    await pushBlob(served, 'gc/lost', 'lost');
    assert.deepEqual(served.registry.check(), []);
    assert.equal((await served.ask(`GET /v2/gc/lost/blobs/${digest}`)).body.toString(), 'lost');
  });

  test('keeps what another repository has', async () => {
    await using served = await OwnRegistry.open();
    await pushManifest(served, 'gc/one', 'v1', await pushParts(served, 'gc/one', ['shared']));
    await pushBlob(served, 'gc/two', 'shared');
    await served.registry.collect(-1);
    assert.equal((await served.ask(`HEAD /v2/gc/two/blobs/${sha256('shared')}`)).status, 404);
    assert.equal((await served.ask(`GET /v2/gc/one/blobs/${sha256('shared')}`)).body.toString(), 'shared');
  });

  test('keeps a blob that a manifest names by its sha512', async () => {
    await using served = await OwnRegistry.open();
    const digest = await pushBlob(served, 'gc/sha', '{}');
    const other = sha512('{}');
    await served.ask(`POST /v2/gc/sha/blobs/uploads/?digest=${other}`, { body: '{}' });
    const config = descriptorOf('{}', 'application/vnd.oci.empty.v1+json', other);
    await pushManifest(
      served,
      'gc/sha',
      'v1',
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] }),
    );
    await served.registry.collect(-1);
    assert.equal((await served.ask(`HEAD /v2/gc/sha/blobs/${digest}`)).status, 200);
  });

  test('B09: pushes go on while it runs: what was acknowledged is there, and nothing half is served', async () => {
    await using served = await OwnRegistry.open();
    const pushing = new AbortController();
    const collecting = (async () => {
      while (!pushing.signal.aborted) await served.registry.collect(-1);
    })();
    // The same few contents come and go in many repositories.
    const push = async (n: number): Promise<void> => {
      for (let round = 0; round < 12; round++) {
        const layers = [`layer ${round % 3}`, `layer of ${n}`];
        const repository = `race/${n}`;
        const manifest = await pushParts(served, repository, layers, { annotations: { of: repository } });
        const pushed = await served.ask(`PUT /v2/${repository}/manifests/v`, { body: manifest });
        // With no grace at all a blob may be gone before the manifest comes: then it says so.
        if (pushed.status === 400) {
          assert.equal(codeOf(pushed), 'MANIFEST_BLOB_UNKNOWN');
          continue;
        }
        assert.equal(pushed.status, 201);
        for (const layer of layers) {
          const got = await served.ask(`GET /v2/${repository}/blobs/${sha256(layer)}`);
          assert.deepEqual([got.status, got.body.toString()], [200, layer]);
        }
        if (round % 2 === 0) await served.ask(`DELETE /v2/${repository}/manifests/${sha256(manifest)}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => push(n)));
    pushing.abort();
    await collecting;
    await served.registry.collect(-1);
    assert.deepEqual(served.registry.check(), []);
  });
});

describe('a file that the hosts’ images have too', () => {
  test('is one file with two names; either may go', async () => {
    await using served = await OwnRegistry.open();
    const images = new Blobs(`${served.directory}/images`);
    served.blobs.shareWith(images);
    const inode = (path: string): number => statSync(path).ino;
    // The image is there first.
    const { digest } = images.putDocument('layer of an image');
    await pushBlob(served, 'shared/a', 'layer of an image');
    assert.equal(inode(served.blobs.path(digest)), inode(images.path(digest)));
    images.remove(digest);
    assert.equal((await served.ask(`GET /v2/shared/a/blobs/${digest}`)).body.toString(), 'layer of an image');
    // The push is there first.
    const pushed = await pushBlob(served, 'shared/a', 'layer that was pushed');
    writeFileSync(`${served.directory}/brought`, 'layer that was pushed');
    await images.adopt(`${served.directory}/brought`, pushed);
    assert.equal(inode(served.blobs.path(pushed)), inode(images.path(pushed)));
    await served.ask(`DELETE /v2/shared/a/blobs/${pushed}`);
    await served.registry.collect(-1);
    assert.deepEqual([served.blobs.has(pushed), images.has(pushed)], [false, true]);
    assert.equal(images.read(pushed, 100).toString(), 'layer that was pushed');
  });
});
