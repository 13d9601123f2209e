// A file line by line, each with its line end, as BuildKit's scanner takes it: no line may be longer than 65,535 bytes.

import { byteLength } from './go-text.ts';
import { LanguageError } from './source.ts';

/** Go's `bufio.MaxScanTokenSize`, which counts the line end too. */
const maxLineBytes = 64 * 1024;

export class SourceLines {
  readonly #text: string;
  #at = 0;
  /** Set when a line was too long: there are no lines then. */
  error: LanguageError | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** Null behind the last one. */
  next(): string | null {
    if (this.error || this.#at >= this.#text.length) return null;
    const end = this.#text.indexOf('\n', this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? undefined : end + 1);
    // A character takes at most three bytes for each of its one or two units.
    const bytes = line.length * 3 < maxLineBytes ? 0 : byteLength(line);
    if (bytes > maxLineBytes || (bytes === maxLineBytes && end < 0)) {
      this.error = new LanguageError(`dockerfile line greater than max allowed size of ${maxLineBytes - 1}`);
      return null;
    }
    this.#at += line.length;
    return line;
  }
}
