// What a builder has of a host's images, and keeps while it needs it.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { pullAll, testImages } from './fixture.ts';

test('what a step is about to stand on goes neither with another step’s nor with a removed host, and then with itself', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  const { builds } = host.images;
  const { diffIds } = builds.base('hello');
  const standing = await builds.stand(diffIds, {});
  const other = await builds.stand(diffIds, {});
  assert.notEqual(standing.image.id, other.image.id);
  other[Symbol.dispose]();
  images.store.sweepUnused();
  const use = { containerId: 'step', imageId: standing.image.id, running: false };
  host.uses.push(use);
  assert.equal(host.images.resolve(use.imageId).id, use.imageId);
  standing[Symbol.dispose]();
  assert.equal(host.images.resolve(use.imageId).id, use.imageId, 'its container has it');
  host.uses.pop();
  host.images.release(use.imageId);
  host.uses.push(use);
  assert.throws(() => host.images.resolve(use.imageId), { kind: 'notFound' });
  assert.deepEqual(images.store.check(), []);
});
