// Where the output of a terminal can begin after its start is gone, and what must be put back there.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { modePlaceEveryBytes } from '../../../sandbox-server/limits.ts';
import { Modes } from '../../../sandbox-server/terminals/modes.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
/** Text without a sequence, so long that a place is remembered in it. */
const filler = 'a line of text\n'.repeat((3 * modePlaceEveryBytes) / 15);

/** What is put back after `output`, given in pieces of `size` bytes. */
function restored(output: string, size = output.length * 4): string {
  const modes = new Modes();
  const all = bytes(`${output}${filler}`);
  for (let at = 0; at < all.length; at += size) modes.push(all.subarray(at, at + size));
  return modes.from(bytes(output).length).restore;
}

test('modes that a program has set are put back, those it has set off again are not', () => {
  const vim =
    '\x1b[?1049h\x1b[22;0;0t\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[1;24r\x1b[?12h\x1b[?12l\x1b[?25l';
  for (const size of [1, 3, 10_000]) {
    assert.equal(
      restored(vim, size),
      '\x1b[?1049h\x1b[1;24r\x1b[?1h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b=',
      `in pieces of ${size}`,
    );
  }
  assert.equal(restored(`${vim}\x1b[?1004l\x1b[?2004l\x1b[?1l\x1b>\x1b[r\x1b[?25h\x1b[?1049l`), '');
  assert.equal(restored('\x1b[?1000;1002;1006h\x1b[4h\x1b[5 q'), '\x1b[?1000h\x1b[?1002h\x1b[?1006h\x1b[4h\x1b[5 q');
  assert.equal(restored('\x1b[?47h\x1b[?1049l'), '', 'each way leads back from the other screen');
  assert.equal(restored(`${vim}\x1bc`), '', 'a full reset');
});

test('colours and character sets go on after the cut', () => {
  assert.equal(restored('\x1b[1;31mred \x1b[4munder'), '\x1b[1;31m\x1b[4m');
  assert.equal(restored('\x1b[31mred\x1b[0m'), '');
  assert.equal(restored('\x1b[31mred\x1b[m'), '');
  assert.equal(restored('\x1b[31m\x1b[0;32mgreen'), '\x1b[0;32m');
  assert.equal(restored('\x1b[38;5;0mblack'), '\x1b[38;5;0m');
  assert.equal(restored('\x1b(0lines'), '\x1b(0');
  assert.equal(restored('\x1b(0lines\x1b(B'), '');
});

test('what stands in a string, or is broken off, sets nothing', () => {
  assert.equal(restored('\x1b]0;[?1049h\x07'), '');
  assert.equal(restored('\x1b]0;a title\x1b[?1049h'), '\x1b[?1049h', 'a sequence ends a string');
  assert.equal(restored('\x1bPdata \x1b\\text'), '');
  assert.equal(restored('\x1b[?10\x1849h'), '');
  assert.equal(restored(`\x1b[${'9;'.repeat(200)}1h\x1b[?2004h`), '\x1b[?2004h', 'too long a sequence is passed over');
});

test('output never begins within a character or a sequence, however it comes', () => {
  const parts = ['日', '本', '語', '\x1b[38;2;10;20;30m', '\x1b]8;;http://a.example/\x07', 'é', '👩', '💻', '\x1b[0m'];
  const unit = bytes(parts.join(''));
  /** Where in the unit something begins. */
  const starts = new Set(parts.map((_, index) => bytes(parts.slice(0, index).join('')).length));
  const all = bytes(parts.join('').repeat(1_500));
  for (const size of [1, 7, 1_000, all.length]) {
    const modes = new Modes(100);
    for (let at = 0; at < all.length; at += size) modes.push(all.subarray(at, at + size));
    let places = 0;
    for (let oldest = 101; oldest < all.length; oldest += 1_003) {
      const { offset } = modes.from(oldest);
      // Behind the last place.
      if (offset === oldest) continue;
      places += 1;
      assert.ok(starts.has((offset - 100) % unit.length), `byte ${offset} in pieces of ${size}`);
    }
    assert.ok(places > 5, `${places} in pieces of ${size}`);
  }
});

test('after output was lost, places are of what came since', () => {
  const modes = new Modes();
  modes.push(bytes(`\x1b[?2004h${filler}`));
  modes.restart(1_000_000);
  modes.push(bytes(filler));
  const cut = modes.from(0);
  assert.ok(cut.offset >= 1_000_000);
  assert.equal(cut.restore, '\x1b[?2004h');
});
