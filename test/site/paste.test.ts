// What may be typed into a shell from a clipboard.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { cleanPaste, isManyLines, isTooLong, pieces } from '../../site/src/client/paste.ts';

test('a paste cannot end its own bracket and go on as typed keys', () => {
  assert.equal(cleanPaste('echo a\x1b[201~\nrm -rf ~\n'), 'echo a\nrm -rf ~\n');
  assert.equal(cleanPaste('a\x9b201~b'), 'ab');
});

test('a paste holds no control character but tab and line end', () => {
  const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
  const kept = cleanPaste(all);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be left
  assert.doesNotMatch(kept, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  assert.match(kept, /\t\n/);
});

test('a paste holds nothing that turns the direction of text', () => {
  assert.equal(cleanPaste('rm \u202etxt.exe\u2066'), 'rm txt.exe');
});

test('line ends of every kind count as lines', () => {
  for (const end of ['\n', '\r', '\r\n']) assert.ok(isManyLines(cleanPaste(`docker ps${end}docker images`)));
  assert.ok(!isManyLines(cleanPaste('docker ps')));
});

test('text is cut into pieces without cutting a character', () => {
  const text = 'ab🐳cd🐳';
  for (let length = 2; length < 10; length++) {
    const cut = pieces(text, length);
    assert.equal(cut.join(''), text);
    assert.ok(cut.every((piece) => piece.length <= length && piece.isWellFormed()));
  }
  assert.deepEqual(pieces('', 5), []);
});

test('a paste is too long where the server would not hold all of it, in bytes', () => {
  assert.ok(!isTooLong('x'.repeat(256 * 1024)));
  assert.ok(isTooLong('x'.repeat(256 * 1024 + 1)));
  assert.ok(!isTooLong('ü'.repeat(128 * 1024)));
  assert.ok(isTooLong('ü'.repeat(128 * 1024 + 1)));
});
