/** The size of a terminal's type, and resizing it without losing a character. */

import type { Terminal } from '@xterm/xterm';

/** Room for the table of `docker ps -a`, 120 columns, is worth a smaller type. In CSS pixels. */
export function fontSizeFor(width: number): number {
  return width < 1000 ? 12 : 14;
}

/** The last cell of the row is written, and the next character goes to the next row. */
export function isAtWrap({ buffer, cols }: Terminal): boolean {
  return buffer.active.cursorX === cols;
}

/**
 * xterm 6.0 forgets on every resize that the row is full, and writes the next character over the last one of it. So that one is
 * written once more, which fills the row again. Nothing may wait to be drawn.
 */
export function resizeKeepingWrap(terminal: Terminal, columns: number, rows: number): void {
  const wraps = isAtWrap(terminal) && columns === terminal.cols;
  if (rows === terminal.rows && columns === terminal.cols) return;
  terminal.resize(columns, rows);
  if (!wraps) return;
  const { baseY, cursorY } = terminal.buffer.active;
  const line = terminal.buffer.active.getLine(baseY + cursorY);
  const last = line?.getCell(columns - 1);
  // A wide character is in the cell before, and its second half has no width.
  if (last?.getWidth() === 0) terminal.write(`\b${line?.getCell(columns - 2)?.getChars() ?? ''}`);
  else terminal.write(last?.getChars() || ' ');
}
