// Words: quotes, escapes and variables, as BuildKit's shell lexer takes them. `text` expands a word and keeps its spaces,
// `words` splits it behind the expansion. What a variable holds is given; nothing here knows instructions.

import { maxSubstitutionDepth } from '../../limits.ts';
import type { Expansion, LexerOptions, Variables } from './expansion.ts';
import { isSpace, quote } from './go-text.ts';
import { LanguageError } from './source.ts';
import { substituted, unsupported } from './substitution.ts';
import { replacePattern } from './word-patterns.ts';

/** What a class of characters is to a name: a letter, a digit or an underscore. */
const letter = /^\p{L}$/u;
const digit = /^\p{Nd}$/u;
const specialParameters = '@*#?-$!0';
/** Characters that begin something in a word, and spaces. */
const plain = /[^$<'"\\`\s}/\ud800-\udfff\u0085\u00a0]+/y;
/** Stands where the text ends, in messages. */
const nothing = '\ufffd';

interface Part {
  readonly text: string;
  readonly words: readonly string[];
}

class Lexer {
  readonly #source: string;
  readonly #variables: Variables;
  readonly #options: LexerOptions;
  #at = 0;
  #rawEscapes: boolean;
  #depth = 0;
  /** The word that is being split off. One for all depths: as in BuildKit, a substitution with a word inside forgets it. */
  #word = '';
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();

  constructor(source: string, variables: Variables, options: LexerOptions) {
    // As Go's scanner does with a byte order mark.
    this.#source = source.startsWith('\ufeff') ? source.slice(1) : source;
    this.#variables = variables;
    this.#options = options;
    this.#rawEscapes = options.rawEscapes ?? false;
  }

  /** The next character; empty where the text ends. */
  #peek(): string {
    const code = this.#source.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #next(): string {
    const character = this.#peek();
    this.#at += character.length;
    return character;
  }

  /** Reads up to `stop`, which is taken; up to the end where `stop` is empty. */
  until(stop: string, rawEscapes: boolean): Part {
    const before = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    try {
      return this.#until(stop);
    } finally {
      this.#rawEscapes = before;
    }
  }

  #until(stop: string): Part {
    const { escapeWith, ignoreQuotes, budget, split = false } = this.#options;
    let text = '';
    this.#word = '';
    const words: string[] = [];
    let inWord = false;
    const addRaw = (part: string) => {
      if (!split) return;
      this.#word += part;
      inWord = true;
    };
    const add = (part: string) => {
      if (!split) return;
      for (const character of part) {
        if (!isSpace(character)) addRaw(character);
        else if (inWord && this.#word !== '') {
          words.push(this.#word);
          this.#word = '';
          inWord = false;
        }
      }
    };
    for (let character = this.#peek(); character !== ''; character = this.#peek()) {
      if (character === stop) {
        this.#next();
        return { text, words: this.#lastWord(words) };
      }
      plain.lastIndex = this.#at;
      const run = plain.exec(this.#source)?.[0];
      if (run !== undefined) {
        this.#at += run.length;
        text += run;
        addRaw(run);
        continue;
      }
      if (character === '$') {
        const value = this.#dollar();
        budget.spend(value.length);
        text += value;
        add(value);
      } else if (character === '<') {
        const value = this.#possibleHeredoc();
        text += value;
        addRaw(value);
      } else if (!ignoreQuotes && (character === "'" || character === '"')) {
        const value = character === "'" ? this.#singleQuoted() : this.#doubleQuoted();
        text += value;
        addRaw(value);
      } else {
        this.#next();
        let taken = character;
        if (character === escapeWith) {
          if (this.#rawEscapes) {
            addRaw(character);
            text += character;
          }
          taken = this.#next();
          if (taken === '') break;
          addRaw(taken);
        } else add(character);
        text += taken;
      }
      budget.checkLength(text.length);
    }
    if (stop !== '') throw new LanguageError(`unexpected end of statement while looking for matching ${stop}`);
    return { text, words: this.#lastWord(words) };
  }

  #lastWord(words: string[]): readonly string[] {
    if (this.#word !== '') words.push(this.#word);
    this.#word = '';
    return words;
  }

  #singleQuoted(): string {
    const end = this.#source.indexOf("'", this.#at + 1);
    if (end < 0) throw new LanguageError('unexpected end of statement while looking for matching single-quote');
    const raw = this.#options.rawQuotes ? 0 : 1;
    const text = this.#source.slice(this.#at + raw, end + 1 - raw);
    this.#at = end + 1;
    return text;
  }

  #doubleQuoted(): string {
    const { escapeWith, rawQuotes, budget } = this.#options;
    let text = rawQuotes ? '"' : '';
    this.#next();
    for (;;) {
      plain.lastIndex = this.#at;
      const run = plain.exec(this.#source)?.[0];
      if (run !== undefined) {
        this.#at += run.length;
        text += run;
        continue;
      }
      if (this.#peek() === '$') {
        const value = this.#dollar();
        budget.spend(value.length);
        text += value;
        budget.checkLength(text.length);
        continue;
      }
      const character = this.#next();
      if (character === '')
        throw new LanguageError('unexpected end of statement while looking for matching double-quote');
      if (character === '"') return rawQuotes ? `${text}"` : text;
      if (character !== escapeWith) {
        text += character;
        continue;
      }
      if (this.#rawEscapes) text += character;
      const next = this.#peek();
      // An escape character before any other than these is itself; at the end it is nothing.
      if (next === '') continue;
      text += next === '"' || next === '$' || next === escapeWith ? this.#next() : character;
    }
  }

  #dollar(): string {
    this.#next();
    if (this.#peek() !== '{') {
      const name = this.#name();
      if (name === '') return '$';
      const value = this.#get(name);
      return value === undefined && this.#options.keepUnset ? `$${name}` : (value ?? '');
    }
    this.#depth++;
    if (this.#depth > maxSubstitutionDepth)
      throw new LanguageError(`substitutions may be nested ${maxSubstitutionDepth} deep`);
    try {
      return this.#substitution();
    } finally {
      this.#depth--;
    }
  }

  /** Behind `$`, at `{`. */
  #substitution(): string {
    this.#next();
    const first = this.#peek();
    if (first === '') throw new LanguageError("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':') throw new LanguageError('syntax error: bad substitution');
    const name = this.#name();
    const operator = this.#next();
    if (operator === '}') {
      const value = this.#get(name);
      return value === undefined && this.#options.keepUnset ? `\${${name}}` : (value ?? '');
    }
    if (operator === '/') return this.#replacement(name);
    if (operator === ':') {
      const second = this.#next();
      return this.#conditional(name, second, `:${second || nothing}`);
    }
    if ('+-?#%'.includes(operator) && operator !== '') return this.#conditional(name, operator, operator);
    throw unsupported(operator || nothing);
  }

  /** `${name-word}` and its like; with a colon in `written`, a variable that is empty counts as one that is not set. */
  #conditional(name: string, operator: string, written: string): string {
    const isPattern = operator === '#' || operator === '%';
    if (isPattern && written.startsWith(':')) throw unsupported(written);
    const word = this.#wordUntil('}', isPattern, "syntax error: missing '}'");
    const value = this.#get(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}${written}${word}}`;
    return substituted({ name, value, operator, written, word }, this.#options.budget);
  }

  /** `${name/pattern/replacement}`, behind the first slash. */
  #replacement(name: string): string {
    const all = this.#peek() === '/';
    if (all) this.#next();
    const pattern = this.#wordUntil('/', true, "syntax error: missing '/' in ${}");
    const replacement = this.#wordUntil('}', true, "syntax error: missing '}'");
    const value = this.#get(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    return replacePattern(value ?? '', pattern, replacement, all, this.#options.budget);
  }

  /** `missing`: what is said where the text ends before `stop`. */
  #wordUntil(stop: string, rawEscapes: boolean, missing: string): string {
    try {
      return this.until(stop, rawEscapes).text;
    } catch (error) {
      throw this.#peek() === '' ? new LanguageError(missing) : error;
    }
  }

  /** Letters, digits and underscores; only digits, or one special character, where it begins so. */
  #name(): string {
    let name = '';
    for (let character = this.#peek(); character !== ''; character = this.#peek()) {
      if (name === '' && digit.test(character)) {
        while (digit.test(this.#peek())) name += this.#next();
        return name;
      }
      if (name === '' && specialParameters.includes(character)) return this.#next();
      if (character !== '_' && !letter.test(character) && !digit.test(character)) break;
      name += this.#next();
    }
    return name;
  }

  /** `<<` takes the spaces behind it into the word. */
  #possibleHeredoc(): string {
    this.#next();
    if (this.#peek() !== '<') return '<';
    const start = this.#at - 1;
    this.#next();
    while (/^[\t\r ]$/.test(this.#peek())) this.#next();
    return this.#source.slice(start, this.#at);
  }

  #get(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }
}

/** Never throws for what is written in `source`, but where it is too much: see `ExpansionBudget`. */
export function expand(source: string, variables: Variables, options: LexerOptions): Expansion {
  const lexer = new Lexer(source, variables, options);
  const { matched, unmatched } = lexer;
  options.budget.spend(source.length);
  try {
    return { ...lexer.until('', options.rawEscapes ?? false), matched, unmatched, error: null };
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    const wrapped = new LanguageError(`failed to process ${quote(source)}: ${error.message}`, [], { cause: error });
    return { text: '', words: [], matched, unmatched, error: wrapped };
  }
}
