// The width of characters, which must be what the C library says: bash and less place the cursor by it.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { cellsOf } from '../../site/src/client/character-widths.ts';

/** What glibc 2.41 says, in a locale of UTF-8. */
const asGlibc: readonly (readonly [text: string, cells: number])[] = [
  ['e\u0301', 1],
  ['→…☺', 3],
  ['日本語', 6],
  ['한', 2],
  ['ｶﾞ', 2],
  ['😀🐳⚡✅', 8],
  // Of Unicode 13 and 14.
  ['🥲🫠', 4],
  ['❤\ufe0f', 1],
  ['1\ufe0f\u20e3', 1],
  ['👍🏽', 4],
  ['🇩🇪', 2],
  ['👩\u200d💻', 4],
  ['👨\u200d👩\u200d👧', 6],
];

for (const [text, cells] of asGlibc) {
  test(`${text} takes ${cells} cells`, () => {
    const widths = [...text].map((character) => cellsOf(character.codePointAt(0) ?? 0));
    assert.equal(
      widths.reduce<number>((all, one) => all + one, 0),
      cells,
    );
  });
}
