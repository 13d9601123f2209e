// Reads a lab file: what it says, or every mistake in it with line and column.

import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { fillInAll, namesIn } from './fill-in.ts';
import { keysAt } from './known-keys.ts';
import { type Lab, lab } from './lab.ts';
import { namespaceHosts, sampleNamespaces } from './namespaces.ts';
import { nearest } from './near.ts';
import { chooseParameters } from './parameters.ts';

/** Counted from 1. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  /** What is wrong, and why: `tasks[0].chekc: means nothing here`. */
  readonly message: string;
}

/** Names what the paths of zod lead through: `tasks[0].check.container`. */
function placeInWords(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (words, part) => words + (typeof part === 'number' ? `[${part}]` : `${words === '' ? '' : '.'}${String(part)}`),
    '',
  );
}

type Document = ReturnType<typeof parseDocument>;

/** Where in the text the node of a path begins; where there is none, the nearest around it. */
function offsetOf(document: Document, path: readonly PropertyKey[], atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (isNode(node) && node.range) offset = node.range[0];
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      // What may be one thing or a list of them is a list to the schema.
      if (pair === undefined && part === 0) continue;
      if (pair === undefined) return offset;
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
    } else {
      return offset;
    }
  }
  return !atKey && isNode(node) && node.range ? node.range[0] : offset;
}

/** The zod issues of one place, the innermost: a union tells what is wrong with the form that comes closest. */
function innermost(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map(({ path }) => path.length));
  const [closest = []] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
  if (depth(closest) === 0) return [issue];
  return closest.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

function asGiven(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const wanted = { array: 'a list', record: 'a map', object: 'a map', int: 'a whole number' }[
      issue.expected as string
    ];
    if (issue.input === undefined && /received undefined/.test(issue.message)) return 'is missing';
    return `must be ${wanted ?? `a ${issue.expected}`}, and is ${asGiven(issue.input)}`;
  }
  const oneOf = /^Invalid discriminator value\. Expected (.*)$/.exec(issue.message)?.[1];
  if (oneOf !== undefined) return `must be one of ${oneOf.replaceAll("'", '').split(' | ').join(', ')}`;
  if (issue.code === 'invalid_key') return issue.issues.map(inWords).join(', ');
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return issue.message;
}

/** Whether a place is the other one, or in it. */
const isWithin = (place: string, other: string): boolean =>
  place === other || other === '' || place.startsWith(`${other}.`) || place.startsWith(`${other}[`);

/** What an unknown key may have been meant for: a known one that is near, one of a map around it, or what may stand there. */
function instead(schema: z.ZodType, data: unknown, path: readonly PropertyKey[], key: string): string {
  const known = keysAt(schema, path);
  const empty = emptyParent(schema, data, path, key);
  if (empty !== undefined) return `: it belongs to ${empty}, so it stands too far to the left`;
  const near = nearest(key, known);
  if (near !== undefined) return `; did you mean ${near}?`;
  for (let length = path.length - 1; length >= 0; length--) {
    if (!keysAt(schema, path.slice(0, length)).includes(key)) continue;
    const of = placeInWords(path.slice(0, length));
    const isThere = has(data, [...path.slice(0, length), key]);
    if (!isThere) return `: it belongs to ${of === '' ? 'the file itself' : of}, so it stands too far to the right`;
  }
  const within = path.length === 0 ? undefined : typeof path.at(-1);
  if (within === undefined && keysAt(schema, ['tasks', 0]).includes(key))
    return ': it belongs to a task, so it stands too far to the left';
  return known.length === 0 ? '' : `; what may stand here: ${known.join(', ')}`;
}

/** The key beside an unknown one that has nothing under it, and that the unknown one may belong to. */
function emptyParent(schema: z.ZodType, data: unknown, path: readonly PropertyKey[], key: string): string | undefined {
  const around = path.reduce<unknown>(
    (here, part) =>
      typeof here === 'object' && here !== null ? (here as Readonly<Record<PropertyKey, unknown>>)[part] : undefined,
    data,
  );
  if (typeof around !== 'object' || around === null) return undefined;
  return Object.entries(around).find(
    ([name, value]) => value === null && keysAt(schema, [...path, name]).includes(key),
  )?.[0];
}

