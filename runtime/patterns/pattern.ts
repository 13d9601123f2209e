// Go's regular expressions, matched in time that grows with pattern times text and no faster (Thompson's construction): a
// student's pattern must not hold up the engine that all students share, as a backtracking RegExp can.

import { EngineError } from '../errors.ts';
import { maxPatternStates } from '../limits.ts';
import type { WorkBudget } from '../work-budget.ts';
import type { CharacterSet } from './characters.ts';
import { type Node, type Place, parsePattern } from './parse.ts';

/** A step of the program that a pattern becomes. `next` and `other` are places in it. */
type State =
  | { readonly kind: 'character'; readonly set: CharacterSet }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'found' };

class Program {
  readonly states: State[] = [];

  add(state: State): number {
    if (this.states.length >= maxPatternStates)
      throw new EngineError(
        'invalid',
        `invalid filter: the pattern is too large: with its repetitions written out it has more than ${maxPatternStates} parts`,
      );
    return this.states.push(state) - 1;
  }

  /** Adds what matches `node`; what comes behind follows in the program. */
  emit(node: Node): void {
    if (node.kind === 'character' || node.kind === 'place') this.add(node);
    else if (node.kind === 'sequence') for (const part of node.parts) this.emit(part);
    else if (node.kind === 'choice') this.#choice(node.parts);
    else this.#repeat(node);
  }

  #split(): State & { kind: 'split' } {
    const split = { kind: 'split' as const, next: 0, other: 0 };
    split.next = this.add(split) + 1;
    split.other = split.next;
    return split;
  }

  #choice(parts: readonly Node[]): void {
    const ends: (State & { kind: 'split' })[] = [];
    for (const [i, part] of parts.entries()) {
      const split = i < parts.length - 1 ? this.#split() : null;
      this.emit(part);
      if (!split) continue;
      ends.push(this.#split());
      split.other = this.states.length;
    }
    for (const end of ends) end.next = end.other = this.states.length;
  }

  #repeat({ part, least, most }: Node & { kind: 'repeat' }): void {
    for (let i = 0; i < least; i++) this.emit(part);
    if (most === null) {
      const split = this.#split();
      const start = split.next - 1;
      this.emit(part);
      const back = this.#split();
      back.next = back.other = start;
      split.other = this.states.length;
      return;
    }
    const splits: (State & { kind: 'split' })[] = [];
    for (let i = least; i < most; i++) {
      splits.push(this.#split());
      this.emit(part);
    }
    for (const split of splits) split.other = this.states.length;
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && /\w/.test(String.fromCodePoint(code));
}

function isAt(place: Place, codes: readonly number[], at: number): boolean {
  if (place === 'textStart') return at === 0;
  if (place === 'textEnd') return at === codes.length;
  if (place === 'lineStart') return at === 0 || codes[at - 1] === 10;
  if (place === 'lineEnd') return at === codes.length || codes[at] === 10;
  const edge = isWord(codes[at - 1]) !== isWord(codes[at]);
  return place === 'wordEdge' ? edge : !edge;
}

/** The states that a match may be in: a list, and for each state the number of the round in which it was put there. */
class StateSet {
  readonly list: Int32Array;
  readonly #rounds: Int32Array;
  readonly #open: Int32Array;
  #round = 0;
  size = 0;

  constructor(states: number) {
    this.list = new Int32Array(states);
    this.#rounds = new Int32Array(states);
    this.#open = new Int32Array(2 * states + 2);
  }

  clear(): void {
    this.size = 0;
    this.#round += 1;
  }

  /** Adds a state and all that can be reached from it without a character; true where the end is among them. */
  enter(states: readonly State[], from: number, codes: readonly number[], at: number): boolean {
    let open = 0;
    this.#open[open++] = from;
    while (open > 0) {
      const state = this.#open[--open] ?? 0;
      if (this.#rounds[state] === this.#round) continue;
      this.#rounds[state] = this.#round;
      this.list[this.size++] = state;
      const step = states[state];
      if (step?.kind === 'found') return true;
      if (step?.kind === 'split') {
        this.#open[open++] = step.other;
        this.#open[open++] = step.next;
      } else if (step?.kind === 'place' && isAt(step.place, codes, at)) this.#open[open++] = state + 1;
    }
    return false;
  }
}

function matches(states: readonly State[], text: string, budget: WorkBudget): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  let [current, next] = [new StateSet(states.length), new StateSet(states.length)];
  budget.spend(states.length);
  current.clear();
  for (let at = 0; ; at++) {
    // A match may begin anywhere.
    if (current.enter(states, 0, codes, at)) return true;
    budget.spend(current.size + 1);
    const code = codes[at];
    if (code === undefined) return false;
    next.clear();
    for (let i = 0; i < current.size; i++) {
      const state = current.list[i] ?? 0;
      const step = states[state];
      if (step?.kind !== 'character') continue;
      if (step.set.steps > 1) budget.spend(step.set.steps);
      if (step.set.has(code) && next.enter(states, state + 1, codes, at + 1)) return true;
    }
    [current, next] = [next, current];
  }
}

/**
 * A matcher for a regular expression of Go, found anywhere in the text unless anchored. What it compares is paid out of
 * `budget`, so that it may throw. Throws invalid for what is no pattern, and for what is too large.
 */
export function namePattern(pattern: string, budget: WorkBudget): (text: string) => boolean {
  if (/^[\w-]*$/.test(pattern))
    return (text) => {
      budget.spend(text.length);
      return text.includes(pattern);
    };
  const program = new Program();
  program.emit(parsePattern(pattern));
  program.add({ kind: 'found' });
  budget.spend(program.states.length);
  return (text) => matches(program.states, text, budget);
}
