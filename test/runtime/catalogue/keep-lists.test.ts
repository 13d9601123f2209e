// The lists of packages that an image was made from are kept, compressed, once for all images of a suite.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { test } from 'vitest';
import { keepLists } from '../../../runtime/catalogue/keep-lists.ts';
import { temporaryDirectory } from '../images/fixture.ts';

const release = 'deb.debian.org_debian_dists_trixie';
const list = `${release}_main_binary-amd64_Packages`;

test('lists are kept with their release’s file, and left alone while that is the same', async () => {
  await using temporary = await temporaryDirectory();
  const [from, to] = [`${temporary.path}/root`, `${temporary.path}/cache/lists`];
  mkdirSync(`${from}/partial`, { recursive: true });
  const bring = (date: string, text: string): void => {
    writeFileSync(`${from}/${release}_InRelease`, `Date: ${date}\n`);
    writeFileSync(`${from}/${list}`, text);
    writeFileSync(`${from}/lock`, '');
    writeFileSync(`${from}/${release}_main_i18n_Translation-en`, 'x');
  };
  bring('1', 'Package: a\n');
  await keepLists(from, to);
  assert.deepEqual(readdirSync(to).sort(), [`${release}_InRelease`, `${list}.gz`]);
  assert.equal(gunzipSync(readFileSync(`${to}/${list}.gz`)).toString(), 'Package: a\n');
  const { ino } = statSync(`${to}/${list}.gz`);
  await keepLists(from, to);
  assert.equal(statSync(`${to}/${list}.gz`).ino, ino);
  bring('2', 'Package: b\n');
  await keepLists(from, to);
  assert.equal(gunzipSync(readFileSync(`${to}/${list}.gz`)).toString(), 'Package: b\n');
  assert.equal(readFileSync(`${to}/${release}_InRelease`, 'utf8'), 'Date: 2\n');
});
