/**
 * Parameters in sentences and commands: `{{port}}` stands for what this student's session was given. Until it is known
 * (while the site is built, without scripts, before the lab is there) the parameter's name stands in its place.
 */
import { fillIn, namesIn } from '../../../lessons/schema/fill-in.ts';

export interface ValuePiece {
  readonly text: string;
  /** The parameter that the text stands for, where it is one. */
  readonly value: string | undefined;
}

/** Splits a text at its parameters. What only looks like one (`{{.Names}}`, `\{{port}}`) stays text. */
export function valuePieces(text: string): readonly ValuePiece[] {
  const pieces: ValuePiece[] = [];
  let rest = text;
  const plain = (piece: string) => {
    if (piece) pieces.push({ text: fillIn(piece, {}), value: undefined });
  };
  for (const name of namesIn(text)) {
    const mark = `{{${name}}}`;
    let at = rest.indexOf(mark);
    while (rest[at - 1] === '\\') at = rest.indexOf(mark, at + 1);
    plain(rest.slice(0, at));
    pieces.push({ text: placeholderOf(name), value: name });
    rest = rest.slice(at + mark.length);
  }
  plain(rest);
  return pieces;
}

/** The text with the values that are known, and names in the place of those that are not. */
export function withValues(text: string, known: ReadonlyMap<string, string>): string {
  return valuePieces(text)
    .map((piece) => (piece.value === undefined ? piece.text : (known.get(piece.value) ?? piece.text)))
    .join('');
}

/** `port` is shown as `PORT`, as manuals do it. */
export function placeholderOf(name: string): string {
  return name.toUpperCase();
}
