// The patterns of `--filter name=…` and `id=…`, matched in linear time: a student's pattern must not hold up the engine
// that all students share, as a backtracking RegExp can.

import { EngineError } from '../errors.ts';

type Piece = { readonly accepts: (character: string) => boolean; readonly least: 0 | 1; readonly many: boolean };

interface Alternative {
  readonly fromStart: boolean;
  readonly toEnd: boolean;
  readonly pieces: readonly Piece[];
}

/** Longer patterns are refused: names have 63 characters, IDs 64. */
const maxPatternLength = 256;

/** Splits `[a-z_]`, `\.`, `.` or a plain character off `text` at `at`; returns what it accepts and where it ended. */
function atom(text: string, at: number): { accepts: (character: string) => boolean; end: number } {
  const character = text[at] ?? '';
  if (character === '.') return { accepts: () => true, end: at + 1 };
  if (character === '\\') {
    const escaped = text[at + 1] ?? '\\';
    if (escaped === 'd') return { accepts: (c) => c >= '0' && c <= '9', end: at + 2 };
    if (escaped === 'w') return { accepts: (c) => /\w/.test(c), end: at + 2 };
    return { accepts: (c) => c === escaped, end: at + 2 };
  }
  if (character === '[') {
    const close = text.indexOf(']', at + 2);
    if (close < 0) throw new EngineError('invalid', `invalid filter: the pattern "${text}" has a [ without its ]`);
    const negated = text[at + 1] === '^';
    const inside = text.slice(at + (negated ? 2 : 1), close);
    const ranges: [string, string][] = [];
    for (let i = 0; i < inside.length; i++) {
      const first = inside[i] ?? '';
      const last = inside[i + 1] === '-' ? inside[i + 2] : undefined;
      ranges.push([first, last ?? first]);
      if (last !== undefined) i += 2;
    }
    return { accepts: (c) => ranges.some(([low, high]) => c >= low && c <= high) !== negated, end: close + 1 };
  }
  return { accepts: (c) => c === character, end: at + 1 };
}

function parseAlternative(text: string): Alternative {
  const fromStart = text.startsWith('^');
  const toEnd = text.endsWith('$') && !text.endsWith('\\$');
  const pieces: Piece[] = [];
  for (let at = fromStart ? 1 : 0; at < text.length - (toEnd ? 1 : 0); ) {
    if ('(){}'.includes(text[at] ?? ''))
      throw new EngineError(
        'invalid',
        `invalid filter: the pattern "${text}" uses groups, which this engine does not match`,
      );
    const { accepts, end } = atom(text, at);
    const repeat = text[end] ?? '';
    const repeated = repeat === '*' || repeat === '+' || repeat === '?';
    pieces.push({ accepts, least: repeat === '*' || repeat === '?' ? 0 : 1, many: repeat === '*' || repeat === '+' });
    at = end + (repeated ? 1 : 0);
  }
  return { fromStart, toEnd, pieces };
}

/** Adds `state` and all that can be reached from it without a character. */
function enter(states: Set<number>, pieces: readonly Piece[], state: number): void {
  for (let at = state; ; at++) {
    states.add(at);
    if (at >= pieces.length || pieces[at]?.least !== 0) return;
  }
}

function matches({ fromStart, toEnd, pieces }: Alternative, text: string): boolean {
  let states = new Set<number>();
  enter(states, pieces, 0);
  for (const character of text) {
    if (!toEnd && states.has(pieces.length)) return true;
    const next = new Set<number>();
    for (const state of states) {
      const piece = pieces[state];
      if (!piece?.accepts(character)) continue;
      enter(next, pieces, state + 1);
      if (piece.many) enter(next, pieces, state);
    }
    if (!fromStart) enter(next, pieces, 0);
    states = next;
  }
  return states.has(pieces.length);
}

/**
 * A matcher for `pattern`, found anywhere in the text unless anchored: plain characters, `.`, classes, `* + ?` on one of
 * those, `^`, `$` and `|`. Throws invalid for groups and for what is too long.
 */
export function namePattern(pattern: string): (text: string) => boolean {
  if (pattern.length > maxPatternLength) throw new EngineError('invalid', 'invalid filter: the pattern is too long');
  const alternatives = pattern.split('|').map(parseAlternative);
  return (text) => alternatives.some((alternative) => matches(alternative, text));
}
