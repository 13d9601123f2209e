// Versions of Debian packages are compared as dpkg itself does it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'vitest';
import { compareVersions } from '../../../../runtime/registry/contents/versions.ts';

/** From the corners of deb-version(7), and from Debian's archive. */
const versions = [
  ...['0', '1', '1.0', '1.00', '1.0-0', '1.0-1', '1.0-10', '1.0-9', '01.0-1', '0:1.0-1', '1:0.1', '2:0~~', '2:0~'],
  ...['1.0~rc1-1', '1.0~~', '1.0~', '1.0~a', '1.0a', '1.0+', '1.0+b1', '1.0+deb12u1', '1.0.', '1.0-1~bpo12+1'],
  ...[
    '1:2.38.1-5+deb12u1',
    '2.38.1-5+deb12u1',
    '3.0.11-1~deb12u2',
    '3.0.11-1~deb12u10',
    '3.0.9-1',
    '1.2-3-4',
    '1.2-3-5',
  ],
  ...['1a.2', '1.a2', '1+a', '1Z', '1z', '1-0', '1-00', '20240101', '20240101.1', '1.2.13.dfsg-1', '1:1.2.13.dfsg-1'],
  ...['9999999999999999999', '9999999999999999998', '1.0.0000001', '1.0.1', '1~~a', '1~~', '1a', '1-~', '1-1.1', '1-1'],
];

/** Versions in dpkg's grammar, the same at each run. */
function* made(count: number): Generator<string> {
  let seed = 20_261_130;
  const next = (most: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * most);
  };
  const characters = '0011289aAzZ.+~~-';
  for (let n = 0; n < count; n++) {
    const tail = Array.from({ length: next(7) }, () => characters[next(characters.length)]).join('');
    yield `${next(4) === 0 ? `${next(3)}:` : ''}${next(10)}${tail}`.replace(/-$/, '-0');
  }
}

/** What dpkg says of each pair: one shell asks for all. */
function askDpkg(pairs: readonly (readonly [string, string])[]): number[] {
  const script =
    'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done';
  const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('');
  const { stdout, stderr, status } = spawnSync('sh', ['-c', script], { input, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.trim().split('\n').map(Number);
}

test('every pair of a set of versions is as dpkg --compare-versions says', () => {
  const some = versions.filter((_, n) => n % 2 === 0);
  const pairs = some.flatMap((a) => versions.filter((_, n) => n % 3 === 0).map((b) => [a, b] as const));
  const made400 = [...made(400)];
  const drawn = made400.slice(0, 200).map((a, n) => [a, made400[200 + n] ?? ''] as const);
  const all = [...pairs, ...drawn];
  const theirs = askDpkg(all);
  assert.equal(theirs.length, all.length);
  for (const [n, [a, b]] of all.entries()) {
    assert.equal(Math.sign(compareVersions(a, b)), theirs[n], `${a} and ${b}`);
    assert.equal(Math.sign(compareVersions(b, a)), 0 - (theirs[n] ?? 0), `${b} and ${a}`);
  }
});

test('any two texts can be compared, in a time that grows with their length alone', () => {
  for (const text of ['', ':', '-', 'x:y:z', '0'.repeat(100_000), '~'.repeat(100_000), '9'.repeat(100_000)]) {
    assert.equal(compareVersions(text, text), 0);
    assert.equal(Math.sign(compareVersions(text, '1')), -Math.sign(compareVersions('1', text)));
  }
});
