/** Splits a sentence at its backticks, for texts that come as attributes and so are not Markdown. */
export interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

export function inlineCode(sentence: string): readonly Piece[] {
  return sentence
    .split('`')
    .map((text, index) => ({ text, isCode: index % 2 === 1 }))
    .filter((piece) => piece.text !== '');
}
