// The table of what BuildKit's own tests name stays true: each row is held by something that is there, or refused with a reason.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'vitest';
import { cases as contexts } from './contexts/cases.ts';

const folder = import.meta.dirname;

interface Row {
  readonly name: string;
  readonly about: string;
  readonly where: string;
}

const rows: readonly Row[] = readFileSync(path.join(folder, 'buildkit-behaviours.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, test = '', about = '', where = ''] = /^\| (\w+) +\| (.*?) +\| (.*?) +\|$/.exec(line) ?? [];
    return /^test[A-Z]/.test(test) ? [{ name: test, about, where: where.replaceAll('\\|', '|') }] : [];
  });

/** Why what a row names is not there; null where it is. */
function fault(held: string): string | null {
  const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/s.exec(held) ?? [];
  if (file === '') return 'names no file and no case';
  if (!existsSync(path.join(folder, file))) return `${file} is not there`;
  const text = readFileSync(path.join(folder, file), 'utf8');
  const isContext = path.dirname(file) === 'contexts' && contexts.some((one) => one.name === name);
  const isQuoted = [`'${name}'`, `"${name}"`, `\`${name}\``, `\n  ${name}:`, `}: ${name}\``].some((one) =>
    text.includes(one),
  );
  return isQuoted && (isContext || path.dirname(file) !== 'contexts') ? null : `${file} has no case ${name}`;
}

test('each row is held or refused', () => {
  const wrong = rows.flatMap(({ name, about, where }) => {
    if (about.trim() === '') return [`${name}: says nothing`];
    if (/^refused: \S/.test(where)) return [];
    return where.split('<br>').flatMap((held) => {
      const why = fault(held.trim());
      return why === null ? [] : [`${name}: ${why}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('each of BuildKit’s tests is there once', () => {
  const names = rows.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name, place) => names.indexOf(name) !== place),
    [],
  );
  assert.equal(names.length, 261);
});
