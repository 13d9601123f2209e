// `docker rmi`, `docker image prune`, `docker tag`, and the filters of `docker images`.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'vitest';
import { tarOf } from '../../support/tar.ts';
import { collect, pullAll, type TestHost, testImages, untilDone } from './fixture.ts';

const container = 'c0ffee'.repeat(10).padEnd(64, '0');
const gentle = { force: false, noPrune: false };
const forced = { force: true, noPrune: false };

async function importImage(host: TestHost, repository: string, text: string, changes: string[] = []): Promise<string> {
  const archive = Readable.from([await tarOf([[{ name: 'x' }, text]])]);
  const options = { repository, tag: '1', message: '', changes, signal: untilDone() };
  const [line] = await collect(host.images.importArchive(archive, options));
  return line?.status ?? '';
}

function listed(host: TestHost, filters: Record<string, string[]> = {}): string[] {
  const all = host.images.list(new Map(Object.entries(filters)), { all: false, digests: false, sharedSize: false });
  return all.map((summary) => (summary as { RepoTags: string[] }).RepoTags.join(' ')).sort();
}

test('removing the last name removes the image and says so', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await pullAll(host, 'hello');
  const { imageId, manifestDigest, layers } = await images.catalogue.ready('hello');
  host.events.length = 0;
  assert.deepEqual(host.images.remove('hello', gentle), [
    { Untagged: 'hello:latest' },
    { Untagged: `hello@${manifestDigest}` },
    { Deleted: imageId },
    { Deleted: layers[0]?.diffId },
  ]);
  assert.deepEqual(host.events, [
    { action: 'untag', id: imageId, name: imageId },
    { action: 'delete', id: imageId, name: imageId },
  ]);
  assert.throws(() => host.images.remove('hello', gentle), {
    kind: 'notFound',
    message: 'No such image: hello:latest',
  });
});

test('removing one name of several takes only the name', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const id = await importImage(host, 'app', 'x');
  host.images.tag('app:1', 'other/app', '2');
  assert.deepEqual(host.images.remove('app:1', gentle), [{ Untagged: 'app:1' }]);
  assert.equal(host.images.resolve('other/app:2').id, id);
  host.images.tag(id, 'third', 'latest');
  assert.throws(() => host.images.remove(id, gentle), {
    kind: 'conflict',
    message: `conflict: unable to delete ${id.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`,
  });
  const removed = host.images.remove(id.slice(7, 19), forced).map((one) => Object.keys(one)[0]);
  assert.deepEqual(removed, ['Untagged', 'Untagged', 'Deleted', 'Deleted']);
});

test('an image that a container uses is kept, in Docker’s words', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const id = await importImage(host, 'app', 'x');
  host.uses.push({ containerId: container, imageId: id, running: false });
  const [short, shortContainer] = [id.slice(7, 19), container.slice(0, 12)];
  assert.throws(() => host.images.remove('app:1', gentle), {
    kind: 'conflict',
    message: `conflict: unable to remove repository reference "app:1" (must force) - container ${shortContainer} is using its referenced image ${short}`,
  });
  assert.throws(() => host.images.remove(short, gentle), {
    kind: 'conflict',
    message: `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${shortContainer}`,
  });
  host.uses[0] = { containerId: container, imageId: id, running: true };
  assert.throws(() => host.images.remove(id, forced), {
    kind: 'conflict',
    message: `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${shortContainer}`,
  });
  assert.deepEqual(host.images.remove('app:1', forced), [{ Untagged: 'app:1' }]);
  assert.equal(host.images.resolve(id).id, id);
  host.uses.length = 0;
  assert.equal(host.images.remove(id, gentle).length, 2);
});

test('prune removes what has no name, or all that no container uses', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const first = await importImage(host, 'app', 'one');
  await importImage(host, 'app', 'three');
  await importImage(host, 'used', 'four', ['LABEL keep=yes']);
  const used = host.images.resolve('used:1').id;
  host.uses.push({ containerId: container, imageId: used, running: true });
  const pruned = host.images.prune(new Map()) as { ImagesDeleted: object[]; SpaceReclaimed: number };
  assert.deepEqual(pruned.ImagesDeleted[0], { Deleted: first });
  assert.equal(pruned.SpaceReclaimed, 3);
  assert.deepEqual(host.images.prune(new Map([['dangling', ['true']]])), { ImagesDeleted: null, SpaceReclaimed: 0 });
  assert.deepEqual(
    host.images.prune(
      new Map([
        ['dangling', ['false']],
        ['until', ['1h']],
      ]),
    ),
    {
      ImagesDeleted: null,
      SpaceReclaimed: 0,
    },
  );
  const all = host.images.prune(new Map([['dangling', ['false']]]));
  assert.deepEqual(all.ImagesDeleted?.[0], { Untagged: 'app:1' });
  assert.deepEqual(listed(host), ['used:1']);
  assert.throws(() => host.images.prune(new Map([['nonsense', ['x']]])), { kind: 'invalid' });
});

test('lists are filtered as Docker filters them', async () => {
  await using images = await testImages();
  const host = images.host('a');
  await importImage(host, 'me/app', 'one', ['LABEL tier=web']);
  await importImage(host, 'db', 'two');
  host.images.tag('db:1', 'localhost:5000/db', '2');
  assert.deepEqual(listed(host), ['db:1 localhost:5000/db:2', 'me/app:1']);
  assert.deepEqual(listed(host, { reference: ['db'] }), ['db:1']);
  assert.deepEqual(listed(host, { reference: ['localhost:5000/*', 'me/app:1'] }), ['localhost:5000/db:2', 'me/app:1']);
  assert.deepEqual(listed(host, { label: ['tier'] }), ['me/app:1']);
  assert.deepEqual(listed(host, { label: ['tier=db'] }), []);
  assert.deepEqual(listed(host, { dangling: ['true'] }), []);
  assert.deepEqual(listed(host, { dangling: ['false'], since: ['me/app:1'] }), ['db:1 localhost:5000/db:2']);
  assert.deepEqual(listed(host, { before: ['db:1'] }), ['me/app:1']);
  assert.throws(() => listed(host, { before: ['nope'] }), { kind: 'notFound' });
  assert.throws(() => listed(host, { dangling: ['maybe'] }), { kind: 'invalid' });
  assert.throws(() => listed(host, { nonsense: ['x'] }), { kind: 'invalid', message: "invalid filter 'nonsense'" });
});

test('a tag is a name of this host, whatever it says, and never a digest', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const id = await importImage(host, 'app', 'one');
  host.events.length = 0;
  host.images.tag('app:1', 'hub.drydock/me/app', 'v1');
  assert.deepEqual(host.events, [{ action: 'tag', id, name: 'hub.drydock/me/app:v1' }]);
  assert.throws(() => host.images.tag('nope', 'x', 'y'), { kind: 'notFound' });
  assert.throws(() => host.images.tag('app:1', 'X', 'y'), { kind: 'invalid' });
  assert.throws(() => host.images.tag('app:1', 'app', `sha256:${'0'.repeat(64)}`), {
    message: 'invalid tag format',
  });
});
