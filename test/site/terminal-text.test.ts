// Pure parts of the terminal: answers, touch keys, addresses in its text.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { AnswerLimit, isAnswer, isMouseReport } from '../../site/src/client/answers.ts';
import { localAddresses, localAddressOf, webAddressOf } from '../../site/src/client/local-address.ts';
import { bytesOf, withControl } from '../../site/src/client/terminal-keys.ts';

test('what a terminal answers by itself is told from what is typed', () => {
  for (const answer of [
    '\x1b[12;1R',
    '\x1b[?1;2c',
    '\x1b[>0;276;0c',
    '\x1b[0n',
    '\x1b]11;rgb:0/0/0\x1b\\',
    '\x1bP1$r0m\x1b\\',
    '\x1b[8;24;80t',
    '\x1b[I',
    '\x1b[O',
  ]) {
    assert.ok(isAnswer(answer), JSON.stringify(answer));
  }
  for (const typed of ['a', '\r', '\x1b[A', '\x1bOA', '\x1b', '\x1b[200~paste 1;1R\x1b[201~', 'docker ps']) {
    assert.ok(!isAnswer(typed), JSON.stringify(typed));
  }
});

test('what the mouse does is told from what is typed', () => {
  for (const report of ['\x1b[<0;12;3M', '\x1b[<35;1;1m', '\x1b[M !!']) assert.ok(isMouseReport(report));
  for (const typed of ['M', '\x1b[A', '\x1b[15~', 'docker ps']) assert.ok(!isMouseReport(typed), JSON.stringify(typed));
});

test('of a flood of answers some go out at once, then a few a second', () => {
  const limit = new AnswerLimit();
  const at = (now: number, times: number) =>
    Array.from({ length: times }, () => limit.allows(now)).filter(Boolean).length;
  assert.equal(at(1_000_000, 1000), 60);
  assert.equal(at(1_000_500, 1000), 10);
  assert.equal(at(1_100_000, 1000), 60);
});

test('touch keys type what a keyboard would', () => {
  assert.equal(bytesOf('ArrowUp', false, false), '\x1b[A');
  assert.equal(bytesOf('ArrowUp', false, true), '\x1bOA');
  assert.equal(bytesOf('ArrowLeft', true, false), '\x1b[1;5D');
  assert.equal(bytesOf('Escape', false, false), '\x1b');
  assert.equal(bytesOf('|', false, false), '|');
  assert.equal(withControl('c'), '\x03');
  assert.equal(withControl('D'), '\x04');
  assert.equal(withControl('ü'), 'ü');
});

test('addresses of the host are found in a line, and nothing else is', () => {
  const found = (line: string) => localAddresses(line).map(({ port, path }) => `${port}${path}`);
  assert.deepEqual(found('curl localhost:8080/a?b=1. and 127.0.0.1:81'), ['8080/a?b=1', '81/']);
  assert.deepEqual(found('0.0.0.0:8080->80/tcp, [::]:8080->80/tcp'), ['8080/']);
  assert.deepEqual(found('http://localhost:8080/ notlocalhost:80 localhost:0 localhost:70000 localhost'), []);
});

test('a link is of the host, of the web, or of neither', () => {
  assert.deepEqual(localAddressOf('http://localhost:8080/a?b#c'), { port: 8080, path: '/a?b#c' });
  assert.deepEqual(localAddressOf('http://127.0.0.1'), { port: 80, path: '/' });
  for (const other of [
    'http://localhost.example.org:8080/',
    'https://localhost:1/',
    'http://user@example.org',
    'no address',
  ]) {
    assert.equal(localAddressOf(other), undefined, other);
  }
  assert.equal(webAddressOf('https://exämple.org/\u202ea'), 'https://xn--exmple-cua.org/%E2%80%AEa');
  for (const other of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vscode://x', ' ', '//a']) {
    assert.equal(webAddressOf(other), undefined, other);
  }
});
