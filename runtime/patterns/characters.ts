// Sets of characters, as the classes of a regular expression name them. Nothing here knows patterns.

/** First and last code point of each part. */
export type Ranges = readonly (readonly [number, number])[];

export interface CharacterSet {
  has(code: number): boolean;
  /** What one question costs, in comparisons. */
  readonly steps: number;
}

export const digits: Ranges = [[48, 57]];
export const wordCharacters: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
export const spaces: Ranges = [
  [9, 10],
  [12, 13],
  [32, 32],
];

/** The classes of POSIX, as in `[[:alpha:]]`. */
export const posixClasses: ReadonlyMap<string, Ranges> = new Map<string, Ranges>([
  ['alnum', [...digits, [65, 90], [97, 122]]],
  [
    'alpha',
    [
      [65, 90],
      [97, 122],
    ],
  ],
  ['ascii', [[0, 127]]],
  [
    'blank',
    [
      [9, 9],
      [32, 32],
    ],
  ],
  [
    'cntrl',
    [
      [0, 31],
      [127, 127],
    ],
  ],
  ['digit', digits],
  ['graph', [[33, 126]]],
  ['lower', [[97, 122]]],
  ['print', [[32, 126]]],
  [
    'punct',
    [
      [33, 47],
      [58, 64],
      [91, 96],
      [123, 126],
    ],
  ],
  [
    'space',
    [
      [9, 13],
      [32, 32],
    ],
  ],
  ['upper', [[65, 90]]],
  ['word', wordCharacters],
  ['xdigit', [...digits, [65, 70], [97, 102]]],
]);

const lastCode = 0x10ffff;

/** Everything that is in none of `ranges`. */
export function complement(ranges: Ranges): Ranges {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const rest: [number, number][] = [];
  let next = 0;
  for (const [first, last] of sorted) {
    if (first > next) rest.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= lastCode) rest.push([next, lastCode]);
  return rest;
}

/** The letters of ASCII in both cases, for `(?i)`. */
function inBothCases(ranges: Ranges): Ranges {
  const more = ranges.flatMap(([first, last]): [number, number][] => {
    const shifted = (low: number, high: number, by: number): [number, number][] => {
      const [from, to] = [Math.max(first, low), Math.min(last, high)];
      return from <= to ? [[from + by, to + by]] : [];
    };
    return [...shifted(65, 90, 32), ...shifted(97, 122, -32)];
  });
  return [...ranges, ...more];
}

/** Of ASCII, which names consist of, a question is one look into a table. */
export function characterSet(given: Ranges, options: { negated: boolean; ignoreCase: boolean }): CharacterSet {
  const both = options.ignoreCase ? inBothCases(given) : given;
  const ranges = options.negated ? complement(both) : both;
  const [only] = ranges;
  if (ranges.length === 1 && only && only[0] === only[1]) return { has: (code) => code === only[0], steps: 1 };
  const table = new Uint8Array(128);
  for (const [first, last] of ranges) table.fill(1, Math.min(first, 128), Math.min(last + 1, 128));
  const beyond = ranges.filter(([, last]) => last > 127);
  return {
    has: (code) => (code < 128 ? table[code] === 1 : beyond.some(([first, last]) => code >= first && code <= last)),
    steps: 1 + beyond.length,
  };
}
