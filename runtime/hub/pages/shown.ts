// Makes somebody's words fit to be shown: one line, without control characters and without marks that turn text around.

const notShown = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu;

/** At most `most` UTF-16 units; a longer text ends with `…`. Empty for what is no text. */
export function shown(value: unknown, most: number): string {
  if (typeof value !== 'string') return '';
  const line = value
    .slice(0, most + 1)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(notShown, '?')
    .trim();
  return value.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
}

/** The first `many` texts of a list. */
export function shownList(value: unknown, many: number, most: number): string[] {
  return Array.isArray(value) ? value.slice(0, many).map((one) => shown(one, most)) : [];
}

/** The first `many` keys of an object, with their texts. */
export function shownPairs(value: unknown, many: number, most: number): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .slice(0, many)
    .map(([key, text]) => [shown(key, 200), shown(text, most)]);
}
