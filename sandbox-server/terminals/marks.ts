// Finds the shell's prompt marks (OSC 133) in a stream of terminal output, however it is split. A mark says only that something
// may have changed, never that a task is done: a student who prints a mark forges nothing.

import { maxMarkLength } from '../limits.ts';

export type Mark =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'input' }
  | { readonly kind: 'running' }
  | { readonly kind: 'finished'; readonly exitCode: number | null };

const escapeByte = 0x1b;
const bell = 0x07;
const closeBracket = 0x5d;
const backslash = 0x5c;

function parseMark(body: string): Mark | null {
  const [number, letter, exitCode] = body.split(';');
  if (number !== '133') return null;
  if (letter === 'A') return { kind: 'prompt' };
  if (letter === 'B') return { kind: 'input' };
  if (letter === 'C') return { kind: 'running' };
  if (letter !== 'D') return null;
  return { kind: 'finished', exitCode: exitCode !== undefined && /^\d{1,3}$/.test(exitCode) ? Number(exitCode) : null };
}

export class MarkParser {
  /** Outside a sequence; after ESC; in the body of an OSC; in the body after ESC, which may begin the end `ESC \`. */
  #state: 'text' | 'escape' | 'body' | 'bodyEscape' = 'text';
  #body = '';

  /** The marks that end within `bytes`, in order. Sequences that are too long or broken off are skipped. */
  push(bytes: Uint8Array): readonly Mark[] {
    const marks: Mark[] = [];
    let place = 0;
    while (place < bytes.length) {
      if (this.#state === 'text') {
        // Most output has no ESC at all, and `indexOf` is much faster than this loop.
        const next = bytes.indexOf(escapeByte, place);
        if (next < 0) break;
        this.#state = 'escape';
        place = next + 1;
        continue;
      }
      const byte = bytes[place++] ?? 0;
      if (this.#state === 'escape') {
        if (byte === closeBracket) {
          this.#state = 'body';
          this.#body = '';
        } else if (byte !== escapeByte) this.#state = 'text';
      } else if (byte === bell || (this.#state === 'bodyEscape' && byte === backslash)) {
        const mark = parseMark(this.#body);
        if (mark !== null) marks.push(mark);
        this.#state = 'text';
      } else if (this.#state === 'bodyEscape') {
        // ESC with any other character aborts the sequence and begins another.
        this.#state = byte === closeBracket ? 'body' : byte === escapeByte ? 'escape' : 'text';
        this.#body = '';
      } else if (byte === escapeByte) this.#state = 'bodyEscape';
      else if (byte < 0x20) this.#state = 'text';
      else if (this.#body.length < maxMarkLength) this.#body += String.fromCharCode(byte);
      else this.#state = 'text';
    }
    return marks;
  }
}
