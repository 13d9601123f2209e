// Follows the modes of a terminal through its output (alternate screen, mouse, bracketed paste, colours), and remembers places
// where a replay can begin, each with the sequences that set the modes of that place. Knows the sequences that xterm.js acts on.
// Draws nothing, and keeps no output.

import { maxTrackedBytes, modePlaceEveryBytes, modePlaces } from '../limits.ts';

/** A place where a replay can begin. */
export interface Cut {
  /** The absolute number of a byte, never in the middle of a sequence or of a character. */
  readonly offset: number;
  /** To be written first, to a screen that was reset: it sets the modes that hold at `offset`. */
  readonly restore: string;
}

const escapeByte = 0x1b;
const lineFeed = 0x0a;

/** DEC private modes that stay until they are changed, in the order in which `sequences` sets them. */
const privateModes = [1, 6, 7, 9, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004];
/** The private modes that are on after a reset. */
const onAtFirst = new Set([7, 25]);
const alternate = new Set([47, 1047, 1049]);
const ansiModes = [4, 20];

class State {
  readonly #private = new Map<number, boolean>();
  readonly #ansi = new Set<number>();
  #keypad = false;
  #region = '';
  #cursor = '';
  /** Character sets, by `(` for G0 and `)` for G1. */
  readonly #sets = new Map<string, string>();
  /** The parameters of every SGR sequence since the last SGR reset. */
  #rendition: string[] = [];

