/** The font size of a terminal, and resizing a terminal without losing a character. */

import type { Terminal } from '@xterm/xterm';

/** The font size for a terminal of this width, in CSS pixels: smaller where the 120 columns of `docker ps -a` would not fit. */
export function fontSizeFor(width: number): number {
  return width < 1000 ? 12 : 14;
}

/** Whether a wrap is pending: the last cell of the row is written, and the next character goes to the next row. */
export function isAtWrap({ buffer, cols }: Terminal): boolean {
  return buffer.active.cursorX === cols;
}

/**
 * Resizes a terminal. xterm 6.0 loses a pending wrap on every resize, and would write the next character over the last one of the row.
 * So the last character is written once more, which sets the pending wrap again. All output must be parsed before.
 */
export function resizeKeepingWrap(terminal: Terminal, columns: number, rows: number): void {
  const wraps = isAtWrap(terminal) && columns === terminal.cols;
  if (rows === terminal.rows && columns === terminal.cols) return;
  terminal.resize(columns, rows);
  if (!wraps) return;
  const { baseY, cursorY } = terminal.buffer.active;
  const line = terminal.buffer.active.getLine(baseY + cursorY);
  const last = line?.getCell(columns - 1);
  // A wide character stands in the cell before, and its second half has the width 0.
  if (last?.getWidth() === 0) terminal.write(`\b${line?.getCell(columns - 2)?.getChars() ?? ''}`);
  else terminal.write(last?.getChars() || ' ');
}
