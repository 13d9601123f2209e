/** What of a clipboard's text may be typed into a shell. Knows nothing of terminals. */
import { longestPasteBytes } from './limits.ts';

/**
 * Removes what must not be pasted into a shell: escape sequences (the end mark of a bracketed paste is one), and every other control
 * character but tabs and line ends. Line ends become `\n`.
 */
export function cleanPaste(text: string): string {
  return (
    text
      .replaceAll(/\r\n?/g, '\n')
      // Whole control sequences first. Without their ESC, the rest of them would be left as text.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
      .replaceAll(/(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
      .replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
      // Characters that change the direction of text can make a line look like another one (Trojan Source).
      .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
  );
}

/** Whether a paste could run something by itself: it has more than one line, or ends its line. */
export function isManyLines(text: string): boolean {
  return text.includes('\n');
}

/** Whether a paste is longer than the server holds for a shell that reads slowly: a part of it would be lost. */
export function isTooLong(text: string): boolean {
  // Every UTF-16 unit is a byte at least: a huge text need not be encoded to be counted.
  return text.length > longestPasteBytes || new TextEncoder().encode(text).length > longestPasteBytes;
}

/** Cuts text into pieces of at most `length` UTF-16 units, never within a character. */
export function pieces(text: string, length: number): string[] {
  const all: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + length, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    all.push(text.slice(start, end));
    start = end;
  }
  return all;
}
