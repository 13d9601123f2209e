// Where in a Dockerfile something stands, the errors that say so, and the excerpt that buildx prints for them.

/** The first and last line of an instruction. Lines count from 1; an error may be at line 0, before the first. */
export interface Location {
  readonly first: number;
  readonly last: number;
}

/** As in BuildKit's protocol. `character` is always 0: a range is whole lines. */
export interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** From `first` to `last`; the first alone where `last` is before it. */
export const lines = (first: number, last: number): Location => ({ first, last: Math.max(first, last) });

/** A location as BuildKit sends it: one range for each line, at most `most` of them. */
export function rangesOf({ first, last }: Location, most: number): readonly Range[] {
  return Array.from({ length: Math.min(last - first + 1, most) }, (_, index) => {
    const line = first + index;
    return { start: { line, character: 0 }, end: { line, character: 0 } };
  });
}

/**
 * A Dockerfile cannot be built as it is written. The message is BuildKit's, without what buildx puts in front. buildx prints
 * an excerpt for each of `locations`, in this order, if the protocol sends a source for each.
 */
export class LanguageError extends Error {
  readonly locations: readonly Location[];

  constructor(message: string, locations: readonly Location[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = 'LanguageError';
    this.locations = locations;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `error` with one more location before those that it has. */
export function located(error: unknown, location: Location): LanguageError {
  const locations = error instanceof LanguageError ? error.locations : [];
  return new LanguageError(messageOf(error), [location, ...locations], { cause: error });
}

/** `error` with this location instead of those that it has. */
export function relocated(error: unknown, location: Location): LanguageError {
  return new LanguageError(messageOf(error), [location], { cause: error });
}

/** `prefix: message`, with the locations of `error`. */
export function wrapped(prefix: string, error: unknown): LanguageError {
  const locations = error instanceof LanguageError ? error.locations : [];
  return new LanguageError(`${prefix}: ${messageOf(error)}`, locations, { cause: error });
}

/** The lines that buildx prints of a file for a location, `>>>` before those that it names. Empty where it names none of the file. */
export function excerpt(filename: string, text: string, location: Location): string {
  const rows = text.split('\n');
  let { first, last } = location;
  if (first < 1 || first > rows.length) return '';
  last = Math.min(last, rows.length);
  const around = first === last ? 4 : 2;
  // A line more on each side, as far as there are some, until there are enough.
  for (let added = 0; added < around; added++) {
    if (first > 1) {
      first--;
      added++;
    }
    if (last < rows.length) {
      last++;
      added++;
    }
  }
  const shown = rows.slice(first - 1, last).map((row, index) => {
    const line = first + index;
    const mark = location.first <= line && line <= location.last ? '>>>' : '   ';
    return ` ${String(line).padStart(3)} | ${mark} ${row}\n`;
  });
  const rule = '--------------------\n';
  return `${filename}:${location.first}\n${rule}${shown.join('')}${rule}`;
}
