// Parameters in the text of a lesson: a name until the session has told, then its value, and always text.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { valuePieces, withValues } from '../../site/src/lesson-components/values.ts';

test('a text is split at its parameters, each with its name in its place', () => {
  assert.deepEqual(valuePieces('-p {{port}}:80 --name {{name}}'), [
    { text: '-p ', value: undefined },
    { text: 'PORT', value: 'port' },
    { text: ':80 --name ', value: undefined },
    { text: 'NAME', value: 'name' },
  ]);
});

test('what only looks like a parameter stays text', () => {
  for (const text of ["docker ps --format '{{.Names}}'", '{{ port }}', '{{end}}', 'plain', '']) {
    assert.equal(withValues(text, new Map([['port', '1']])), text);
  }
  assert.equal(withValues('\\{{port}} and {{port}}', new Map([['port', '8123']])), '{{port}} and 8123');
  assert.equal(withValues('{{port}} and \\{{port}}', new Map([['port', '8123']])), '8123 and {{port}}');
});

test('values go in where they are known, and are not read again', () => {
  assert.equal(withValues('curl localhost:{{port}}', new Map()), 'curl localhost:PORT');
  assert.equal(
    withValues(
      '{{a}} {{b}}',
      new Map([
        ['a', '{{b}}'],
        ['b', '<b>'],
      ]),
    ),
    '{{b}} <b>',
  );
});
