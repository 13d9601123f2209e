// Takes out of a command's output what is no two times the same. What is the same thing within a case stays the same: the
// first ID that is seen is ID1 wherever it comes again, whole or short.

import type { Mask } from './transcript.ts';

const time = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d)( UTC)?)/g;
/** Go's zero, which says that there is no time. */
const noTime = /^0001-/;
const duration = /\b(Less than a second|About an? (minute|hour)|\d+ (second|minute|hour|day|week|month|year)s?)\b/g;
const id = /\b([0-9a-f]{64}|[0-9a-f]{12})\b/g;
const shortId = 12;
const macAddress = /\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g;
/** Of the range that the kernel gives to whoever asks for any: 32768 to 60999. */
const anyPort = /(?<=[:>"])(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|60\d{3})\b/g;

/** For one case: it remembers the IDs. */
export class Normaliser {
  readonly #ids = new Map<string, number>();
  readonly #masks: readonly Mask[];

  constructor(masks: readonly Mask[]) {
    this.#masks = masks;
  }

  #named(found: string): string {
    // A number of twelve digits is hardly an ID; one that was seen before is.
    const key = found.slice(0, shortId);
    const number = this.#ids.get(key) ?? this.#ids.size + 1;
    this.#ids.set(key, number);
    return found.length === shortId ? `<id${number}>` : `<ID${number}>`;
  }

  #line(line: string): string {
    let shown = line;
    for (const { pattern, name } of this.#masks) shown = shown.replaceAll(pattern, `<${name}>`);
    return (
      shown
        .replaceAll(time, (found) => (noTime.test(found) ? found : '<time>'))
        .replaceAll(duration, '<while>')
        .replaceAll(macAddress, '<mac>')
        .replaceAll(id, (found) => this.#named(found))
        .replaceAll(anyPort, '<port>')
        // Columns are as wide as what stands in them.
        .replaceAll(/(?<=\S) {3,}/g, '  ')
        .replaceAll('\r', '\\r')
        .trimEnd()
    );
  }

  /** Lines with `sign` before each. */
  lines(sign: string, text: string): string[] {
    if (text === '') return [];
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${sign} ${this.#line(line)}`.trimEnd());
  }
}
