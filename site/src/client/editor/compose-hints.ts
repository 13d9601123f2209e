/** What can stand at a place of a compose file, from its published schema. Works on text that is not whole yet. */
import { descriptionOf, formsAt, formsOf, type Schema } from './compose-schema.ts';

export interface Hint {
  readonly label: string;
  readonly insert: string;
  readonly about: string;
}

interface Line {
  readonly indent: number;
  /** The key that the line begins with, without its dash. */
  readonly key: string | undefined;
  readonly isItem: boolean;
}

/** Reads a line's beginning: indentation, dash, key. `- key:` is an item that holds a key. */
function lineOf(text: string): Line {
  const [, spaces = '', dash = '', key] = /^(\s*)(-\s+|-$)?(?:["']?([\w.\-/]+)["']?\s*:(?:\s|$))?/.exec(text) ?? [];
  return { indent: spaces.length + dash.length, key, isItem: dash !== '' };
}

/** The keys above a line that is indented so far; a list's item is `-`. */
function pathAbove(lines: readonly string[], number: number, indent: number): readonly string[] {
  const path: string[] = [];
  let limit = indent;
  for (let at = number; at >= 0 && limit > 0; at--) {
    const text = lines[at] ?? '';
    if (!text.trim() || text.trimStart().startsWith('#')) continue;
    const line = lineOf(text);
    const start = text.length - text.trimStart().length;
    if (at < number && line.key && line.indent < limit) {
      path.unshift(line.key);
      limit = line.indent;
    }
    // The item that this line belongs to, or is.
    if (line.isItem && start < limit) {
      path.unshift('-');
      limit = start + (at === number ? 1 : 0);
      // A dash may stand under its key without being indented further.
      const owner = lines.slice(0, at).findLastIndex((above) => {
        const one = lineOf(above);
        return above.trim() !== '' && !one.isItem && one.key !== undefined && above.search(/\S/) <= start;
      });
      if (owner < 0) break;
      path.unshift(lineOf(lines[owner] ?? '').key ?? '');
      limit = (lines[owner] ?? '').search(/\S/);
      at = owner;
    }
  }
  return path;
}

/** Hints for a cursor: line and column count from 0. */
export function composeHints(text: string, lineNumber: number, column: number): readonly Hint[] {
  const lines = text.split(/\r?\n/);
  const whole = lines[lineNumber] ?? '';
  const before = whole.slice(0, column);
  if (before.includes('#')) return [];
  const line = lineOf(before);
  if (line.key) {
    const path = [...pathAbove(lines, lineNumber, line.indent), line.key];
    return formsAt(path).flatMap(valuesOf);
  }
  const indent = line.isItem ? line.indent : before.length - before.trimStart().length;
  const path = pathAbove(lines.with(lineNumber, before), lineNumber, indent);
  const forms = formsAt(path);
  const keys = new Map<string, Schema>();
  for (const form of forms) for (const [key, schema] of Object.entries(form.properties ?? {})) keys.set(key, schema);
  const taken = siblings(lines, lineNumber, indent);
  const items = line.isItem ? forms.flatMap(valuesOf) : [];
  return [
    ...[...keys]
      .filter(([key, schema]) => !taken.has(key) && !schema.deprecated)
      .map(([key, schema]) => ({ label: key, insert: insertOf(key, schema, indent), about: descriptionOf(schema) })),
    ...items,
  ];
}

/** What the key under the cursor means; empty where the schema does not say. */
export function composeMeaning(text: string, lineNumber: number, column: number): string {
  const lines = text.split(/\r?\n/);
  const whole = lines[lineNumber] ?? '';
  const line = lineOf(whole);
  if (!line.key || column > line.indent + line.key.length + 1) return '';
  const parents = formsAt(pathAbove(lines, lineNumber, line.indent));
  const own = parents.flatMap((form) => form.properties?.[line.key ?? ''] ?? []);
  return own.map(descriptionOf).find((sentence) => sentence) ?? '';
}

/** The keys that stand beside a line already. */
function siblings(lines: readonly string[], number: number, indent: number): ReadonlySet<string> {
  const found = new Set<string>();
  for (const step of [-1, 1]) {
    for (let at = number + step; at >= 0 && at < lines.length; at += step) {
      const text = lines[at] ?? '';
      if (!text.trim()) continue;
      const { indent: theirs, key } = lineOf(text);
      if (theirs < indent) break;
      if (theirs === indent && key) found.add(key);
    }
  }
  return found;
}

function valuesOf(form: Schema): readonly Hint[] {
  const values = form.enum ?? ([form.type].flat().includes('boolean') ? [true, false] : []);
  return values.map((value) => ({ label: String(value), insert: String(value), about: form.description ?? '' }));
}

function insertOf(key: string, schema: Schema, indent: number): string {
  const types = formsAtOnce(schema);
  const deeper = `\n${' '.repeat(indent + 2)}`;
  if (types.has('string') || types.has('number') || types.has('integer') || types.has('boolean')) return `${key}: `;
  if (types.has('array')) return `${key}:${deeper}- `;
  return types.has('object') ? `${key}:${deeper}` : `${key}: `;
}

function formsAtOnce(schema: Schema): ReadonlySet<string> {
  return new Set(formsOf(schema).flatMap(({ type }) => type ?? []));
}
