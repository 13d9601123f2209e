// What builds keep of their steps, beside the images of their host.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { pullAll, testImages } from './fixture.ts';

const gibibyte = 1024 ** 3;

test('the cache of builds gives way to what images hold: what was used least lately goes first', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'busybox');
  const { builds } = host.images;
  const { steps } = builds;
  const layer = (name: string, bytes: number) => {
    const diffId = `sha256:${name.repeat(64)}`;
    steps.add({ key: name, id: name, diffId, bytes, description: name });
  };
  layer('a', 0.3 * gibibyte);
  layer('b', 0.3 * gibibyte);
  layer('c', 0.3 * gibibyte);
  const names = (): string[] => steps.all().map(({ id }) => id);
  const document = builds.document('busybox');
  const image = (comment: string): string => JSON.stringify({ ...document, comment });
  await builds.finish(image('one'), gibibyte);
  assert.deepEqual(names(), ['a', 'b', 'c'], 'together they have less than a host may');
  await builds.finish(image('two'), 0.5 * gibibyte);
  assert.deepEqual(names(), ['c']);
  // A layer that an image has is counted there, and once.
  const [base = ''] = builds.base('busybox').diffIds;
  steps.add({ key: 'base', id: 'base', diffId: base, bytes: 0.3 * gibibyte, description: 'of an image' });
  await builds.finish(image('three'), 0.1 * gibibyte);
  assert.deepEqual(names(), ['c', 'base']);
});
