// The shape of a JSON answer: each path in it with its type, as `.State.Running boolean`. Elements of a list share their paths.

/** Sorted; a path that has several types in a list has a line for each. */
export function shapeOf(value: unknown): string[] {
  const lines = new Set<string>();
  const walk = (at: string, part: unknown): void => {
    if (Array.isArray(part)) {
      if (part.length === 0) lines.add(`${at} []`);
      for (const each of part) walk(`${at}[]`, each);
    } else if (typeof part === 'object' && part !== null) {
      const entries = Object.entries(part);
      if (entries.length === 0) lines.add(`${at} {}`);
      for (const [key, each] of entries) walk(`${at}.${key}`, each);
    } else lines.add(`${at} ${part === null ? 'null' : typeof part}`);
  };
  walk('', value);
  return [...lines].sort();
}
