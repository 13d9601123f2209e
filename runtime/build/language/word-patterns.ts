// The patterns of `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`: `*`, `?` and characters. Matched side by
// side (Thompson), in time that grows with pattern times text: a backtracking RegExp can be made to take for ever.

import type { ExpansionBudget } from './expansion-budget.ts';
import { LanguageError } from './source.ts';

/** `*`, `?`, or one character that is meant. */
type Token = { readonly kind: 'any' } | { readonly kind: 'one' } | { readonly kind: 'is'; readonly character: string };

function parse(pattern: string): Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    let character = characters[at] ?? '';
    if (character === '*') tokens.push({ kind: 'any' });
    else if (character === '?') tokens.push({ kind: 'one' });
    else {
      const next = characters[at + 1];
      // `\}` and `\/` stand for the character where the shell would end the substitution.
      if (character === '\\' && (next === '}' || next === '/')) continue;
      if (character === '\\') {
        if (next !== '*' && next !== '?' && next !== '\\')
          throw new LanguageError(`invalid escape '\\${next ?? '\ufffd'}'`);
        character = next;
        at++;
      }
      tokens.push({ kind: 'is', character });
    }
  }
  return tokens;
}

function parsed(pattern: string): Token[] {
  try {
    return parse(pattern);
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    throw new LanguageError(`invalid pattern (${pattern}) in substitution: ${error.message}`, [], { cause: error });
  }
}

/** `*` and `?` take any character but this, as in a regular expression of Go. */
const lineEnd = '\n';

/** Of a character and a token, next to a character that is written. */
const stepCost = 3;

interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * The first match at or behind `from`: of those that start earliest, the longest, or the shortest.
 * `anchored`: only one that starts at `from`.
 */
function find(
  tokens: readonly Token[],
  text: readonly string[],
  { from, anchored, longest }: { from: number; anchored: boolean; longest: boolean },
  budget: ExpansionBudget,
): Match | null {
  const none = -1;
  let best: Match | null = null;
  /** For each place in the pattern the earliest start from which it is reached; `none` where it is not. */
  let starts = new Int32Array(tokens.length + 1).fill(none);
  let next = new Int32Array(tokens.length + 1);
  const reach = (places: Int32Array, place: number, start: number): void => {
    for (let at = place; ; at++) {
      const known = places[at] ?? none;
      if (known === none || start < known) places[at] = start;
      if (tokens[at]?.kind !== 'any') return;
    }
  };
  for (let at = from; at <= text.length; at++) {
    if (best === null && (at === from || !anchored)) reach(starts, 0, at);
    const found = starts[tokens.length] ?? none;
    if (found !== none && (best === null || found <= best.start)) {
      best = { start: found, end: at };
      if (!longest) return best;
    }
    budget.spend(stepCost * (tokens.length + 1));
    const character = text[at];
    if (character === undefined) break;
    next.fill(none);
    let alive = false;
    for (let place = 0; place < tokens.length; place++) {
      const start = starts[place] ?? none;
      const token = tokens[place];
      if (!token || start === none || (best !== null && start > best.start)) continue;
      if (token.kind === 'is' ? token.character !== character : character === lineEnd) continue;
      reach(next, token.kind === 'any' ? place : place + 1, start);
      alive = true;
    }
    if (!alive && (best !== null || anchored)) break;
    [starts, next] = [next, starts];
  }
  return best;
}

/** `${name#pattern}`, or `##` where `greedy`. Throws LanguageError for a pattern that is none. */
export function trimPrefixPattern(value: string, pattern: string, greedy: boolean, budget: ExpansionBudget): string {
  const text = Array.from(value);
  const match = find(parsed(pattern), text, { from: 0, anchored: true, longest: greedy }, budget);
  return match === null ? value : text.slice(match.end).join('');
}

/** `${name%pattern}`, or `%%` where `greedy`. */
export function trimSuffixPattern(value: string, pattern: string, greedy: boolean, budget: ExpansionBudget): string {
  const reversed = Array.from(value).reverse().join('');
  const left = trimPrefixPattern(reversed, reversedPattern(pattern), greedy, budget);
  return Array.from(left).reverse().join('');
}

/** Escapes stay before what they escape. */
function reversedPattern(pattern: string): string {
  const parts: string[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const next = character === '\\' ? characters[at + 1] : undefined;
    parts.push(character + (next ?? ''));
    if (next !== undefined) at++;
  }
  return parts.reverse().join('');
}

/** `${name/pattern/replacement}`, or `//` where `all`. */
export function replacePattern(
  value: string,
  pattern: string,
  replacement: string,
  all: boolean,
  budget: ExpansionBudget,
): string {
  const tokens = parsed(pattern);
  const text = Array.from(value);
  let result = '';
  let kept = 0;
  for (let from = 0; from <= text.length; ) {
    const match = find(tokens, text, { from, anchored: false, longest: true }, budget);
    if (match === null) break;
    const { start, end } = match;
    // An empty match right behind the one before is none.
    if (end > start || start !== kept || start === 0) {
      const found = text.slice(start, end).join('');
      result += text.slice(kept, start).join('') + (all ? fromTemplate(replacement, found) : replacement);
      budget.spend(end - kept + replacement.length);
      budget.checkLength(result.length);
      kept = end;
      if (!all) break;
    }
    from = end > start ? end : end + 1;
  }
  return result + text.slice(kept).join('');
}

/** Go's `Regexp.Expand`, which BuildKit applies where it replaces all: `$0` is what was found, other groups are empty. */
function fromTemplate(template: string, found: string): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) => {
    if (all === '$$') return '$';
    return (braced ?? bare) === '0' ? found : '';
  });
}
