/** What is wrong with a compose file: as YAML, and by the published schema, in words for who writes it. */
import { type OutputUnit, Validator } from '@cfworker/json-schema';
import { type Document, isMap, isPair, isScalar, parseDocument } from 'yaml';
import { composeFindings } from './compose-references.ts';
import { schemaToValidate } from './compose-schema.ts';

/** From one UTF-16 unit of the text up to another. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

const validator = new Validator(schemaToValidate, '7', false);
/** What compose takes as a format of its own is not what JSON Schema takes as that. */
const heeded = ['false', 'type', 'enum', 'required', 'pattern', 'uniqueItems', 'minimum', 'maximum'];
/** Problems told at once: more help nobody. */
const mostProblems = 20;

export function composeProblems(text: string): readonly Problem[] {
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) {
    return document.errors.slice(0, mostProblems).map(({ pos: [from, to], message }) => {
      const [sentence = ''] = message.split(/ at line \d+|\n/);
      return { from, to: Math.max(to, from + 1), message: `This is no YAML yet: ${sentence}.` };
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return [{ from: 0, to: 1, message: 'There are too many aliases in this file, or one of them names nothing.' }];
  }
  if (value === null || value === undefined) return [];
  const found = inWords(validator.validate(value).errors).map(({ location, sentence, onKey }) => ({
    ...placeOf(document, keysOf(location), onKey),
    message: sentence,
  }));
  if (found.length > 0) return found.slice(0, mostProblems);
  // Where the form is right, what is named must be there.
  return composeFindings(value)
    .map(({ path, message }) => ({ ...placeOf(document, path.map(String), path.length === 2), message }))
    .slice(0, mostProblems);
}

interface Finding {
  readonly location: string;
  readonly sentence: string;
  readonly onKey: boolean;
}

/** One sentence for each place; where something deeper is wrong, that alone. */
function inWords(errors: readonly OutputUnit[]): readonly Finding[] {
  const leaves = errors.filter(({ keyword }) => heeded.includes(keyword));
  const byPlace = Map.groupBy(leaves, ({ instanceLocation }) => instanceLocation);
  const places = [...byPlace.keys()];
  return places
    .filter((place) => !places.some((other) => other.startsWith(`${place}/`)))
    .map((location) => {
      const here = byPlace.get(location) ?? [];
      const name = keysOf(location).at(-1) ?? '';
      const isUnknown = here.every(({ keyword }) => keyword === 'false');
      return { location, onKey: isUnknown, sentence: isUnknown ? unknownKey(name) : sentenceOf(name, here) };
    });
}

function unknownKey(name: string): string {
  return `“${name}” is not a key that compose knows in this place. Is it misspelled, or indented too far or too little?`;
}

function sentenceOf(name: string, errors: readonly OutputUnit[]): string {
  const types = errors.filter(({ keyword }) => keyword === 'type').flatMap(({ error }) => expectedTypes(error));
  if (types.length > 0) return `“${name}” wants ${oneOf([...new Set(types)])} here.`;
  const [first] = errors;
  if (first?.keyword === 'required') return `“${name}” is not complete: ${first.error}`;
  if (first?.keyword === 'uniqueItems') return `“${name}” names the same thing twice.`;
  return first?.keyword === 'enum' ? `“${name}” cannot have this value. ${first.error}` : `“${name}”: ${first?.error}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  null: 'nothing',
};

function expectedTypes(error: string): readonly string[] {
  const expected = error.split('Expected ')[1] ?? '';
  return [...expected.matchAll(/"(\w+)"/g)].map(([, type]) => typeWords[type ?? ''] ?? String(type));
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function keysOf(location: string): readonly string[] {
  return location
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where a value stands, or its key; a value that came by an alias is shown at what there is of its path. */
function placeOf(
  document: Document,
  path: readonly string[],
  onKey: boolean,
): { readonly from: number; readonly to: number } {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
      if (pair && isScalar(pair.key) && (onKey || length < path.length || !rangeOf(pair.value))) {
        const range = rangeOf(pair.key);
        if (range) return range;
      }
    }
    const range = rangeOf(document.getIn(path.slice(0, length), true));
    if (range) return range;
  }
  return { from: 0, to: 1 };
}

function rangeOf(node: unknown): { readonly from: number; readonly to: number } | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const [from, to]: readonly unknown[] = node.range;
  return typeof from === 'number' && typeof to === 'number' && to > from ? { from, to } : undefined;
}
