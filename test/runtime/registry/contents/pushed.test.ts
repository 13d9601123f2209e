// Images are looked into after their push, beside what else goes on; and after a restart those that were not yet.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import type { Content } from '../../../../runtime/registry/contents/content.ts';
import { OwnRegistry } from '../../../support/own-registry.ts';
import { mediaTypes, pushParts } from '../contents.ts';
import { debianBase, pushImage } from './images.ts';

let served: OwnRegistry;
const never = new AbortController().signal;
const service = { unpacked: () => null, official: null };

beforeEach(async () => {
  served = await OwnRegistry.open();
});
afterEach(() => served[Symbol.asyncDispose]());

async function contentOf(repository: string, digest: string): Promise<Content> {
  const stored = await served.registry.contents.of({ repository, digest, isOfficial: false }, never);
  assert.ok(stored && 'content' in stored, JSON.stringify(stored));
  return stored.content;
}

const rows = (): number => Number(served.registry.database.get('SELECT count(*) AS many FROM content')?.many);

test('an image is looked into after its push; the same in another repository is not looked into again', async () => {
  served.registry.contents.start(service);
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  const found = await contentOf('ann/app', digest);
  assert.equal(found.packages.length, 4);
  const { made } = served.registry.database.get('SELECT made FROM content') ?? {};
  const again = await pushImage(served, 'bob/app', [debianBase]);
  assert.equal(again.digest, digest);
  assert.deepEqual(await contentOf('bob/app', digest), found);
  assert.deepEqual(served.registry.database.all('SELECT made FROM content'), [{ __proto__: null, made }]);
});

test('what was pushed while nobody looked is looked into after the next start', async () => {
  const images = await Promise.all(
    ['ann/a', 'ann/b', 'bob/c'].map((name) => pushImage(served, name, [debianBase, [[{ name: name }, 'x']]])),
  );
  await served.reopen();
  assert.equal(rows(), 0);
  served.registry.contents.start(service);
  for (const [n, name] of ['ann/a', 'ann/b', 'bob/c'].entries())
    assert.equal((await contentOf(name, images[n]?.digest ?? '')).packages.length, 4);
  assert.equal(rows(), 3);
});

test('what is in an image goes with its last repository', async () => {
  served.registry.contents.start(service);
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  await pushImage(served, 'bob/app', [debianBase]);
  await contentOf('ann/app', digest);
  await served.ask(`DELETE /v2/ann/app/manifests/${digest}`);
  await served.registry.collect(0);
  assert.equal(rows(), 1);
  await served.ask(`DELETE /v2/bob/app/manifests/${digest}`);
  await served.registry.collect(0);
  assert.equal(rows(), 0);
});

test('an image that cannot be read is told as that, and the next one is looked into all the same', async () => {
  served.registry.contents.start(service);
  const text = await pushParts(served, 'ann/broken', ['no archive']);
  const answer = await served.ask('PUT /v2/ann/broken/manifests/1', {
    body: text,
    headers: { 'Content-Type': mediaTypes.ociManifest },
  });
  const digest = answer.header('docker-content-digest');
  const broken = await served.registry.contents.of({ repository: 'ann/broken', digest, isOfficial: false }, never);
  assert.ok(broken && 'failure' in broken, JSON.stringify(broken));
  const next = await pushImage(served, 'ann/app', [debianBase]);
  assert.equal((await contentOf('ann/app', next.digest)).packages.length, 4);
});

test('who does not wait is told that it is coming', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  served.registry.contents.start(service);
  const image = { repository: 'ann/app', digest, isOfficial: false };
  assert.equal(await served.registry.contents.of(image, AbortSignal.abort()), null);
  assert.equal((await contentOf('ann/app', digest)).packages.length, 4);
});
