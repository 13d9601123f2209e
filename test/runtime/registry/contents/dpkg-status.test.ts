import assert from 'node:assert/strict';
import { test } from 'vitest';
import { packagesOf } from '../../../../runtime/registry/contents/dpkg-status.ts';
import { releaseOf } from '../../../../runtime/registry/contents/os-release.ts';
import { debianStatus, osRelease } from './images.ts';

test('packages that are there are told, each with its source package and that one’s version', () => {
  const of = (name: string, version: string, architecture: string, source = name, sourceVersion = version) => ({
    ...{ name, version, architecture },
    source: { name: source, version: sourceVersion },
  });
  assert.deepEqual(packagesOf([debianStatus]), [
    of('adduser', '3.134', 'all'),
    of('bsdutils', '1:2.38.1-5+deb12u1', 'amd64', 'util-linux', '2.38.1-5+deb12u1'),
    of('libssl3', '3.0.11-1~deb12u2', 'amd64', 'openssl'),
    of('zlib1g', '1:1.2.13.dfsg-1', 'amd64', 'zlib'),
  ]);
});

test('a file for each package, as images without dpkg have it, says no state', () => {
  const texts = [
    'Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n',
    'Package: base-files\nVersion: 12.4\nArchitecture: amd64',
  ];
  assert.deepEqual(
    packagesOf(texts).map(({ name }) => name),
    ['base-files', 'tzdata'],
  );
});

test('a package of two architectures is two; one that is told twice is one, as told last', () => {
  const text = (architecture: string, version: string) =>
    `Package: libc6\nVersion: ${version}\nArchitecture: ${architecture}\n`;
  const found = packagesOf([[text('amd64', '1'), text('i386', '1'), text('amd64', '2')].join('\n')]);
  assert.deepEqual(
    found.map(({ architecture, version }) => [architecture, version]),
    [
      ['amd64', '2'],
      ['i386', '1'],
    ],
  );
});

test.for([
  ['a name that is markup', 'Package: <script>\nVersion: 1\nArchitecture: all'],
  ['a version that leads elsewhere', 'Package: x\nVersion: 1/../../2\nArchitecture: all'],
  ['no architecture', 'Package: x\nVersion: 1'],
  ['a name of 10,000 letters', `Package: ${'x'.repeat(10_000)}\nVersion: 1\nArchitecture: all`],
  ['no line that ends', 'x'.repeat(100_000)],
  ['bytes that are no text', Buffer.from([0, 255, 10, 58, 10, 0]).toString('utf8')],
] as const)('what is no package by dpkg’s grammar is left out: %s', ([, text]) => {
  assert.deepEqual(packagesOf([text]), []);
});

test('a source that is none is taken for the package itself', () => {
  const [found] = packagesOf(['Package: x\nSource: <b>y</b> (2)\nVersion: 1\nArchitecture: all']);
  assert.deepEqual(found?.source, { name: 'x', version: '1' });
});

test('more packages than an image may have are refused', () => {
  const text = Array.from({ length: 10_001 }, (_, n) => `Package: p${n}\nVersion: 1\nArchitecture: all\n`).join('\n');
  assert.throws(() => packagesOf([text]), { kind: 'tooLarge' });
});

test('the release is told as os-release has it, quotes taken off', () => {
  assert.deepEqual(releaseOf(osRelease), {
    id: 'debian',
    version: '12',
    codename: 'bookworm',
    name: 'Debian GNU/Linux 12 (bookworm)',
  });
  assert.equal(releaseOf('NAME=x\n'), null);
  assert.deepEqual(releaseOf('ID=\'debian\'\nVERSION_ID=\'<script>\'\nPRETTY_NAME="a \\"b\\""\n'), {
    id: 'debian',
    version: '',
    codename: '',
    name: 'a "b"',
  });
});
