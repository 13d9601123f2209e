// A Dockerfile as a list of statements: one for each instruction, its lines joined, its arguments split, its heredocs taken
// in. Which instructions there are, and what they mean, is not known here.

import {
  maxDockerfileBytes,
  maxDockerfileFlags,
  maxDockerfileWords,
  maxStatementFlags,
  maxStatements,
  maxStatementWords,
} from '../../limits.ts';
import { type Arguments, parseArguments, splitCommand } from './arguments.ts';
import { DirectiveReader, withoutByteOrderMark } from './directives.ts';
import { trim, trimStart } from './go-text.ts';
import { type Heredoc, heredocsIn } from './heredocs.ts';
import { LanguageError, type Location, lines, located } from './source.ts';
import { SourceLines } from './source-lines.ts';

export interface Statement extends Arguments {
  /** As it is written: `RUN`, `run`. */
  readonly keyword: string;
  readonly flags: readonly string[];
  /** The lines of the instruction, joined, without those of its heredocs. */
  readonly original: string;
  readonly heredocs: readonly Heredoc[];
  readonly location: Location;
  /** The comments right above, without `#`. */
  readonly comments: readonly string[];
  /** What ONBUILD holds; `words` has its keyword and its words then. */
  readonly nested: Statement | null;
}

export interface Parsed {
  readonly statements: readonly Statement[];
  /** The escape character: a backslash, or a backtick. */
  readonly escapeWith: string;
  /** Where a line that is continued is followed by an empty one. */
  readonly emptyContinuations: readonly Location[];
}

const isComment = (line: string): boolean => trimStart(line).startsWith('#');

function withoutLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && '\r\n'.includes(line.charAt(end - 1))) end--;
  return line.slice(0, end);
}

/** What is before an escape character that ends the line; null where the line ends here. One before it makes it a plain character. */
function continued(line: string, escapeWith: string): string | null {
  let end = line.length;
  while (end > 0 && ' \t'.includes(line.charAt(end - 1))) end--;
  if (end === 0 || line.charAt(end - 1) !== escapeWith) return null;
  return end > 1 && line.charAt(end - 2) === escapeWith ? null : line.slice(0, end - 1);
}

const mayHaveHeredocs = (statement: Omit<Statement, 'heredocs'>): boolean => {
  const inner = statement.keyword.toLowerCase() === 'onbuild' ? (statement.nested ?? statement) : statement;
  return ['add', 'copy', 'run'].includes(inner.keyword.toLowerCase()) && !inner.isJson;
};

/** ONBUILD in ONBUILD in …: refused later, but read first. */
const maxNesting = 10;

function statementOf(
  original: string,
  escapeWith: string,
  place: Pick<Statement, 'location' | 'comments'>,
  depth = 0,
): Statement {
  const { keyword, flags, rest } = splitCommand(original, escapeWith);
  if (flags.length > maxStatementFlags) throw new LanguageError(`an instruction may have ${maxStatementFlags} flags`);
  const parts = { keyword, flags, original, heredocs: [], ...place };
  if (keyword.toLowerCase() !== 'onbuild' || depth === maxNesting)
    return { ...parts, ...parseArguments(keyword.toLowerCase(), rest, escapeWith), nested: null };
  if (rest === '') return { ...parts, words: [], isJson: false, nested: null };
  const nested = statementOf(rest, escapeWith, { ...place, comments: [] }, depth + 1);
  return { ...parts, words: [nested.keyword, ...nested.words], isJson: false, nested };
}

class Parser {
  readonly #lines: SourceLines;
  readonly #directives = new DirectiveReader();
  #escapeWith = '\\';
  /** The number of the last line that was read. */
  #line = 0;
  readonly statements: Statement[] = [];
  readonly emptyContinuations: Location[] = [];
  #words = 0;
  #flags = 0;

  constructor(text: string) {
    this.#lines = new SourceLines(text);
  }

  get escapeWith(): string {
    return this.#escapeWith;
  }