  reset(): void {
    for (const all of [this.#private, this.#ansi, this.#sets]) all.clear();
    this.#keypad = false;
    this.#region = '';
    this.#cursor = '';
    this.#rendition = [];
  }

  /** Takes `ESC body` where it is neither CSI nor a string. */
  escape(body: string): void {
    const [first = '', second = ''] = body;
    if (body === 'c') this.reset();
    else if (body === '=' || body === '>') this.#keypad = body === '=';
    else if ((first === '(' || first === ')') && body.length === 2) this.#sets.set(first, second);
  }

  /** Takes `CSI body`; the last character of `body` is the final character of the sequence. */
  control(body: string): void {
    const numbers = body.slice(0, -1);
    switch (body.at(-1)) {
      case 'h':
      case 'l':
        this.#set(numbers, body.endsWith('h'));
        break;
      case 'm':
        // With `>` or `?` in front the sequence is about keys, not about colours.
        if (/^[\d;:]*$/.test(numbers)) this.#render(numbers);
        break;
      case 'r':
        if (/^[\d;]*$/.test(numbers)) this.#region = numbers;
        break;
      case 'q':
        if (/^\d* $/.test(numbers)) this.#cursor = numbers;
        break;
      case 'p':
        if (numbers === '!') this.reset();
    }
  }

  #set(numbers: string, on: boolean): void {
    const isPrivate = numbers.startsWith('?');
    for (const text of numbers.slice(isPrivate ? 1 : 0).split(';')) {
      const mode = Number(text);
      if (!isPrivate && ansiModes.includes(mode)) {
        if (on) this.#ansi.add(mode);
        else this.#ansi.delete(mode);
      }
      if (!isPrivate || !privateModes.includes(mode)) continue;
      // A program may leave the alternate screen by another of these modes than it entered it by.
      if (alternate.has(mode) && !on) for (const one of alternate) this.#private.delete(one);
      this.#private.set(mode, on);
    }
  }

  #render(numbers: string): void {
    // A 0 within `38;5;0` is a colour. Only a 0 at the beginning resets.
    if (/^0*(;|$)/.test(numbers)) this.#rendition = [];
    if (numbers === '' || /^0+$/.test(numbers)) return;
    this.#rendition.push(numbers);
    if (this.#rendition.length > 24) this.#rendition.shift();
  }

  /** The sequences that put a screen that was reset into this state. */
  get sequences(): string {
    const modes = privateModes.filter((mode) => this.#private.get(mode) === !onAtFirst.has(mode));
    // The alternate screen comes first: it has its own state for some of the other modes.
    const other = modes.filter((mode) => alternate.has(mode)).slice(-1);
    const set = (mode: number) => `\x1b[?${mode}${onAtFirst.has(mode) ? 'l' : 'h'}`;
    return [
      ...other.map(set),
      ...(this.#region === '' ? [] : [`\x1b[${this.#region}r`]),
      ...modes.filter((mode) => !alternate.has(mode)).map(set),
      ...[...this.#ansi].map((mode) => `\x1b[${mode}h`),
      ...(this.#keypad ? ['\x1b='] : []),
      ...(this.#cursor === '' ? [] : [`\x1b[${this.#cursor}q`]),
      ...[...this.#sets].filter(([, set]) => set !== 'B').map(([place, set]) => `\x1b${place}${set}`),
      ...this.#rendition.map((numbers) => `\x1b[${numbers}m`),
    ].join('');
  }
}

export class Modes {
  readonly #state = new State();
  /** Oldest first. */
  #places: Cut[] = [];
  #offset: number;
  /** Outside a sequence; after ESC; in CSI; in a string (OSC, DCS, …); in a string after ESC. */
  #in: 'text' | 'escape' | 'control' | 'string' | 'stringEscape' = 'text';
  #body = '';

  /** The next byte of output is number `offset`. */
  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** Output was lost, and the next byte is number `offset`. The modes are taken to be as they were. */
  restart(offset: number): void {
    this.#offset = offset;
    this.#places = [];
    this.#in = 'text';
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#in !== 'text') {
        this.#byte(bytes[at++] ?? 0);
        continue;
      }
      // Most output has no ESC at all, and `indexOf` is much faster than this loop.
      const found = bytes.indexOf(escapeByte, at);
      const end = found < 0 ? bytes.length : found;
      this.#text(bytes, at, end);
      at = end;
      if (found < 0) break;
      this.#in = 'escape';
      this.#body = '';
      at += 1;
    }
    this.#offset += bytes.length;
  }

  /** The first place from byte `oldest` on where a replay can begin; `oldest` itself where no place is known. */
  from(oldest: number): Cut {
    return this.#places.find(({ offset }) => offset >= oldest) ?? { offset: oldest, restore: '' };
  }

  /** Bytes `start` to `end` are text. Where the last place is far behind, remembers a place in them, best at the start of a line. */
  #text(bytes: Uint8Array, start: number, end: number): void {
    const last = this.#places.at(-1)?.offset ?? Number.NEGATIVE_INFINITY;
    const since = this.#offset + end - last;
    if (since < modePlaceEveryBytes || end === start) return;
    const line = bytes.lastIndexOf(lineFeed, end - 1) + 1;
    let place = line > start ? line : -1;
    if (place < 0 && since > 2 * modePlaceEveryBytes) {
      place = end - 1;
      // Back to the first byte of the last character (UTF-8).
      while (place >= start && ((bytes[place] ?? 0) & 0xc0) === 0x80) place -= 1;
    }
    if (place < start) return;
    this.#places.push({ offset: this.#offset + place, restore: this.#state.sequences });
    if (this.#places.length > modePlaces) this.#places.shift();
  }

  #byte(byte: number): void {
    const character = String.fromCharCode(byte);
    if (this.#in === 'string' || this.#in === 'stringEscape') {
      if (byte === 0x07 || byte === 0x18 || byte === 0x1a || (this.#in === 'stringEscape' && byte === 0x5c)) {
        this.#in = 'text';
      } else if (this.#in === 'stringEscape') this.#afterEscape(byte, character);
      else if (byte === escapeByte) this.#in = 'stringEscape';
    } else if (byte === escapeByte) {
      this.#in = 'escape';
      this.#body = '';
    } else if (byte === 0x18 || byte === 0x1a) this.#in = 'text';
    // A terminal acts on other control characters at once, also in the middle of a sequence.
    else if (byte < 0x20) return;
    else if (this.#in === 'escape') this.#afterEscape(byte, character);
    else this.#inControl(byte, character);
  }

  /** Takes the first characters after ESC. */
  #afterEscape(byte: number, character: string): void {
    this.#in = 'escape';
    if (this.#body === '' && character === '[') this.#in = 'control';
    else if (this.#body === '' && ']P^_X'.includes(character)) this.#in = 'string';
    else {
      this.#body += character;
      // Bytes below 0x30 are intermediate characters; the final character follows.
      if (byte < 0x30 && this.#body.length < 4) return;
      this.#state.escape(this.#body);
      this.#in = 'text';
    }
    this.#body = '';
  }

  #inControl(byte: number, character: string): void {
    if (this.#body.length < maxTrackedBytes) this.#body += character;
    if (byte < 0x40 || byte > 0x7e) return;
    if (this.#body.endsWith(character)) this.#state.control(this.#body);
    this.#in = 'text';
  }
}
