// The parser: a file becomes statements, by BuildKit's own examples.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detectSyntax, findDirective } from '../../../../runtime/build/language/directives.ts';
import { type Heredoc, heredocsIn, parseHeredoc, withoutTabs } from '../../../../runtime/build/language/heredocs.ts';
import { LanguageError } from '../../../../runtime/build/language/source.ts';
import { parseStatements } from '../../../../runtime/build/language/statements.ts';

interface Examples {
  /** Each statement: its name in lower case, its flags, its words. */
  readonly parsed: Readonly<
    Record<
      string,
      { dockerfile: string; statements: readonly (readonly [string, readonly string[], readonly string[]])[] }
    >
  >;
  readonly refused: Readonly<Record<string, string>>;
}

/** The processor's time for a file: it is 200 ms at most, and minutes for what is quadratic. */
const slowMs = 2000;

const examples: Examples = JSON.parse(readFileSync(new URL('fixtures/statements.json', import.meta.url), 'utf8'));

test.each(Object.entries(examples.parsed))('%s is parsed', (_, { dockerfile, statements }) => {
  const parsed = parseStatements(dockerfile).statements.map(({ keyword, flags, words, nested }) => [
    keyword.toLowerCase(),
    flags,
    nested ? [nested.keyword.toLowerCase(), ...nested.words] : words,
  ]);
  assert.deepEqual(parsed, statements);
});

/** What is wrong with a file, and at which lines. */
function refusal(text: string): { message: string; lines: readonly (readonly [number, number])[] } {
  try {
    parseStatements(text);
  } catch (error) {
    assert.ok(error instanceof LanguageError, String(error));
    return { message: error.message, lines: error.locations.map(({ first, last }) => [first, last]) };
  }
  throw new assert.AssertionError({ message: 'it was parsed' });
}

test.each(Object.entries(examples.refused))('%s is refused', (_, text) => {
  assert.notEqual(refusal(text).message, '');
});

test.each([
  ['', 'file with no instructions', [[0, 0]]],
  ['# only\n# comments\n', 'file with no instructions', [[2, 2]]],
  ['FROM a\nENV A', 'ENV must have two arguments', [[2, 2]]],
  ['FROM a\nLABEL a=b \\\n  c', 'Syntax error - can\'t find = in "c". Must be of the form: name=value', [[2, 3]]],
  ['FROM a\nCMD ["a",1]', 'when using JSON array syntax, arrays must be comprised of strings only', [[2, 2]]],
  ['#escape=x\nFROM a', "invalid escape token 'x' does not match ` or \\", [[0, 0]]],
  ['#escape=`\n#escape=`\nFROM a', 'only one escape parser directive can be used', [[1, 1]]],
  ['FROM a\nRUN <<A\nb\n', 'unterminated heredoc', [[2, 3]]],
  ["FROM a\nRUN <<'A\nb\n", null, []],
])('%j says: %s', (text, message, lines) => {
  if (message === null) assert.equal(parseStatements(text).statements.length, 3);
  else assert.deepEqual(refusal(text), { message, lines });
});

describe('lines', () => {
  test('an instruction knows its own, with those of its heredocs', () => {
    const text = 'FROM a\n\n# c\nRUN a \\\n  # inside\n  b\nCOPY <<X /y\n1\n2\nX\nCMD c';
    const { statements } = parseStatements(text);
    assert.deepEqual(
      statements.map(({ original, location: { first, last } }) => [original, first, last]),
      [
        ['FROM a', 1, 1],
        ['RUN a   b', 4, 6],
        ['COPY <<X /y', 7, 10],
        ['CMD c', 11, 11],
      ],
    );
  });

  test('an empty one in the middle of an instruction is told', () => {
    const text =
      'FROM a\nRUN valid \\\n  b\nRUN something \\\n\n  following \\\n\n  more\nRUN another \\\n\n  thing\nRUN x \\\n# c\n  y\n';
    assert.deepEqual(
      parseStatements(text).emptyContinuations.map(({ first }) => first),
      [8, 11],
    );
  });

  test('one with a carriage return ends there', () => {
    const { statements } = parseStatements('FROM a\r\nRUN b \\\r\n  c\r\nCMD d\r\n');
    assert.deepEqual(
      statements.map(({ original }) => original),
      ['FROM a', 'RUN b   c', 'CMD d'],
    );
  });

  test('one of 65,535 bytes is the longest', () => {
    const long = (bytes: number) => `FROM a\nLABEL a=${'é'.repeat((bytes - 8) / 2)}\n`;
    assert.equal(parseStatements(long(65_534)).statements.length, 2);
    assert.deepEqual(refusal(long(65_536)), {
      message: 'dockerfile line greater than max allowed size of 65535',
      lines: [[1, 1]],
    });
  });

  test('comments right above an instruction are its own', () => {
    const text = '# syntax=x\n# a\nFROM a\n# b\n\n# c\nRUN b\n# d\n#\n# e\nRUN c\nRUN d\n';
    assert.deepEqual(
      parseStatements(text).statements.map(({ comments }) => comments),
      [['a'], ['b', 'c'], ['e'], []],
    );
  });
});