  /** A line without its end; empty for a comment. `isDirective`: it was one, and has been applied. */
  #processed(line: string): { text: string; isDirective: boolean } {
    try {
      const directive = this.#directives.read(line);
      if (directive?.name === 'escape') this.#setEscape(directive.value);
      return { text: isComment(line) ? '' : line, isDirective: directive !== null };
    } catch (error) {
      throw located(error, lines(this.#line, 0));
    }
  }

  #setEscape(value: string): void {
    if (value !== '`' && value !== '\\')
      throw new LanguageError(`invalid escape token '${value}' does not match \` or \\`);
    this.#escapeWith = value;
  }

  parse(): void {
    let comments: string[] = [];
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      const raw = this.#line === 0 ? withoutByteOrderMark(line) : line;
      if (isComment(raw)) {
        // A comment without text parts those above from the instruction.
        const comment = trim(raw.slice(1));
        if (comment === '') comments = [];
        else comments.push(comment);
      }
      const { text, isDirective } = this.#processed(trimStart(withoutLineEnd(raw)));
      if (isDirective) comments.pop();
      this.#line++;
      const first = this.#line;
      const begun = continued(text, this.#escapeWith);
      if (begun === null && text === '') continue;
      this.#addStatement(begun === null ? text : this.#joined(begun), first, comments);
      comments = [];
    }
    if (this.statements.length === 0) throw new LanguageError('file with no instructions', [lines(this.#line, 0)]);
    if (this.#lines.error) throw located(this.#lines.error, lines(this.#line, 0));
  }

  /** `begun`, and the lines that continue it, without comments and empty ones. */
  #joined(begun: string): string {
    const parts = [begun];
    let hasEmpty = false;
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      const { text } = this.#processed(withoutLineEnd(line));
      this.#line++;
      if (isComment(line)) continue;
      if (trimStart(text) === '') {
        hasEmpty = true;
        continue;
      }
      const more = continued(text, this.#escapeWith);
      parts.push(more ?? text);
      if (more === null) break;
    }
    if (hasEmpty) this.emptyContinuations.push(lines(this.#line, this.#line));
    return parts.join('');
  }

  #addStatement(original: string, first: number, comments: readonly string[]): void {
    try {
      if (this.statements.length === maxStatements)
        throw new LanguageError(`a Dockerfile may have ${maxStatements} instructions`);
      const statement = statementOf(original, this.#escapeWith, { location: lines(first, this.#line), comments });
      if (statement.words.length > maxStatementWords)
        throw new LanguageError(`an instruction may have ${maxStatementWords} words`);
      this.#count(statement);
      const heredocs =
        mayHaveHeredocs(statement) && original.includes('<<')
          ? heredocsIn(original).map((heredoc) => ({ ...heredoc, content: this.#heredocContent(heredoc) }))
          : [];
      this.statements.push({ ...statement, heredocs, location: lines(first, this.#line) });
    } catch (error) {
      throw located(error, lines(first, this.#line));
    }
  }

  #count({ words, flags, nested }: Omit<Statement, 'heredocs'>): void {
    this.#words += words.length;
    this.#flags += flags.length + (nested?.flags.length ?? 0);
    if (this.#words > maxDockerfileWords)
      throw new LanguageError(`the instructions of a Dockerfile may have ${maxDockerfileWords} words together`);
    if (this.#flags > maxDockerfileFlags)
      throw new LanguageError(`the instructions of a Dockerfile may have ${maxDockerfileFlags} flags together`);
  }

  #heredocContent({ name, chomp }: Heredoc): string {
    const content: string[] = [];
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      this.#line++;
      const bare = withoutLineEnd(line);
      if ((chomp ? bare.replace(/^\t+/, '') : bare) === name) return content.join('');
      content.push(line);
    }
    throw new LanguageError('unterminated heredoc');
  }
}

/** Throws LanguageError, with the place. */
export function parseStatements(text: string): Parsed {
  // Checked here too, so that nobody parses what is not bounded.
  if (text.length > maxDockerfileBytes)
    throw new LanguageError(
      `the Dockerfile is larger than ${maxDockerfileBytes} bytes, which is the most that is allowed`,
    );
  const parser = new Parser(text);
  parser.parse();
  return {
    statements: parser.statements,
    escapeWith: parser.escapeWith,
    emptyContinuations: parser.emptyContinuations,
  };
}
