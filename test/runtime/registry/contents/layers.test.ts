// Which of the layers' files an image shows, read out of archives and out of unpacked layers: both must say the same.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import type { Content } from '../../../../runtime/registry/contents/content.ts';
import { type LayerPlace, lookInto } from '../../../../runtime/registry/contents/look.ts';
import { unpack } from '../../../../runtime/store/layer-work.ts';
import { sha256 } from '../../../support/own-registry.ts';
import { type Entry, tarOf } from '../../../support/tar.ts';
import { debianBase, debianStatus, osRelease } from './images.ts';

const never = new AbortController().signal;
const root = path.join(os.tmpdir(), `drydock-contents-${randomUUID()}`);

beforeAll(() => fs.mkdirSync(root));
afterAll(() => fs.rmSync(root, { recursive: true }));

async function blobOf(entries: readonly Entry[], compress: (tar: Buffer) => Buffer = (tar) => tar): Promise<string> {
  const blob = path.join(root, randomUUID());
  fs.writeFileSync(blob, compress(await tarOf(entries)));
  return blob;
}

async function unpacked(blob: string): Promise<LayerPlace> {
  const directory = path.join(root, randomUUID());
  fs.mkdirSync(directory);
  const limits = { maxBytes: 1e8, maxEntries: 1e6 };
  const job = { kind: 'unpack', blob, directory, digest: null, diffId: null, isHashed: false, ...limits } as const;
  await unpack(job, never, () => undefined);
  return { blob: '/nowhere', directory };
}

/** What both ways to read the layers, the base first, find. */
async function look(...layers: readonly (readonly Entry[])[]): Promise<Content> {
  const blobs = await Promise.all(layers.map((entries) => blobOf(entries)));
  const fromArchives = await lookInto({ layers: blobs.map((blob) => ({ blob, directory: null })) }, never);
  const fromDirectories = await lookInto({ layers: await Promise.all(blobs.map(unpacked)) }, never);
  assert.deepEqual(fromDirectories, fromArchives);
  return fromArchives;
}

const names = ({ packages }: Content): string[] => packages.map(({ name }) => name);
const status = (name: string): Entry => [
  { name: 'var/lib/dpkg/status' },
  `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n`,
];
const one = (name: string): Entry => [
  { name: `var/lib/dpkg/status.d/${name}` },
  `Package: ${name}\nVersion: 1\nArchitecture: all\n`,
];
const empty = (name: string): Entry => [{ name }];

test('the packages and the release of an image of one layer', async () => {
  const { release, packages } = await look(debianBase);
  assert.equal(release?.name, 'Debian GNU/Linux 12 (bookworm)');
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['adduser', 'bsdutils', 'libssl3', 'zlib1g'],
  );
});

test('the list of the topmost layer that has one counts', async () => {
  assert.deepEqual(names(await look(debianBase, [status('upper')], [empty('srv/app')])), ['upper']);
});

test.for([
  ['the file', 'var/lib/dpkg/.wh.status'],
  ['a directory that it is in', 'var/lib/.wh.dpkg'],
  ['the top of its path', '.wh.var'],
  ['all that is in its directory', 'var/lib/dpkg/.wh..wh..opq'],
  ['all that is in one further up', 'var/.wh..wh..opq'],
] as const)('what a whiteout hides is not there: %s', async ([, whiteout]) => {
  assert.deepEqual(names(await look(debianBase, [empty(whiteout)])), []);
  // What a layer above has is.
  assert.deepEqual(names(await look(debianBase, [empty(whiteout)], [status('later')])), ['later']);
});

test('a whiteout does not hide what its own layer has', async () => {
  const layer = [empty('var/lib/dpkg/.wh..wh..opq'), status('own')];
  assert.deepEqual(names(await look(debianBase, layer)), ['own']);
});

test.for([
  ['a link', { name: 'var/lib/dpkg', type: 'symlink', linkname: '/elsewhere' }],
  ['a file', { name: 'var' }],
] as const)('%s in the place of a directory hides what is below', async ([, header]) => {
  assert.deepEqual(names(await look(debianBase, [[header]])), []);
});

