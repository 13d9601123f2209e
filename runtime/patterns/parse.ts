// The syntax of Go's regular expressions (RE2: pkg.go.dev/regexp/syntax), which Docker's `name` and `id` filters are.

import { EngineError } from '../errors.ts';
import { maxPatternLength } from '../limits.ts';
import {
  type CharacterSet,
  characterSet,
  complement,
  digits,
  posixClasses,
  type Ranges,
  spaces,
  wordCharacters,
} from './characters.ts';

export type Place = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge';

export type Node =
  | { readonly kind: 'character'; readonly set: CharacterSet }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  /** `most` is null for any number. */
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number | null };

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotIsAll: boolean;
}

/** Go's `maxRepeat`. */
const maxRepeat = 1000;
const single: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);
const shorthands: ReadonlyMap<string, Ranges> = new Map([
  ['d', digits],
  ['w', wordCharacters],
  ['s', spaces],
]);

/** Parses a pattern. Throws invalid where it is no regular expression, or longer than `maxPatternLength`. */
export function parsePattern(pattern: string): Node {
  if (pattern.length > maxPatternLength)
    throw new EngineError(
      'invalid',
      `invalid filter: the pattern is too long: it has ${pattern.length} characters, the most is ${maxPatternLength}`,
    );
  return new Parser(pattern).all();
}

class Parser {
  readonly #text: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  all(): Node {
    const node = this.#choice({ ignoreCase: false, multiLine: false, dotIsAll: false });
    if (this.#at < this.#text.length) throw this.#wrong('unexpected )');
    return node;
  }

