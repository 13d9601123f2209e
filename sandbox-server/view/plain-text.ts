// Strings from a host, as they may be told: one line, nothing in it that steers a terminal or turns the order of writing around.

/** At most `maxLength` UTF-16 units; what is cut off shows as `…`. */
export function plainText(text: string, maxLength: number): string {
  // Bounded first: the rest of a very long one need not be looked at.
  const line = text
    .slice(0, maxLength + 1)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '?');
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).toWellFormed()}…` : line;
}
