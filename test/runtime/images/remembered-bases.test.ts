// What is remembered of images that builds begin with, beside the images of their host.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseReference, withDefaultTag } from '../../../runtime/images/reference.ts';
import { RememberedBases, rememberedBaseKind } from '../../../runtime/images/remembered-bases.ts';
import { maxBroughtBytesPerHost, maxRememberedBaseBytes, maxRememberedBases } from '../../../runtime/limits.ts';
import { ownPlatform } from '../../../runtime/registries/platform.ts';
import { TestRegistry } from '../../support/registry.ts';
import { pullAll, type TestHost, testHost, testImages } from './fixture.ts';

const options = { signal: new AbortController().signal };
const named = (text: string) => withDefaultTag(parseReference(text));
const find = ({ images }: TestHost, text: string) => images.builds.findBase(named(text), ownPlatform, options);

test('an image of the catalogue that a build begins with is remembered, and is not had', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const { digest, catalogue } = await find(host, 'page');
  assert.equal(catalogue?.length, 2);
  assert.deepEqual([host.images.stored(), host.events], [[], []]);
  assert.equal(host.images.builds.baseNamed('page')?.layers.length, 2);
  assert.equal(host.images.builds.baseNamed(`page@${digest}`)?.layers.length, 2);
  assert.equal(host.images.builds.baseNamed('hello'), null);
  assert.equal(images.host('b').images.builds.baseNamed('page'), null, 'it is the host’s own');
  const id = host.images.builds.baseNamed('page')?.id;
  await pullAll(host, 'page');
  assert.deepEqual(
    host.images.stored().map(({ imageId }) => imageId),
    [id],
  );
  const again = testHost(await images.reopen(), 'a');
  again.images.remove('page', { force: false, noPrune: false });
  assert.equal(again.images.builds.baseNamed('page')?.id, id);
});

test('a registry is asked for what a digest names once, and again for what a tag names where that has moved', async () => {
  await using images = await testImages();
  await using registry = await TestRegistry.open();
  const host = images.host('a');
  const asked = async (tag: string): Promise<number> => {
    registry.requests.length = 0;
    await find(host, `${registry.domain}/base${tag}`);
    return registry.requests.filter((request) => !request.endsWith('/v2/')).length;
  };
  const { digest } = await registry.putImage('base', '1', ['one']);
  assert.ok((await asked(':1')) > 1);
  assert.equal(await asked(':1'), 1);
  assert.equal(await asked(`@${digest}`), 0);
  await registry.putImage('base', '1', ['another']);
  assert.ok((await asked(':1')) > 1);
  assert.equal(await asked(':1'), 1);
  images.store.forgetHost('a');
  assert.deepEqual(images.records.list(rememberedBaseKind, 'a'), []);
});

test('as many are remembered as may be, and none that is long', async () => {
  await using images = await testImages();
  const bases = new RememberedBases('a', images.records);
  const add = (name: string, configuration: string): void =>
    bases.add({ name, repository: name, platform: 'linux/amd64', digest: '', configuration, layers: [] });
  const names = (): string[] => images.records.list(rememberedBaseKind, 'a').map(({ name }) => name);
  for (let n = 0; n <= maxRememberedBases; n++) add(`${n}`, '{}');
  assert.equal(names().length, maxRememberedBases);
  assert.ok(!names().includes('0'), 'the oldest has gone');
  add('1', 'x'.repeat(maxRememberedBaseBytes + 1));
  assert.ok(!names().includes('1'));
});

test('what a build brought counts for the host as long as an image stands on it', async () => {
  await using images = await testImages();
  await using registry = await TestRegistry.open();
  const host = images.host('a');
  const name = `${registry.domain}/big`;
  await registry.putImage('big', '1', ['x'.repeat(300_000)]);
  await pullAll(host, name, '1');
  const { builds } = host.images;
  const document = builds.document(`${name}:1`);
  await builds.finish(JSON.stringify({ ...document, comment: 'on top' }), 0);
  host.images.remove(`${name}:1`, { force: false, noPrune: false });
  const step = { key: 'step', filesKey: null, id: 'step', diffId: `sha256:${'a'.repeat(64)}`, description: 'a step' };
  builds.steps.add({ ...step, bytes: maxBroughtBytesPerHost - 300_000 + 1 });
  await builds.finish(JSON.stringify({ ...document, comment: 'once more' }), 0);
  assert.deepEqual(builds.steps.all(), [], 'the cache has what the layer leaves');
});
