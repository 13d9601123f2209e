// "did you mean …?": the known word that is closest to one that is not known, as BuildKit chooses it.

/** Words that differ by this many characters or more are not suggested. */
const tooFar = 3;

/** The Levenshtein distance of two words of code points, or `tooFar` where it is that or more. */
function distance(a: readonly string[], b: readonly string[]): number {
  if (Math.abs(a.length - b.length) >= tooFar) return tooFar;
  let row = b.map((_, column) => column + 1);
  for (const [index, character] of a.entries()) {
    let diagonal = index;
    let left = index + 1;
    const next: number[] = [];
    for (const [column, other] of b.entries()) {
      const above = row[column] ?? tooFar;
      left = Math.min(above + 1, left + 1, diagonal + (character === other ? 0 : 1));
      diagonal = above;
      next.push(left);
    }
    if (Math.min(index + 1, ...next) >= tooFar) return tooFar;
    row = next;
  }
  return row.at(-1) ?? a.length;
}

/** Longer words are names that nobody has mistyped. */
const maxWordLength = 100;

/** The option that is meant by `word`; null where none is near, or `word` is itself one of them. */
export function closest(word: string, options: Iterable<string>, ignoreCase = false): string | null {
  if (word.length > maxWordLength) return null;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const wanted = Array.from(fold(word));
  let match: string | null = null;
  let least = tooFar;
  for (const option of options) {
    if (Math.abs(option.length - word.length) > 2 * tooFar) continue;
    const folded = fold(option);
    if (folded === fold(word)) return null;
    const apart = distance(wanted, Array.from(folded));
    if (apart >= least) continue;
    least = apart;
    match = ignoreCase ? inCaseOf(word, folded) : folded;
  }
  return match;
}

function inCaseOf(word: string, lower: string): string {
  return word === word.toUpperCase() && word !== word.toLowerCase() ? lower.toUpperCase() : lower;
}

/** `message` with what was perhaps meant behind it. */
export function withSuggestion(message: string, word: string, options: Iterable<string>, ignoreCase = false): string {
  const match = closest(word, options, ignoreCase);
  return match === null ? message : `${message} (did you mean ${match}?)`;
}
