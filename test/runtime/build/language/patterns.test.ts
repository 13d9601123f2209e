// `.dockerignore`, `COPY --exclude` and the wildcards of COPY, by the examples of moby/patternmatcher and of Go.

import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { parseIgnoreFile } from '../../../../runtime/build/language/ignore-file.ts';
import { pathPattern, splitSource } from '../../../../runtime/build/language/path-pattern.ts';
import { leavesOut, type Matched, PatternMatcher } from '../../../../runtime/build/language/pattern-matcher.ts';
import { LanguageError } from '../../../../runtime/build/language/source.ts';
import { WorkBudget } from '../../../../runtime/work-budget.ts';

const budget = () => new WorkBudget(10_000_000);

/** As a walk over the tree sees it: directory by directory. */
function walked(patterns: readonly string[], path: string): boolean {
  const matcher = new PatternMatcher(patterns, budget());
  const parts = path.split('/');
  let above: Matched = [];
  let matched = false;
  for (const index of parts.keys())
    ({ matched, patterns: above } = matcher.matchesBelow(parts.slice(0, index + 1).join('/'), above));
  return matched;
}

describe('a file is left out', () => {
  test.each<readonly [string, string, boolean]>([
    ['*', 'fileutils.go', true],
    ['*.go', 'fileutils.go', true],
    ['**', 'file', true],
    ['**/', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'dir/file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'dir/dir2/file', true],
    ['dir/**', 'dir', false],
    ['**/dir', 'dir', true],
    ['**/dir', 'dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/**', 'dir/dir2/dir3/file', true],
    ['**file', 'file', true],
    ['**file', 'dir/file', true],
    ['**/file', 'dir/file', true],
    ['**file', 'dir/dir/file', true],
    ['**/file', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file.txt', true],
    ['**/file*txt', 'dir/dir/file.txt', true],
    ['**/file*.txt', 'dir/dir/file.txt', true],
    ['**/file*.txt*', 'dir/dir/file.txt', true],
    ['**/**/*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['**/*.txt', 'file.txt', true],
    ['**/**/*.txt', 'file.txt', true],
    ['a**/*.txt', 'a/file.txt', true],
    ['a**/*.txt', 'a/dir/file.txt', true],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a/*.txt', 'a/file.txt', true],
    ['a/*.txt**', 'a/file.txt', true],
    ['a[b-d]e', 'ae', false],
    ['a[b-d]e', 'ace', true],
    ['a[b-d]e', 'aae', false],
    ['a[^b-d]e', 'aze', true],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abc.def', true],
    ['abc.def', 'abcZdef', false],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abcdef', false],
    ['a\\\\', 'a\\', true],
    ['a\\*b', 'a*b', true],
    ['**/foo/bar', 'foo/bar', true],
    ['**/foo/bar', 'dir/foo/bar', true],
    ['**/foo/bar', 'dir/dir2/foo/bar', true],
    ['abc/**', 'abc', false],
    ['abc/**', 'abc/def/ghi', true],
    ['**/.foo', '.foo', true],
    ['**/.foo', 'bar.foo', false],
    ['a(b)c/def', 'a(b)c/def', true],
    ['a(b)c/def', 'a(b)c/xyz', false],
    ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
    ['dist/*.whl', 'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl', true],
    ['a?b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['docs/', 'docs/README.md', true],
    ['./docs', 'docs/README.md', true],
    ['  docs  ', 'docs', true],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ])('by %s: %s %j', (pattern, path, expected) => {
    assert.equal(leavesOut([pattern], path, budget()), expected);
    assert.equal(walked([pattern], path), expected, 'in a walk');
  });

  test.each<readonly [readonly string[], string, boolean]>([
    [['!fileutils.go', '*.go'], 'fileutils.go', true],
    [['*.go', '!fileutils.go'], 'fileutils.go', false],
    [['docs', '!docs/README.md'], 'docs/README.md', false],
    [['docs/', '!docs/README.md'], 'docs/README.md', false],
    [['docs/*', '!docs/README.md'], 'docs/README.md', false],
    [['docs', '  !docs/README.md  '], 'docs/README.md', false],
    [['**', '!util/docker/web'], 'util/docker/web/foo', false],
    [['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/foo', true],
    [['**', '!dist/*.whl'], 'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl', false],
    [['*', '!src', 'src/*.log', '!src/keep.log'], 'src/keep.log', false],
    [['*', '!src', 'src/*.log', '!src/keep.log'], 'src/a.log', true],
    [['*', '!src', 'src/*.log', '!src/keep.log'], 'src/a/b.log', false],
    [[], 'any/path', false],
    [['*.go'], '.', false],
    [['**'], '.', false],
  ])('by %j: %s %j', (patterns, path, expected) => {
    assert.equal(leavesOut(patterns, path, budget()), expected);
    if (path !== '.') assert.equal(walked(patterns, path), expected, 'in a walk');
  });

  test('without knowing what matched above, as with it', () => {
    const matcher = new PatternMatcher(['a', '!a/b'], budget());
    assert.deepEqual(matcher.matchesBelow('a/c', null), { matched: true, patterns: [true, false] });
    assert.equal(matcher.matchesBelow('a/b/c', null).matched, false);
  });

  test('exceptions are known', () => {
    assert.equal(new PatternMatcher(['a', ' !b'], budget()).hasExceptions, true);
    assert.equal(new PatternMatcher(['a', ''], budget()).hasExceptions, false);
  });
});

test.each(['[', '[^', '[^bc', 'a[', '[]a]', '[-]', '[x-]', '[-x]', '\\', '[a-b-c]'])('%s is no pattern', (pattern) => {
  assert.throws(() => leavesOut([pattern], 'a', budget()), new LanguageError('syntax error in pattern'));
});

test('! alone is no pattern', () => {
  assert.throws(() => leavesOut(['!'], 'a', budget()), new LanguageError('illegal exclusion pattern: "!"'));
});

test('a class whose bounds are the wrong way round is found out each time', () => {
  const matcher = new PatternMatcher(['[Local-Only]/'], budget());
  assert.throws(() => matcher.matches('x'), new LanguageError('syntax error in pattern'));
  assert.throws(() => matcher.matches('x'), new LanguageError('syntax error in pattern'));
});

test('a pattern that a backtracking matcher would take for ever for is done at once', () => {
  const before = process.cpuUsage();
  assert.equal(leavesOut([`${'*a'.repeat(30)}b`], 'a'.repeat(1000), budget()), false);
  assert.equal(pathPattern(`${'*a'.repeat(30)}b`)('a'.repeat(1000)), false);
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});

test.each<readonly [string, readonly string[]]>([
  [
    'test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! ',
    ['test1', 'test2', 'a/file/here', 'lastfile', '!inverted/abs/path', '!', '!'],
  ],
  ['', []],
  ['\ufeffa\r\n  b/ \n # c\n//d\n/\n./e/../f', ['a', 'b', '# c', 'd', '/', 'f']],
])('%j has the patterns %j', (text, patterns) => {
  assert.deepEqual(parseIgnoreFile(text), patterns);
});

describe('a source with wildcards', () => {
  test.each<readonly [string, string, boolean]>([
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
    ['ab[c]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a[^a]b', 'a☺b', true],
    ['a?b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', '-', true],
    ['[\\-x]', 'a', false],
    ['*x', 'xxx', true],
    ['**/x', 'a/x', true],
    ['**/x', 'a/b/x', false],
  ])('%s takes %s: %j', (pattern, path, expected) => {
    assert.equal(pathPattern(pattern)(path), expected);
  });

  test.each<readonly [string, string, string]>([
    ['/', '/', ''],
    ['/a/b', '/a/b', ''],
    ['/a/*.go', '/a', '*.go'],
    ['/*', '/', '*'],
    ['/a/*/c/d', '/a', '*/c/d'],
    ['/a\\*/b?', '/a\\*', 'b?'],
    ['/a/../b/[c]', '/b', '[c]'],
  ])('%s is looked for in %s as %j', (source, directory, pattern) => {
    assert.deepEqual(splitSource(source), { directory, pattern });
  });
});
