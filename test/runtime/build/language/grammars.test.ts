// The small grammars of a Dockerfile: modes, durations, repositories, platforms, lists, mounts, checks, excerpts.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { csvFields } from '../../../../runtime/build/language/csv.ts';
import { formatDuration, parseDuration } from '../../../../runtime/build/language/durations.ts';
import { applyFileMode, parseFileMode } from '../../../../runtime/build/language/file-modes.ts';
import { isHttpSource, parseGitReference } from '../../../../runtime/build/language/git-reference.ts';
import { cleanPath, quote } from '../../../../runtime/build/language/go-text.ts';
import { parseCheckOptions } from '../../../../runtime/build/language/lint.ts';
import { type Mount, parseMount } from '../../../../runtime/build/language/mounts.ts';
import { formatWholePlatform, normalPlatform, parsePlatform } from '../../../../runtime/build/language/platforms.ts';
import { excerpt, LanguageError, lines } from '../../../../runtime/build/language/source.ts';
import { closest } from '../../../../runtime/build/language/suggest.ts';

/** As `COPY --chmod` of a dockerd 28.5.2 made them of files with 640, 4755 and 600. */
test.each<readonly [string, string, string, string]>([
  ['u=rwx', '740', '755', '700'],
  ['go=', '600', '4700', '600'],
  ['a+x', '751', '4755', '711'],
  ['+x', '751', '4755', '711'],
  ['u+s', '4640', '4755', '4600'],
  ['g+s,o+t', '2640', '6755', '2600'],
  ['+t', '1640', '5755', '1600'],
  ['=r', '444', '444', '444'],
  ['u=rwX,go=rX', '644', '755', '644'],
  ['go=u', '666', '4777', '666'],
  ['u=g', '440', '4555', '0'],
  ['o=u-w', '644', '4755', '604'],
  ['a-w', '440', '4555', '400'],
  ['u=', '40', '55', '0'],
  ['+X', '640', '4755', '600'],
  ['-x', '640', '4644', '600'],
  ['u+x,u-w', '540', '4555', '500'],
  ['g=rws', '2660', '6765', '2660'],
  ['o+s', '640', '4755', '600'],
  ['a=t', '1000', '1000', '1000'],
  ['u=rwx,g+w,o=', '760', '770', '720'],
  ['go=u-w', '644', '4755', '644'],
  ['=', '0', '0', '0'],
  ['0755', '755', '755', '755'],
  ['u+rwx-x', '640', '4655', '600'],
  ['=rw,+X', '666', '777', '666'],
  ['o=g,u-r', '244', '4355', '200'],
  ['a=s', '6000', '6000', '6000'],
  ['u-s', '640', '755', '600'],
])('the mode %s makes %s, %s and %s', (text, ...expected) => {
  const mode = parseFileMode(text);
  assert.deepEqual(
    [0o640, 0o4755, 0o600].map((before) => applyFileMode(mode, before, false).toString(8)),
    expected,
  );
});

test('X is for directories too', () => {
  assert.equal(applyFileMode(parseFileMode('a+X'), 0o600, true).toString(8), '711');
});

test.each(['u', 'x', 'u+', '7x', '10000', 'u=rwx,', 'u+q'])('%s is a mode or is refused in words', (text) => {
  if (text === 'u+') assert.equal(applyFileMode(parseFileMode(text), 0o640, false), 0o640);
  else assert.throws(() => parseFileMode(text), /^LanguageError: invalid (syntax|chmod parameter: .*07777)$/);
});

