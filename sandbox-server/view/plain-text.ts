// Makes strings from a host safe to show: one line, without control characters and without marks that change the writing direction.

/** At most `maxLength` UTF-16 units; a longer text ends with `…`. */
export function plainText(text: string, maxLength: number): string {
  // Bounded first: the rest of a very long one need not be looked at.
  const line = text
    .slice(0, maxLength + 1)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '?');
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).toWellFormed()}…` : line;
}
