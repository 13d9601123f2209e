// Heredocs: the words that begin one (`<<EOF`, `<<-EOF`, `3<<"EOF"`), and what is between.

import { maxHeredocs } from '../../limits.ts';
import { ExpansionBudget } from './expansion-budget.ts';
import { LanguageError } from './source.ts';
import { expand } from './words.ts';

export interface Heredoc {
  readonly name: string;
  /** 0 where none is written. */
  readonly fileDescriptor: number;
  /** False where a part of the name is quoted: variables in the content stay as they are. */
  readonly expand: boolean;
  /** `<<-`: tabs at the beginning of each line are dropped by whoever uses the content. */
  readonly chomp: boolean;
  /** With the line ends, without the line that ends it. */
  readonly content: string;
}

const noVariables: ReadonlyMap<string, string> = new Map();
const quotesIn = (text: string): number => text.split(/['"]/).length - 1;

/** The heredoc that a word begins, with no content yet; null where it begins none. Throws LanguageError for quotes without an end. */
export function parseHeredoc(word: string): Heredoc | null {
  const [all = '', descriptor = '', dash = ''] = /^([0-9]*)<<(-?)/.exec(word) ?? [];
  if (all === '') return null;
  const rest = word.slice(all.length).replace(/^[\t\n\f\r ]+/, '');
  if (rest === '' || rest.includes('<')) return null;
  const options = { escapeWith: '\\', keepUnset: true, split: true, budget: new ExpansionBudget() };
  const plain = expand(rest, noVariables, options);
  if (plain.error) throw plain.error;
  const [name] = plain.words;
  if (name === undefined || plain.words.length !== 1) return null;
  const raw = expand(rest, noVariables, { ...options, rawQuotes: true });
  if (raw.error) throw raw.error;
  if (raw.words.length !== 1)
    throw new LanguageError(`internal lexing of heredoc produced inconsistent results: ${rest}`);
  return {
    name,
    fileDescriptor: Number(descriptor),
    expand: quotesIn(name) === quotesIn(raw.words[0] ?? ''),
    chomp: dash !== '',
    content: '',
  };
}

/** The heredoc that a word begins; null where it begins none, or is no word. */
export function tryHeredoc(word: string): Heredoc | null {
  try {
    return parseHeredoc(word);
  } catch (error) {
    if (error instanceof LanguageError) return null;
    throw error;
  }
}

/** The heredocs that a line begins, in their order. Throws LanguageError. */
export function heredocsIn(line: string): Heredoc[] {
  const { words } = expand(line, noVariables, {
    escapeWith: '\\',
    rawQuotes: true,
    rawEscapes: true,
    keepUnset: true,
    split: true,
    budget: new ExpansionBudget(),
  });
  const found: Heredoc[] = [];
  for (const word of words) {
    const heredoc = parseHeredoc(word);
    if (heredoc) found.push(heredoc);
    if (found.length > maxHeredocs) throw new LanguageError(`an instruction may have ${maxHeredocs} heredocs`);
  }
  return found;
}

/** Without the tabs at the beginning of each line. */
export const withoutTabs = (content: string): string => content.replace(/^\t+/gm, '');

/** What `content` is to whoever reads it as a file. */
export const contentOf = ({ chomp, content }: Pick<Heredoc, 'chomp' | 'content'>): string =>
  chomp ? withoutTabs(content) : content;