  #wrong(what: string): EngineError {
    const shown = this.#text.join('').slice(0, 80);
    return new EngineError('invalid', `invalid filter: the pattern "${shown}" is no regular expression: ${what}`);
  }

  #take(expected: string): boolean {
    if (
      !this.#text
        .slice(this.#at, this.#at + expected.length)
        .join('')
        .startsWith(expected)
    )
      return false;
    this.#at += expected.length;
    return true;
  }

  /** Up to a `)` or the end. Flags that stand alone, `(?i)`, hold until there. */
  #choice(given: Flags): Node {
    let flags = given;
    const choices: Node[] = [];
    let parts: Node[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== ')') {
      if (this.#take('|')) {
        choices.push({ kind: 'sequence', parts });
        parts = [];
        continue;
      }
      const alone = this.#flagsAlone(flags);
      if (alone) flags = alone;
      else if (this.#take('\\Q')) parts.push(...this.#quoted(flags));
      else parts.push(this.#repeated(this.#one(flags)));
    }
    const last: Node = { kind: 'sequence', parts };
    return choices.length === 0 ? last : { kind: 'choice', parts: [...choices, last] };
  }

  #flagsAlone(flags: Flags): Flags | null {
    const [whole, set] = /^\(\?([a-zA-Z-]*)\)/.exec(this.#text.slice(this.#at, this.#at + 16).join('')) ?? [];
    if (whole === undefined) return null;
    this.#at += whole.length;
    return this.#changed(flags, set ?? '');
  }

  #changed(flags: Flags, letters: string): Flags {
    const names: Record<string, keyof Flags | null> = { i: 'ignoreCase', m: 'multiLine', s: 'dotIsAll', U: null };
    const changed = { ...flags };
    let to = true;
    for (const letter of letters) {
      if (letter === '-') to = false;
      else if (!Object.hasOwn(names, letter)) throw this.#wrong(`there is no flag ${letter}`);
      else {
        const name = names[letter];
        if (name) changed[name] = to;
      }
    }
    return changed;
  }

  #quoted(flags: Flags): Node[] {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !this.#take('\\E')) parts.push(literal(this.#text[this.#at++] ?? '', flags));
    return parts;
  }

  #one(flags: Flags): Node {
    const character = this.#text[this.#at++] ?? '';
    if (character === '(') return this.#group(flags);
    if (character === '[') return this.#class(flags);
    if (character === '\\') return this.#escape(flags);
    if (character === '.') return among(complement(flags.dotIsAll ? [] : [[10, 10]]), flags);
    if (character === '^') return { kind: 'place', place: flags.multiLine ? 'lineStart' : 'textStart' };
    if (character === '$') return { kind: 'place', place: flags.multiLine ? 'lineEnd' : 'textEnd' };
    if ('*+?'.includes(character)) throw this.#wrong(`missing argument to ${character}`);
    return literal(character, flags);
  }

  #group(flags: Flags): Node {
    let inside = flags;
    const [named] = /^\?P?<\w+>/.exec(this.#text.slice(this.#at).join('')) ?? [];
    const [set, letters] = /^\?([a-zA-Z-]*):/.exec(this.#text.slice(this.#at, this.#at + 16).join('')) ?? [];
    if (named !== undefined) this.#at += named.length;
    else if (set !== undefined) {
      this.#at += set.length;
      inside = this.#changed(flags, letters ?? '');
    } else if (this.#text[this.#at] === '?') throw this.#wrong('there is no group of this kind');
    const node = this.#choice(inside);
    if (!this.#take(')')) throw this.#wrong('missing closing )');
    return node;
  }

  #repeated(part: Node): Node {
    let node = part;
    for (let times = 0; ; times++) {
      const repeat = this.#repeat();
      if (!repeat) return node;
      if (times > 0) throw this.#wrong('a repetition is repeated');
      node = { kind: 'repeat', part: node, ...repeat };
    }
  }

  #repeat(): { least: number; most: number | null } | null {
    const simple = { '*': { least: 0, most: null }, '+': { least: 1, most: null }, '?': { least: 0, most: 1 } };
    const character = this.#text[this.#at] ?? '';
    let found: { least: number; most: number | null } | null = null;
    if (character === '*' || character === '+' || character === '?') {
      this.#at++;
      found = simple[character];
    } else if (character === '{') {
      const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(''));
      // What is no count stands for itself, as in Go.
      if (!counted) return null;
      this.#at += counted[0].length;
      const least = Number(counted[1]);
      const most = counted[2] === undefined ? least : counted[3] === '' ? null : Number(counted[3]);
      if (least > maxRepeat || (most ?? 0) > maxRepeat || (most !== null && most < least))
        throw this.#wrong(`invalid repeat count ${counted[0]}`);
      found = { least, most };
    }
    // Whether the longest or the shortest match is wanted makes no difference to whether there is one.
    if (found) this.#take('?');
    return found;
  }

  #escape(flags: Flags): Node {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw this.#wrong('trailing backslash');
    const places: Record<string, Place> = { A: 'textStart', z: 'textEnd', b: 'wordEdge', B: 'noWordEdge' };
    const place = Object.hasOwn(places, letter) ? places[letter] : undefined;
    if (place) return { kind: 'place', place };
    return among(this.#escaped(letter), flags);
  }

  /** What `\` and a letter, or a number, stand for. */
  #escaped(letter: string): Ranges {
    const shorthand = shorthands.get(letter.toLowerCase());
    if (shorthand) return letter === letter.toLowerCase() ? shorthand : complement(shorthand);
    const code = single.get(letter);
    if (code !== undefined) return [[code, code]];
    if (letter === 'x' || /[0-7]/.test(letter)) return this.#number(letter);
    if (/[a-zA-Z89]/.test(letter)) throw this.#wrong(`invalid escape sequence \\${letter}`);
    return only(letter);
  }

  #number(letter: string): Ranges {
    const rest = this.#text.slice(this.#at, this.#at + 10).join('');
    const found = letter === 'x' ? /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/.exec(rest) : /^[0-7]{0,2}/.exec(rest);
    if (!found || (letter !== 'x' && letter !== '0' && found[0] === ''))
      throw this.#wrong(`invalid escape sequence \\${letter}`);
    this.#at += found[0].length;
    const code =
      letter === 'x' ? Number.parseInt(found[1] ?? found[2] ?? '', 16) : Number.parseInt(letter + found[0], 8);
    return [[code, code]];
  }

  #class(flags: Flags): Node {
    const negated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#text.length) throw this.#wrong('missing closing ]');
      const low = this.#classPart();
      const [only, another] = low;
      const isRange = this.#text[this.#at] === '-' && ![']', undefined].includes(this.#text[this.#at + 1]);
      if (!isRange || !only || another || only[0] !== only[1]) {
        ranges.push(...low);
        continue;
      }
      this.#at++;
      const [high] = this.#classPart();
      if (!high || high[1] < only[0]) throw this.#wrong('invalid character class range');
      ranges.push([only[0], high[1]]);
    }
    this.#at++;
    return { kind: 'character', set: characterSet(ranges, { negated, ignoreCase: flags.ignoreCase }) };
  }

  #classPart(): Ranges {
    const [posix, not, name] = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 16).join('')) ?? [];
    if (posix !== undefined) {
      const ranges = posixClasses.get(name ?? '');
      if (!ranges) throw this.#wrong(`invalid character class range ${posix}`);
      this.#at += posix.length;
      return not === '^' ? complement(ranges) : ranges;
    }
    const character = this.#text[this.#at++] ?? '';
    if (character !== '\\') return only(character);
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw this.#wrong('missing closing ]');
    return this.#escaped(letter);
  }
}

function only(character: string): Ranges {
  const code = character.codePointAt(0) ?? 0;
  return [[code, code]];
}

function among(ranges: Ranges, { ignoreCase }: Flags): Node {
  return { kind: 'character', set: characterSet(ranges, { negated: false, ignoreCase }) };
}

function literal(character: string, flags: Flags): Node {
  return among(only(character), flags);
}
