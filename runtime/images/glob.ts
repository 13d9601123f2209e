// Go's path.Match for `*` and `?`, which stop at slashes, in time that no pattern can blow up.

/** Whether the whole of `text` matches. Brackets and backslashes stand for themselves: no image name holds one. */
export function globMatches(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  // Where to go on after a mismatch: behind the last `*`, which then takes one character more. Earlier ones need not move.
  let star = -1;
  let taken = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      taken = t;
    } else if (wanted !== undefined && (wanted === text[t] || (wanted === '?' && text[t] !== '/'))) {
      p++;
      t++;
    } else if (star >= 0 && text[taken] !== '/') {
      p = star + 1;
      t = ++taken;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
