// What builds keep of their steps, beside the images of their host.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { cachedStepKind } from '../../../runtime/images/cached-step.ts';
import { readBody } from '../../../runtime/store/record-kind.ts';
import { pullAll, testHost, testImages } from './fixture.ts';

const gibibyte = 1024 ** 3;

test('the cache of builds gives way to what images hold: what was used least lately goes first', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'busybox');
  const { builds } = host.images;
  const { steps } = builds;
  const layer = (name: string, bytes: number) => {
    const diffId = `sha256:${name.repeat(64)}`;
    steps.add({ key: name, filesKey: null, id: name, diffId, bytes, description: name });
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
  steps.add({
    key: 'base',
    filesKey: null,
    id: 'base',
    diffId: base,
    bytes: 0.3 * gibibyte,
    description: 'of an image',
  });
  await builds.finish(image('three'), 0.1 * gibibyte);
  assert.deepEqual(names(), ['c', 'base']);
});

test('a step is found by its files too, has the key that it was looked for by from then on, and is told once', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'busybox');
  const [diffId = ''] = host.images.builds.base('busybox').diffIds;
  const { steps } = host.images.builds;
  const step = (key: string, filesKey: string | null) => ({
    key,
    filesKey,
    id: key,
    diffId,
    bytes: 1,
    description: key,
  });
  const told = () => steps.all().map(({ key, filesKey, id }) => [key, filesKey, id]);
  steps.add(step('one', 'files'));
  assert.equal(steps.findFiles('other files', 'two'), undefined);
  assert.equal(steps.findFiles('files', 'two')?.diffId, diffId);
  assert.deepEqual(told(), [['two', 'files', 'one']]);
  assert.equal(steps.find('one'), undefined);
  assert.equal(steps.find('two')?.uses, 3);
  // Of what was made of the same files the last counts.
  steps.add(step('three', 'files'));
  assert.equal(steps.findFiles('files', 'four')?.id, 'three');
  assert.deepEqual(told(), [
    ['two', null, 'one'],
    ['four', 'files', 'three'],
  ]);
  // What somebody else has made under the key meanwhile is there.
  assert.equal(steps.findFiles('files', 'two')?.id, 'one');
  const { steps: kept } = testHost(await images.reopen(), 'a').images.builds;
  assert.equal(kept.findFiles('files', 'five')?.id, 'three');
  kept.remove('five');
  assert.equal(kept.findFiles('files', 'six'), undefined);
});

test('a step that an earlier version has kept is found by what it was made of', () => {
  const stored = {
    hostId: 'h1',
    key: `sha256:${'1'.repeat(64)}`,
    id: 'abcdefghijklmnopqrstuvwxy',
    diffId: `sha256:${'2'.repeat(64)}`,
    bytes: 5,
    description: 'COPY a /',
    createdAt: '2026-11-01T10:00:00.000Z',
    usedAt: '2026-11-02T10:00:00.000Z',
    uses: 2,
  };
  for (const version of [0, 1])
    assert.deepEqual(readBody(cachedStepKind, version, stored), { ...stored, filesKey: null, pulledFrom: null });
  const named = { ...stored, filesKey: 'files' };
  assert.deepEqual(readBody(cachedStepKind, 2, named), { ...named, pulledFrom: null });
});