test('the list is a link to something: there are no packages, whatever it leads to', async () => {
  const secret = path.join(root, 'secret');
  fs.writeFileSync(secret, debianStatus);
  const link: Entry = [{ name: 'var/lib/dpkg/status', type: 'symlink', linkname: secret }];
  assert.deepEqual(names(await look(debianBase, [link])), []);
  const directory: Entry = [{ name: 'var/lib/dpkg', type: 'symlink', linkname: root }];
  assert.deepEqual(names(await look([directory])), []);
});

test('the list has two names in the archive, or only a later one', async () => {
  const other: Entry = [{ name: 'srv/list' }, debianStatus];
  const link: Entry = [{ name: 'var/lib/dpkg/status', type: 'link', linkname: 'srv/list' }];
  assert.deepEqual(names(await look([other, link])), ['adduser', 'bsdutils', 'libssl3', 'zlib1g']);
});

test('images without dpkg have a file for each package, in several layers; checksums are none', async () => {
  const sums: Entry = [
    { name: 'var/lib/dpkg/status.d/base.md5sums' },
    'Package: sums\nVersion: 1\nArchitecture: all\n',
  ];
  assert.deepEqual(names(await look([one('base'), sums], [one('netbase')])), ['base', 'netbase']);
  assert.deepEqual(names(await look([one('base')], [empty('var/lib/dpkg/status.d/.wh.base'), one('other')])), [
    'other',
  ]);
});

test('/etc/os-release counts before the one in /usr/lib', async () => {
  const own: Entry = [{ name: 'etc/os-release' }, 'ID=derived\nPRETTY_NAME="Derived 1"\n'];
  assert.equal((await look(debianBase, [own])).release?.id, 'derived');
  assert.equal((await look([[{ name: 'usr/lib/os-release' }, osRelease]])).release?.id, 'debian');
});

test.for([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('layers that are compressed: %s', async ([, compress]) => {
  const blob = await blobOf(debianBase, (tar) => compress(tar));
  assert.equal(names(await lookInto({ layers: [{ blob, directory: null }] }, never)).length, 4);
});

test('an unpacked layer that has gone is read from its blob', async () => {
  const blob = await blobOf(debianBase);
  const found = await lookInto({ layers: [{ blob, directory: `${root}/gone` }] }, never);
  assert.equal(names(found).length, 4);
});

async function fails(blob: string, kind: string): Promise<string> {
  try {
    await lookInto({ layers: [{ blob, directory: null }] }, never);
  } catch (error) {
    assert.equal((error as { kind?: string }).kind, kind, String(error));
    return (error as Error).message;
  }
  assert.fail('it was read');
}

test('B05: a list of packages that is too large ends the look, also where it is compressed to little', async () => {
  const list: Entry = [{ name: 'var/lib/dpkg/status' }, Buffer.alloc(17 * 1024 * 1024, 'Package: x\n')];
  assert.match(
    await fails(await blobOf([list], (tar) => gzipSync(tar)), 'tooLarge'),
    /lists of packages have more than/,
  );
});

test('B01: a name that leads out of the archive, one that is cut off, and what is no archive end the look with a sentence', async () => {
  assert.match(
    await fails(await blobOf([[{ name: '../var/lib/dpkg/status' }, 'x']]), 'invalid'),
    /leads out of the archive/,
  );
  const cut = await blobOf(debianBase, (tar) => gzipSync(tar).subarray(0, 300));
  await fails(cut, 'invalid');
  const noise = await blobOf([], () => Buffer.alloc(10_000, 'noise'));
  await fails(noise, 'invalid');
  const xz = await blobOf([], () => Buffer.from('\xfd7zXZ\0', 'latin1'));
  assert.match(await fails(xz, 'invalid'), /compressed with xz/);
});

test('a look that is given up ends at once', async () => {
  const blob = await blobOf(debianBase);
  const reason = new Error('given up');
  await assert.rejects(lookInto({ layers: [{ blob, directory: null }] }, AbortSignal.abort(reason)), reason);
});

test('two different archives of one content are one: what is found depends on the files alone', async () => {
  const reversed = [...debianBase].reverse();
  assert.deepEqual(await look(debianBase), await look(reversed));
  assert.notEqual(sha256(await tarOf(debianBase)), sha256(await tarOf(reversed)));
});
