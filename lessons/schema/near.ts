// Which known name was probably meant.

/** How many letters must be added, left out, changed or swapped to make the one of the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, place) => place)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** The known name that is nearest, or undefined where none is near. Names are short: this is no search. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let found: string | undefined;
  let least = Math.min(2, Math.floor(name.length / 3)) + 1;
  for (const one of known) {
    const far = distance(name.toLowerCase().slice(0, 64), one.toLowerCase().slice(0, 64));
    if (far >= least) continue;
    [found, least] = [one, far];
  }
  return found;
}

/** `; did you mean check?`, or nothing. */
export function orNear(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
