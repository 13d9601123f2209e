// What a builder has of a host's images, and keeps while it needs it.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { pullAll, testImages } from './fixture.ts';

test('what a step stands on is there until it is let go, and no other step’s end takes it away', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  const { builds } = host.images;
  const { diffIds } = builds.base('hello');
  const standing = builds.stand(diffIds, {});
  const other = builds.stand(diffIds, {});
  assert.notEqual(standing.image.id, other.image.id);
  assert.deepEqual(standing.image.layers, host.images.resolve('hello').layers);
  other[Symbol.dispose]();
  images.store.sweepUnused();
  assert.equal(host.images.resolve(standing.image.id), standing.image);
  assert.throws(() => host.images.resolve(other.image.id), { kind: 'notFound' });
  standing[Symbol.dispose]();
  assert.throws(() => host.images.resolve(standing.image.id), { kind: 'notFound' });
  assert.deepEqual(images.store.check(), []);
});