describe('durations', () => {
  test.each<readonly [string, bigint, string]>([
    ['0', 0n, '0s'],
    ['5s', 5_000_000_000n, '5s'],
    ['1m30s', 90_000_000_000n, '1m30s'],
    ['1h', 3_600_000_000_000n, '1h0m0s'],
    ['1.5h', 5_400_000_000_000n, '1h30m0s'],
    ['500ms', 500_000_000n, '500ms'],
    ['1.0005s', 1_000_500_000n, '1.0005s'],
    ['1500µs', 1_500_000n, '1.5ms'],
    ['.5s', 500_000_000n, '500ms'],
    ['100ns', 100n, '100ns'],
    ['2562047h', 9_223_369_200_000_000_000n, '2562047h0m0s'],
  ])('%s is %s ns, or %s', (text, ns, shown) => {
    assert.equal(parseDuration(text), ns);
    assert.equal(formatDuration(ns), shown);
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['s', 'time: invalid duration "s"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['1s5', 'time: missing unit in duration "1s5"'],
  ])('%j is refused', (text, message) => {
    assert.throws(() => parseDuration(text), new LanguageError(message));
  });
});

describe('repositories', () => {
  const none = { ref: '', subdirectory: '', checksum: '', keepGitDir: null, submodules: null };
  test.each<readonly [string, object | null]>([
    ['https://example.com/', null],
    ['https://example.com/foo', null],
    ['https://example.com/foo.git', { remote: 'https://example.com/foo.git' }],
    ['https://example.com/foo.git#deadbeef', { remote: 'https://example.com/foo.git', ref: 'deadbeef' }],
    ['https://example.com/foo.git#release/1.2', { remote: 'https://example.com/foo.git', ref: 'release/1.2' }],
    ['https://example.com/foo.git/', null],
    ['https://example.com/foo.git.bar', null],
    ['git://example.com/foo', { remote: 'git://example.com/foo' }],
    ['github.com/moby/buildkit', null],
    ['custom.xyz/moby/buildkit.git', null],
    ['https://foo:bar@github.com/moby/buildkit.git', { remote: 'https://foo:bar@github.com/moby/buildkit.git' }],
    ['git@github.com:moby/buildkit', { remote: 'git@github.com:moby/buildkit' }],
    ['git@bitbucket.org:a/b-docker.git', { remote: 'git@bitbucket.org:a/b-docker.git' }],
    [
      'https://github.com/foo/bar.git#baz/qux:quux/quuz',
      { remote: 'https://github.com/foo/bar.git', ref: 'baz/qux', subdirectory: 'quux/quuz' },
    ],
    ['http://github.com/docker/docker.git:#branch', null],
    [
      'https://github.com/docker/docker.git#:sub',
      { remote: 'https://github.com/docker/docker.git', subdirectory: 'sub' },
    ],
    ['./.git', null],
    ['.git', null],
    [
      'https://github.com/a/b.git?ref=v1.0.0&subdir=/subdir',
      { remote: 'https://github.com/a/b.git', ref: 'v1.0.0', subdirectory: '/subdir' },
    ],
    [
      'https://github.com/a/b.git?subdir=/s#v1',
      { remote: 'https://github.com/a/b.git', ref: 'v1', subdirectory: '/s' },
    ],
    ['https://github.com/a/b.git?tag=v1', { remote: 'https://github.com/a/b.git', ref: 'refs/tags/v1' }],
    ['https://github.com/a/b.git?branch=v1', { remote: 'https://github.com/a/b.git', ref: 'refs/heads/v1' }],
    ['git@github.com:a/b.git?subdir=/s#v1', { remote: 'git@github.com:a/b.git', ref: 'v1', subdirectory: '/s' }],
    [
      'https://a.com/b.git?commit=abc&keep-git-dir&submodules=0',
      { remote: 'https://a.com/b.git', checksum: 'abc', keepGitDir: true, submodules: false },
    ],
    ['ftp://example.com/x.git', null],
    ['a.txt', null],
  ])('%s', (text, expected) => {
    assert.deepEqual(parseGitReference(text), expected && { ...none, ...expected });
  });

  test.each([
    ['https://a.com/b.git?ref=v1.0.0#v1.2.3', 'ref conflicts: "v1.2.3" vs "v1.0.0"'],
    ['https://a.com/b.git?ref=v1.0.0&tag=v1.2.3', 'ref conflicts: "v1.0.0" vs "refs/tags/v1.2.3"'],
    ['https://a.com/b.git?tag=v1&branch=v1', 'branch conflicts with tag'],
    ['https://a.com/b.git?invalid=123', 'unexpected query "invalid"'],
    ['https://a.com/b.git?ref=', 'query "ref" has no value'],
    ['https://a.com/b.git?ref=a&ref=b', 'query "ref" has multiple values'],
    ['https://a.com/b.git?submodules=x', 'invalid submodules value: "x"'],
  ])('%s is refused', (text, message) => {
    assert.throws(() => parseGitReference(text), new LanguageError(message));
  });

  test('are no files to download', () => {
    assert.deepEqual(['https://a.com/b', 'https://a.com/b.git', 'ftp://a.com/b', 'a'].map(isHttpSource), [
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('platforms', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['arm64', 'linux/arm64'],
    ['windows(10.0.17763)/amd64', 'windows(10.0.17763)/amd64'],
    ['macos/arm64', 'darwin/arm64'],
    ['s390x', 'linux/s390x'],
  ])('%s is %s', (text, expected) => {
    assert.equal(formatWholePlatform(normalPlatform(parsePlatform(text))), expected);
  });

  test.each([
    ['x', '"x": unknown operating system or architecture: invalid argument'],
    ['*', '"*": wildcards not yet supported: invalid argument'],
    ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier: invalid argument'],
  ])('%s is none', (text, message) => {
    assert.throws(() => parsePlatform(text), new LanguageError(message));
  });
});

describe('a list', () => {
  test.each<readonly [string, readonly string[]]>([
    ['a', ['a']],
    ['a,b,,c', ['a', 'b', '', 'c']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a ""b""",c', ['a "b"', 'c']],
    ['a,', ['a', '']],
    ['a\n', ['a']],
  ])('%j is %j', (text, fields) => assert.deepEqual(csvFields(text), fields));

  test.each([
    ['', 'EOF'],
    ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['é,"b', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'],
    ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
  ])('%j is refused', (text, message) => assert.throws(() => csvFields(text), new LanguageError(message)));
});

describe('a mount', () => {
  const parsed = (text: string): Partial<Mount> => {
    const plain = parseMount('target=/', (word) => word);
    const mount = parseMount(text, (word) => word.replaceAll('$A', 'value'));
    return Object.fromEntries(
      Object.entries(mount).filter(([key, value]) => plain[key as keyof Mount] !== value || key === 'type'),
    );
  };

  test.each<readonly [string, Partial<Mount>]>([
    ['target=/', { type: 'bind' }],
    ['type=cache,dst=/$A,id=x', { type: 'cache', target: '/value', id: 'x', readOnly: false }],
    ['type=cache,target=/c,readonly,sharing=Locked', { type: 'cache', target: '/c', sharing: 'locked' }],
    ['type=bind,src=a,destination=/b,rw', { type: 'bind', source: 'a', target: '/b', readOnly: false }],
    ['source=a,target=/b,readonly=false', { type: 'bind', source: 'a', target: '/b', readOnly: false }],
    ['type=tmpfs,target=/t,size=1.5k', { type: 'tmpfs', target: '/t', sizeBytes: 1536, readOnly: false }],
    ['type=tmpfs,target=/t,size=2 MiB', { type: 'tmpfs', target: '/t', sizeBytes: 2 ** 21, readOnly: false }],
    [
      'type=secret,id=a,env=B,required,mode=0440,uid=5',
      { type: 'secret', id: 'a', target: '', env: 'B', required: true, mode: 0o440, uid: 5 },
    ],
    ['type=ssh,required=true', { type: 'ssh', target: '', required: true }],
  ])('%s', (text, expected) => assert.deepEqual(parsed(text), expected));

  test.each([
    ['type=cache,size=1', "unexpected key 'size' for mount type 'cache'"],
    ['required', "unexpected key 'required' for mount type 'bind'"],
    ['type=tmpfs,size=x', 'invalid value for size: x'],
    ['ro=maybe', 'invalid value for ro: maybe'],
    ['type=secret,from=x,id=y', 'secret mount should not have a from'],
    ['type=secret,source=x,id=y', "both source and id can't be set"],
    ['type=cache,sharing=lockd', 'unsupported sharing value "lockd" (did you mean locked?)'],
  ])('%s is refused', (text, message) =>
    assert.throws(() => parseMount(text, (word) => word), new LanguageError(message)),
  );
});

describe('checks', () => {
  test.each<readonly [string, object]>([
    ['', { skip: [], experimental: [], error: false }],
    ['skip=all', { skip: 'all', experimental: [], error: false }],
    ['skip=A, B;error=true', { skip: ['A', 'B'], experimental: [], error: true }],
    ['experimental=all;error=0;skip=C', { skip: ['C'], experimental: 'all', error: false }],
  ])('%j', (text, options) => assert.deepEqual(parseCheckOptions(text), options));

  test.each([
    ['skip', 'invalid check option "skip"'],
    ['skp=all', 'invalid check option "skp"'],
    ['error=x', 'failed to parse check option "error=x": strconv.ParseBool: parsing "x": invalid syntax'],
  ])('%s is refused', (text, message) => assert.throws(() => parseCheckOptions(text), new LanguageError(message)));
});

test('text is quoted as Go does', () => {
  assert.equal(
    quote('a"\\\n\t\x00\x7f\u00a0é☃\u{1f680}\u200b\ud800'),
    '"a\\"\\\\\\n\\t\\x00\\x7f\\u00a0é☃\u{1f680}\\u200b\ufffd"',
  );
});

test('paths are cleaned as Go does', () => {
  const cleaned = ['', '/', 'a//b/', './a', 'a/..', '../a', '/../a', 'a/../../b', '/a/./b/..'].map(cleanPath);
  assert.deepEqual(cleaned, ['.', '/', 'a/b', 'a', '.', '../a', '/a', '../b', '/a']);
});

test('what is near is meant, and nothing else', () => {
  assert.equal(closest('RUNN', ['COPY', 'RUN', 'ENV'], true), 'RUN');
  assert.equal(closest('runn', ['COPY', 'RUN'], true), 'run');
  assert.equal(closest('form', ['from', 'chown']), 'from');
  assert.equal(closest('something', ['from', 'chown']), null);
  assert.equal(closest('from', ['form', 'from']), null);
});

describe('an excerpt', () => {
  const text = Array.from({ length: 9 }, (_, index) => `line ${index + 1}`).join('\n');
  const shown = (first: number, last: number) =>
    excerpt('Dockerfile', text, lines(first, last))
      .split('\n')
      .slice(2, -2)
      .map((row) => (row.includes('>>>') ? '>' : '') + row.trim().split(' ')[0]);
  test.each<readonly [number, number, readonly string[]]>([
    [1, 1, ['>1', '2', '3']],
    [5, 5, ['3', '4', '>5', '6', '7']],
    [9, 9, ['7', '8', '>9']],
    [4, 6, ['3', '>4', '>5', '>6', '7']],
    [8, 20, ['7', '>8', '>9']],
    [0, 0, []],
    [20, 20, []],
  ])('of the lines %d to %d', (first, last, expected) => assert.deepEqual(shown(first, last), expected));
});
