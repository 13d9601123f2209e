// Reads a file of YAML that a student has written, in bounded time, into plain data: how it was written is forgotten.

import { parseDocument } from 'yaml';
import { maxYamlBytes, maxYamlMs } from '../../limits.ts';
import { inTime } from '../in-time.ts';
import { shown } from '../shown.ts';

/** Maps keep keys that an object could not, such as `__proto__`. */
export type YamlValue = null | string | number | boolean | readonly YamlValue[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlValue>;

/** What it says, or why it says nothing: a part of a sentence. */
export type YamlFact = { readonly data: YamlValue } | { readonly mistake: string };

/** Deeper than any file of a lesson. */
const maxDepth = 30;
/** Anchors that are repeated are counted by the parser: no file grows out of hand by them. */
const maxAliasCount = 100;

function plain(value: unknown, depth = 0): YamlValue {
  if (depth > maxDepth) throw new RangeError('too deep');
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each, depth + 1));
  if (value instanceof Map)
    return new Map([...value].map(([key, each]) => [String(key), plain(each as unknown, depth + 1)]));
  return String(value);
}

function read(text: string): YamlFact {
  const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    return { mistake: `line ${line}: ${shown(error.message)}` };
  }
  return { data: plain(document.toJS({ mapAsMap: true, maxAliasCount })) };
}

/** Never throws. */
export function readYamlText(text: string): YamlFact {
  if (text.length > maxYamlBytes) return { mistake: `it is larger than ${maxYamlBytes / 1024} KiB` };
  try {
    return inTime(() => read(text), maxYamlMs) ?? { mistake: 'it takes too long' };
  } catch (error) {
    // Depth that the parser does not bear, anchors that repeat too much.
    const why = error instanceof Error ? error.message : String(error);
    return { mistake: error instanceof RangeError ? 'it is too deep' : shown(why) };
  }
}
