// Makes strings from students (names, images, output) fit to stand in a sentence, whatever they contain.

const maxShown = 64;
const maxSentence = 200;

/** Short, on one line, plain. */
export function shown(text: string): string {
  return clipped(text, maxShown);
}

/** The same of a whole sentence. */
export function shownSentence(text: string): string {
  return clipped(text, maxSentence);
}

function clipped(text: string, most: number): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?').trim();
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(all: readonly string[], word = 'and'): string {
  const last = all.at(-1) ?? '';
  return all.length < 2 ? last : `${all.slice(0, -1).join(', ')} ${word} ${last}`;
}