describe('directives', () => {
  test.each([
    ['#escape=\\\n# key = FOO bar\n', '\\'],
    ['# EScape=`\n# KEY = FOO bar\n', '`'],
    ['\ufeff#escape=`\n', '`'],
    ['# syntax=a\n# escape = `  \n', '`'],
    ['# comment\n# escape=`\n', '\\'],
    ['\n# escape=`\n', '\\'],
    ['FROM a\n# escape=`\n', '\\'],
  ])('%j escapes with %s', (text, escapeWith) => {
    assert.equal(parseStatements(`${text}\nFROM a\n`).escapeWith, escapeWith);
  });

  test('a line is continued with the escape character, and not where it is escaped', () => {
    const texts = (text: string) => parseStatements(text).statements.map(({ original }) => original);
    assert.deepEqual(texts('#escape=`\nRUN a`\nb\nRUN c\\\nRUN d``\nRUN e'), ['RUN ab', 'RUN c\\', 'RUN d``', 'RUN e']);
  });

  test.each([
    ['# syntax = dockerfile:experimental // opts\nFROM a\n', 'dockerfile:experimental', 1],
    ['#!/bin/sh\n# syntax = dockerfile:experimental\nFROM a\n', 'dockerfile:experimental', 2],
    ['#!/bin/sh\n\n# syntax = dockerfile:experimental\n', null, 0],
    ['FROM a\nRUN ls\n', null, 0],
    ['//syntax=foo\n//key=value', 'foo', 1],
    ['#!/bin/sh\n//syntax=x', 'x', 2],
    ['{"syntax": "foo", "bar": ["abc"]}', 'foo', 0],
    ['{"syntax": "foo"', null, 0],
    ['{"syntax": "foo"}\n# syntax=bar', null, 0],
    ['\ufeff# syntax = mine\nFROM a\n', 'mine', 1],
  ])('%j asks for the syntax %j', (text, value, line) => {
    const found = detectSyntax(text);
    assert.deepEqual(found && [found.value, found.line], value === null ? null : [value, line]);
  });

  test.each([
    ['#check = skip=all // opts\nFROM a\n', 'skip=all', 'skip=all // opts'],
    ['#!/bin/sh\n# check = skip=all\nFROM a\n', 'skip=all', 'skip=all'],
    ['//check=skip=all\n', null, null],
    ['FROM a\n', null, null],
  ])('%j checks %j', (text, value, whole) => {
    const found = findDirective(text, 'check');
    assert.deepEqual([found?.value ?? null, found?.whole ?? null], [value, whole]);
  });
});

