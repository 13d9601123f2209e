// Words: quotes, escapes and variables, by BuildKit's own examples.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LexerOptions } from '../../../../runtime/build/language/expansion.ts';
import { ExpansionBudget } from '../../../../runtime/build/language/expansion-budget.ts';
import { expand } from '../../../../runtime/build/language/words.ts';

interface Examples {
  /** Source, and what it is; null where it is an error. */
  readonly values: readonly (readonly [string, string | null])[];
  readonly words: readonly (readonly [readonly string[], string, readonly string[] | null])[];
  /** Source, variables, what it is, names that are set, names that are not. */
  readonly substitutions: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    string | null,
    readonly string[],
    readonly string[],
  ])[];
}

const examples: Examples = JSON.parse(readFileSync(new URL('fixtures/words.json', import.meta.url), 'utf8'));

const variables = (lines: readonly string[]): Map<string, string> =>
  new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );

const options = (more: Partial<LexerOptions> = {}): LexerOptions => ({
  escapeWith: '\\',
  budget: new ExpansionBudget(),
  ...more,
});

const machine = variables(['PWD=/home', 'SHELL=bash', 'KOREAN=한국어', 'NULL=']);

describe.each(examples.values)('%s', (source, expected) => {
  test(expected === null ? 'is an error' : `is ${expected}`, () => {
    const { text, error } = expand(source, machine, options());
    if (expected === null) assert.ok(error, text);
    else assert.deepEqual([text, error], [expected, null]);
  });
});

test.each(examples.words)('with %j, %s is split into %j', (set, source, expected) => {
  const { words, error } = expand(source, variables(set), options({ split: true }));
  if (expected === null) assert.ok(error);
  else assert.deepEqual(words, expected);
});

test.each(examples.substitutions)('%s with %j is %j', (source, set, expected, matched, unmatched) => {
  const result = expand(source, new Map(Object.entries(set)), options());
  assert.equal(result.error === null ? result.text : null, expected);
  if (expected === null) return;
  assert.deepEqual(new Set(result.matched), new Set(matched));
  assert.deepEqual(new Set(result.unmatched), new Set(unmatched));
});

test.each([
  ['${VAR:?message here$ARG}', 'VAR: message herex'],
  ['${NONE?}', 'NONE: is not allowed to be unset'],
  ['${EMPTY:?}', 'EMPTY: is not allowed to be empty'],
  ["it's", 'unexpected end of statement while looking for matching single-quote'],
  ['"', 'unexpected end of statement while looking for matching double-quote'],
  ['${', "syntax error: missing '}'"],
  ['${ARG:-', "syntax error: missing '}'"],
  ['${ARG/x', "syntax error: missing '/' in ${}"],
  ['${}', 'syntax error: bad substitution'],
  ['${ARG', 'unsupported modifier (\ufffd) in substitution'],
  ['${ARG=1}', 'unsupported modifier (=) in substitution'],
  ['${ARG:=1}', 'unsupported modifier (:=) in substitution'],
  ['${ARG#\\x}', "invalid pattern (\\x) in substitution: invalid escape '\\x'"],
])('%s says: %s', (source, message) => {
  const { error } = expand(source, variables(['ARG=x', 'EMPTY=']), options());
  assert.equal(error?.message, `failed to process ${JSON.stringify(source)}: ${message}`);
});

test('a variable that is not set stays as it is written, with what stands in it', () => {
  const kept = options({ keepUnset: true, rawQuotes: true });
  const source = 'echo "$A" ${A} ${A:-x$B} ${A/x/y} \'$B\' $B';
  assert.equal(expand(source, new Map([['B', '1']]), kept).text, 'echo "$A" ${A} ${A:-x1} ${A/x/y} \'$B\' 1');
});

test('with quotes ignored they are characters', () => {
  assert.equal(expand(`it's "$A"`, new Map([['A', '1']]), options({ ignoreQuotes: true })).text, `it's "1"`);
});

test('a backtick escapes where it is the escape character', () => {
  const { text } = expand('a`$A\\$A`` "`"" "`x"', new Map([['A', '1']]), options({ escapeWith: '`' }));
  assert.equal(text, 'a$A\\1` " `x');
});

test('what is replaced everywhere may name what was found', () => {
  const set = new Map([['A', 'abcb']]);
  assert.equal(expand('${A//b/[$X]}', set, options()).text, 'a[]c[]');
  assert.equal(expand('${A//?/x}', set, options()).text, 'xxxx');
  assert.equal(expand('${A//*/x}', set, options()).text, 'x');
});

describe('a hostile word', () => {
  test('nested too deeply is an error', () => {
    const source = `${'${A:-'.repeat(5000)}x${'}'.repeat(5000)}`;
    assert.match(expand(source, new Map(), options()).error?.message ?? '', /nested/);
  });

  test('whose pattern would take a backtracking matcher for ever is done at once', () => {
    const set = new Map([['A', 'a'.repeat(5000)]]);
    const before = process.cpuUsage();
    const { text } = expand(`\${A#${'*a'.repeat(20)}b}`, set, options());
    assert.equal(text.length, 5000);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  test('that grows without end is stopped', () => {
    const budget = new ExpansionBudget();
    const doubled = () => {
      let set = new Map([['A', 'x'.repeat(1000)]]);
      for (;;) set = new Map([['A', expand('$A$A', set, options({ budget })).text]]);
    };
    assert.throws(doubled, /expands to more than/);
  });
});
