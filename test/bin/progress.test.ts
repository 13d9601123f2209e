// The progress display, on a terminal and elsewhere.

import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { showProgress } from '../../bin/progress.mjs';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function fakeStream(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  let written = '';
  const write = (text: string) => {
    written += text;
    return true;
  };
  return { stream: { isTTY, columns: 40, write } as unknown as NodeJS.WriteStream, written: () => written };
}

test('a step that ends within a second is not worth a line', () => {
  const { stream, written } = fakeStream(false);
  const step = showProgress(stream).step('Blinking');
  vi.advanceTimersByTime(900);
  step.done();
  assert.equal(written(), '');
});

test('elsewhere than on a terminal a long step is told now and then, and when it ends, with its time', () => {
  const { stream, written } = fakeStream(false);
  const step = showProgress(stream).step('Fetching');
  step.update('1 of 3');
  vi.advanceTimersByTime(1000);
  step.update('2 of 3');
  vi.advanceTimersByTime(5000);
  step.done('3 packages');
  assert.equal(written(), '  … Fetching: 1 of 3 (1.0 s)\n  ✓ Fetching: 3 packages (6.0 s)\n');
});

test('a step that fails is told however short it was', () => {
  const { stream, written } = fakeStream(false);
  showProgress(stream).step('Fetching').failed();
  assert.match(written(), /✗ Fetching/);
});

test('on a terminal live lines are drawn over, and cut at its width', () => {
  const { stream, written } = fakeStream(true);
  const progress = showProgress(stream);
  const step = progress.step('Fetching');
  step.update('a'.repeat(100));
  vi.advanceTimersByTime(1200);
  const drawn = written().split('\n').filter(Boolean);
  assert.ok(drawn.every((line) => stripVTControlCharacters(line).length < 40));
  step.done();
  progress.close();
  assert.ok(written().endsWith('\u001b[1A\u001b[J  ✓ Fetching (1.2 s)\n'));
});