describe('heredocs', () => {
  const of = (text: string): readonly Heredoc[] => parseStatements(`FROM a\n${text}`).statements[1]?.heredocs ?? [];
  const heredoc = (name: string, content: string, more: Partial<Heredoc> = {}): Heredoc => ({
    name,
    content,
    expand: true,
    chomp: false,
    fileDescriptor: 0,
    ...more,
  });

  test.each([
    ['USER <<INVALID\nINVALID', []],
    ['RUN <<EMPTY\nEMPTY', [heredoc('EMPTY', '')]],
    ['RUN 3<<A\nA', [heredoc('A', '', { fileDescriptor: 3 })]],
    ['RUN "<<NOHEREDOC"', []],
    ['RUN <<A\n\tfoo\n\tbar\nA', [heredoc('A', '\tfoo\n\tbar\n')]],
    ['RUN <<-A\n\tbaz\n\tA', [heredoc('A', '\tbaz\n', { chomp: true })]],
    ["RUN <<-'A'\n\tdon't $NAME\nA", [heredoc('A', "\tdon't $NAME\n", { chomp: true, expand: false })]],
    ['RUN <<A\n# inside\necho a # b\nA', [heredoc('A', '# inside\necho a # b\n')]],
    ['RUN --mount=type=cache,target=/f <<A\nb\nA', [heredoc('A', 'b\n')]],
    ['COPY <<X <<Y /dest\nY\nX\nX\nY', [heredoc('X', 'Y\n'), heredoc('Y', 'X\n')]],
    ['RUN <<A python3\nprint(1)\nA', [heredoc('A', 'print(1)\n')]],
    ['COPY <<file.txt /dest\nhi\nfile.txt', [heredoc('file.txt', 'hi\n')]],
    ["RUN <<eo'f'\nfoo\neof", [heredoc('eof', 'foo\n', { expand: false })]],
    ["RUN <<eo\\'f\nfoo\neo'f", [heredoc("eo'f", 'foo\n')]],
    ["RUN <<'e'o\\'f\nfoo\neo'f", [heredoc("eo'f", 'foo\n', { expand: false })]],
    ["RUN <<'one two'\nb\none two", [heredoc('one two', 'b\n', { expand: false })]],
    ['RUN <<$EOF\n$EOF', [heredoc('$EOF', '')]],
    ['RUN <<  EOF\nEOF', [heredoc('EOF', '')]],
    ['RUN <<  EOF  > foo\nEOF', [heredoc('EOF', '')]],
    ['RUN ["<<EOF"]', []],
    ['ONBUILD COPY <<A /b\nc\nA', [heredoc('A', 'c\n')]],
    ['RUN <<A\r\nb\r\nA\r\n', [heredoc('A', 'b\r\n')]],
  ])('%j has %j', (text, expected) => {
    assert.deepEqual(of(text), expected);
  });

  test.each(['<<EOF', "<<'EOF'", '<<"EOF"', '<<-EOF', "<<-'EOF'", '<<-"EOF"', '<<EO"F"', '<< EOF', '<<- EOF'])(
    '%s is one',
    (word) => assert.equal(parseHeredoc(word)?.name, 'EOF'),
  );
  test.each(['', 'EOF', '<<', '<<-', '<EOF', '<<<EOF', '<<EOF sh'])('%j is none', (word) =>
    assert.equal(parseHeredoc(word), null),
  );
  test.each(["<<'EOF", '<<"EOF', "<<EOF'", '<<EOF"'])('%s is an error', (word) =>
    assert.throws(() => parseHeredoc(word), LanguageError),
  );

  test.each([
    ['RUN <<- EOF', []],
    ['RUN << -EOF', ['-EOF']],
    ['RUN 4<<EOF', ['EOF']],
    ['RUN <<EOF <<EOF2', ['EOF', 'EOF2']],
    ["RUN '<<EOF'", []],
  ])('%s has %j', (line, names) => {
    assert.deepEqual(
      heredocsIn(line).map(({ name }) => name),
      names,
    );
  });

  test('tabs are dropped at the beginning of each line', () => {
    assert.equal(withoutTabs('\thello\n\t\tworld\n a\tb\n'), 'hello\nworld\n a\tb\n');
  });
});

describe('a hostile file of a megabyte', () => {
  const megabyte = (part: string) => part.repeat(Math.floor((1024 * 1024 - 1000) / part.length));
  test.each([
    ['of comments', megabyte('#a\n')],
    ['of one comment that is no directive', `#a${megabyte('   \n')}`],
    ['of directives', megabyte('#check=a\n')],
    ['of empty lines', megabyte('\n')],
    ['of continued lines', `FROM a\nRUN ${megabyte('\\\n')}`],
    ['of continued spaces', `FROM a\nRUN ${megabyte(`${' '.repeat(60_000)}\\\n`)}x`],
    ['of small instructions', megabyte('RUN a\n')],
    ['of ONBUILD', `FROM a\n${megabyte(`${'ONBUILD '.repeat(8000)}\\\n`)}`],
    ['of lists in lists', `FROM a\nRUN ${megabyte(`${'['.repeat(60_000)}\\\n`)}`],
    ['of flags', `FROM a\nRUN ${megabyte('--a="b" \\\n')}`],
    ['of heredocs', `FROM a\nRUN ${megabyte('<<A \\\n')}`],
    ['of heredocs with spaces', `FROM a\nRUN <<${megabyte(`${' '.repeat(60_000)}\\\n`)}<`],
    ['of what may be a heredoc', `FROM a\nCOPY ${megabyte('<< < \\\n')}`],
    ['of lines in a heredoc', `FROM a\nRUN <<A\n${megabyte('a\n')}A\n`],
    ['of quotes', `FROM a\nENV ${megabyte('"a=\\"" \\\n')}`],
    ['of pairs', `FROM a\nLABEL ${megabyte('a=b \\\n')}`],
    ['of spaces in an ENV', `FROM a\nENV a${megabyte(`${' '.repeat(60_000)}\\\n`)}`],
  ])('%s is parsed or refused at once', (_, text) => {
    const before = process.cpuUsage();
    try {
      parseStatements(text);
    } catch (error) {
      assert.ok(error instanceof LanguageError, String(error));
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(slowMs);
  });
});
