/**
 * How many cells a character takes. bash, less and vim place the cursor by what the C library says (glibc's wcwidth: each code
 * point by itself), so this screen has to say the same. xterm's own table is of Unicode 6, before most emoji; its grapheme
 * addon draws a family as one emoji of two cells, where bash counts six, and the cursor drifts.
 */
import type { IUnicodeVersionProvider } from '@xterm/xterm';

/** Marks that are drawn over the character before, joiners, and the second half of a Korean syllable. */
const zero = /^[\p{Mn}\p{Me}\p{Cf}\u{1160}-\u{11ff}\u{d7b0}-\u{d7ff}]$/u;
/** Emoji are wide. Of a flag each of the two letters is narrow, and together they are wide. */
const emoji = /^(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}$/u;
/** East Asian Width W and F, in the blocks that are so throughout. */
const eastAsian =
  /^[\u{1100}-\u{115f}\u{2329}\u{232a}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]$/u;

/** By code point, one more than the width; 0 is not known yet. What is asked for once is asked for often. */
const known = new Uint8Array(0x32000);

/** 0, 1 or 2. */
export function cellsOf(codePoint: number): 0 | 1 | 2 {
  const before = known[codePoint];
  if (before) return (before - 1) as 0 | 1 | 2;
  const cells = measured(codePoint);
  if (codePoint < known.length) known[codePoint] = cells + 1;
  return cells;
}

function measured(codePoint: number): 0 | 1 | 2 {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return 0;
  if (codePoint < 0x300) return 1;
  const character = String.fromCodePoint(codePoint);
  if (zero.test(character)) return 0;
  return emoji.test(character) || eastAsian.test(character) ? 2 : 1;
}

/** As xterm keeps it: bit 0 says that it joins the character before, bits 1 and 2 are the width of both. */
export const characterWidths: IUnicodeVersionProvider = {
  version: 'glibc',
  wcwidth: cellsOf,
  charProperties(codePoint, preceding) {
    const cells = cellsOf(codePoint);
    const before = (preceding >> 1) & 3;
    return cells === 0 && before > 0 ? (before << 1) | 1 : cells << 1;
  },
};
