// The directives at the top of a Dockerfile: `# syntax=…`, `# escape=…`, `# check=…`. They end at the first line that is
// none.

import { cut } from './go-text.ts';
import { LanguageError } from './source.ts';

export type DirectiveName = 'syntax' | 'escape' | 'check';

export interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  readonly line: number;
}

const isDirectiveName = (name: string): name is DirectiveName => ['syntax', 'escape', 'check'].includes(name);

const afterComment = /^[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=/;
const blank = /^[\t\n\f\r ]$/;

/** Trims what a regular expression of Go calls space; of nothing but spaces the last one stays. */
function trimmedValue(text: string): string | null {
  let [start, end] = [0, text.length];
  while (end > 0 && blank.test(text.charAt(end - 1))) end--;
  if (end === 0) return text.length === 0 ? null : text.slice(-1);
  while (blank.test(text.charAt(start))) start++;
  return text.slice(start, end);
}

/** Reads lines one after another, as long as they are directives. */
export class DirectiveReader {
  readonly #comment: string;
  readonly #seen = new Set<DirectiveName>();
  #line: number;
  #isDone = false;

  constructor(comment: '#' | '//' = '#', linesBefore = 0) {
    this.#comment = comment;
    this.#line = linesBefore;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The directive in the next line, without its line end; null where there is none. Throws LanguageError for a second one of its name. */
  read(line: string): Directive | null {
    this.#line++;
    if (this.#isDone) return null;
    const rest = line.startsWith(this.#comment) ? line.slice(this.#comment.length) : '';
    const [all = '', written = ''] = afterComment.exec(rest) ?? [];
    const name = written.toLowerCase();
    const value = all === '' ? null : trimmedValue(rest.slice(all.length));
    if (value === null || !isDirectiveName(name)) {
      this.#isDone = true;
      return null;
    }
    if (this.#seen.has(name)) throw new LanguageError(`only one ${name} parser directive can be used`);
    this.#seen.add(name);
    return { name, value, line: this.#line };
  }
}

/** The directives up to the first line that is none, or up to the first fault. */
function readAll(text: string, reader: DirectiveReader): Directive[] {
  const found: Directive[] = [];
  try {
    for (let start = 0; start < text.length && !reader.isDone; ) {
      const end = text.indexOf('\n', start);
      const directive = reader.read(text.slice(start, end < 0 ? text.length : end));
      if (directive) found.push(directive);
      start = end < 0 ? text.length : end + 1;
    }
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
  }
  return found;
}

/** The value of a directive, up to its first space, and all of it. */
export interface FoundDirective {
  readonly value: string;
  readonly whole: string;
  readonly line: number;
}

export const withoutByteOrderMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

/** The directive with this name; null where there is none. A first line that is `#!…` is passed over. */
export function findDirective(text: string, name: DirectiveName, comment: '#' | '//' = '#'): FoundDirective | null {
  const [first, rest] = cut(withoutByteOrderMark(text), '\n');
  const isShebang = first.startsWith('#!');
  const reader = new DirectiveReader(comment, isShebang ? 1 : 0);
  const found = readAll(isShebang ? (rest ?? '') : withoutByteOrderMark(text), reader).find(
    (directive) => directive.name === name,
  );
  return found ? { value: cut(found.value, ' ')[0], whole: found.value, line: found.line } : null;
}

/** Which syntax a file asks for: `# syntax=`, `// syntax=`, or a JSON object with a `syntax`. */
export function detectSyntax(text: string): FoundDirective | null {
  const found = findDirective(text, 'syntax') ?? findDirective(text, 'syntax', '//');
  if (found) return found;
  const body = withoutByteOrderMark(text).replace(/^#![^\n]*\n?/, '');
  if (!/^\s*\{/.test(body)) return null;
  try {
    const { syntax } = JSON.parse(body) as { syntax?: unknown };
    return typeof syntax === 'string' ? { value: syntax, whole: syntax, line: 0 } : null;
  } catch {
    return null;
  }
}