function has(data: unknown, path: readonly PropertyKey[]): boolean {
  let here = data;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return false;
    here = (here as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return true;
}

/** The parser's words, and for those of indentation ours. */
function yamlInWords(message: string): string {
  const isIndentation = /same column|compact mappings|indicator|^Tabs/i.test(message);
  return isIndentation
    ? `the lines around here are not indented alike: what belongs together begins in one column (YAML: ${message})`
    : `this is no YAML: ${message}`;
}

/** What YAML takes for a map in a map, and an author meant as a parameter. */
const bareParameter = /\{\{\s*([a-z][a-zA-Z0-9]*)\s*\}\}/;
const needsQuotes = (name: string) =>
  `{{${name}}} needs quotes around it, or around the text that it stands in: "{{${name}}}"; YAML takes bare braces for a map`;

/** Where mistakes of one document are put together. */
class Reading {
  readonly mistakes: Mistake[] = [];
  readonly document: Document;
  readonly #lines = new LineCounter();
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, logLevel: 'error' });
    // The first alone: the others mostly follow from it.
    const [first] = [...this.document.errors, ...this.document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    if (first === undefined) return;
    const bare = this.#bareParameterIn(first.pos[0]);
    this.add(first.pos[0], bare === null ? yamlInWords(first.message) : needsQuotes(bare));
  }

  /** The name of a parameter that stands without quotes in the line of this place. */
  #bareParameterIn(offset: number): string | null {
    const { line } = this.#lines.linePos(offset);
    const text = this.#text.split('\n')[line - 1] ?? '';
    return bareParameter.exec(text.replace(/"[^"]*"|'[^']*'/g, ''))?.[1] ?? null;
  }

  /** The same, for the value that begins at this place. */
  #isBareParameter(offset: number): string | null {
    const found = bareParameter.exec(this.#text.slice(offset, offset + 64));
    return found?.index === 0 ? (found[1] ?? null) : null;
  }

  add(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    if (!this.mistakes.some((other) => other.line === line && other.message === message))
      this.mistakes.push({ line, column: col, message });
  }

  /** What the data is by the schema, or null, with the mistakes noted at their places in the text. */
  judge<T>(schema: z.ZodType<T>, data: unknown): T | null {
    const result = schema.safeParse(data, { reportInput: true });
    if (result.success) return result.data;
    const issues = result.error.issues.flatMap(innermost);
    const typos = new Set(
      issues.flatMap(({ code, path }) => (code === 'unrecognized_keys' ? [placeInWords(path)] : [])),
    );
    // A parameter without quotes is a map to YAML, and that is wrong in more ways than one.
    const bare = new Set<number>();
    for (const { path } of issues) {
      for (let length = path.length; length > 0; length--) {
        const offset = offsetOf(this.document, path.slice(0, length), false);
        const name = this.#isBareParameter(offset);
        if (name === null) continue;
        if (!bare.has(offset)) this.add(offset, needsQuotes(name));
        bare.add(offset);
      }
    }
    const isOfBare = (path: readonly PropertyKey[]) =>
      path.some((_, place) => bare.has(offsetOf(this.document, path.slice(0, place + 1), false)));
    // What has nothing under it because that stands too far to the left is one mistake, told there.
    const emptied = new Set(
      issues.flatMap((issue) =>
        issue.code !== 'unrecognized_keys'
          ? []
          : issue.keys.flatMap((key) => {
              const parent = emptyParent(schema, data, issue.path, key);
              return parent === undefined ? [] : [placeInWords([...issue.path, parent])];
            }),
      ),
    );
    for (const issue of issues) {
      if (isOfBare(issue.path) || emptied.has(placeInWords(issue.path))) continue;
      // What is missing beside a typo is what the typo stands for, or what stands there by a slip of indentation.
      if (issue.code === 'custom' && typos.has(placeInWords(issue.path))) continue;
      const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
      if (isMissing && [...typos].some((typo) => isWithin(typo, placeInWords(issue.path.slice(0, -1))))) continue;
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
      for (const key of keys) {
        const path = key === null ? issue.path : [...issue.path, key];
        const place = placeInWords(path);
        const what = key === null ? inWords(issue) : `means nothing here${instead(schema, data, issue.path, key)}`;
        this.add(offsetOf(this.document, path, key !== null), `${place === '' ? 'the file' : `${place}:`} ${what}`);
      }
    }
    return null;
  }

  /** Mistakes in the order of their lines, or what was read. */
  result<T>(said: T | null): { readonly data: T } | { readonly mistakes: readonly Mistake[] } {
    if (said !== null && this.mistakes.length === 0) return { data: said };
    return { mistakes: this.mistakes.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
}

const maxAliasCount = 100;

/** What a text of YAML says by a schema, or what is wrong with it. */
export function readYaml<T>(
  text: string,
  schema: z.ZodType<T>,
): { readonly data: T } | { readonly mistakes: readonly Mistake[] } {
  const reading = new Reading(text);
  if (reading.mistakes.length > 0) return reading.result<T>(null);
  return reading.result(reading.judge(schema, reading.document.toJS({ maxAliasCount })));
}

/** What a lab file says, or what is wrong with it. */
export function readLab(text: string): { readonly lab: Lab } | { readonly mistakes: readonly Mistake[] } {
  const reading = new Reading(text);
  const { document } = reading;
  const raw: unknown = reading.mistakes.length > 0 ? null : document.toJS({ maxAliasCount });
  const said = reading.mistakes.length > 0 ? null : reading.judge(lab, raw);
  if (said !== null) {
    const namespaces = namespaceHosts(said.hosts);
    visit(document, {
      Scalar(_, node) {
        if (typeof node.value !== 'string') return;
        for (const name of namesIn(node.value))
          if (!Object.hasOwn(said.parameters, name) && !namespaces.has(name))
            reading.add(
              node.range?.[0] ?? 0,
              `{{${name}}} is none of this lab’s parameters; \\{{${name}}} stands for the text itself`,
            );
      },
    });
    // Once more with values, for the forms that a parameter hid.
    if (reading.mistakes.length === 0)
      reading.judge(
        lab,
        fillInAll(raw, { ...chooseParameters(said.parameters, 'a sample'), ...sampleNamespaces(said.hosts) }),
      );
  }
  const result = reading.result(said);
  return 'data' in result ? { lab: result.data } : result;
}

/** Where in a text of YAML the value of a path stands; what is not there, where it would stand. Counted from 1. */
export function placeOf(
  text: string,
  path: readonly PropertyKey[],
): { readonly line: number; readonly column: number } {
  const lineCounter = new LineCounter();
  const { line, col } = lineCounter.linePos(offsetOf(parseDocument(text, { lineCounter }), path, false));
  return { line, column: col };
}

/** `lessons/a/b/lab.yaml:12:5: what, why`, a line each. */
export function mistakesInWords(file: string, mistakes: readonly Mistake[]): string {
  return mistakes.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n');
}

/** Throws Error with a line for each mistake; `file` is what they begin with. */
export function parseLab(text: string, file: string): Lab {
  const read = readLab(text);
  if ('lab' in read) return read.lab;
  throw new Error(mistakesInWords(file, read.mistakes));
}
