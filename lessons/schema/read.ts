// Reads a lab file: what it says, or every mistake in it with line and column.

import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { fillInAll, namesIn } from './fill-in.ts';
import { type Lab, lab } from './lab.ts';
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

const asGiven = (value: unknown) =>
  Array.isArray(value) ? 'a list' : value === null ? 'nothing' : `a ${typeof value}`;

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'means nothing here';
  if (issue.code === 'invalid_type') {
    const wanted = { array: 'a list', record: 'a map', object: 'a map', int: 'a whole number' }[
      issue.expected as string
    ];
    if (issue.input === undefined && /received undefined/.test(issue.message)) return 'is missing';
    return `must be ${wanted ?? `a ${issue.expected}`}, and is ${asGiven(issue.input)}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(inWords).join(', ');
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return issue.message;
}

/** Where mistakes of one document are put together. */
class Reading {
  readonly mistakes: Mistake[] = [];
  readonly document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of [...this.document.errors, ...this.document.warnings])
      this.add(pos[0], `this is no YAML: ${message}`);
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
    for (const issue of issues) {
      // What is missing beside a typo is what the typo stands for.
      if (issue.code === 'custom' && typos.has(placeInWords(issue.path))) continue;
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
      for (const key of keys) {
        const path = key === null ? issue.path : [...issue.path, key];
        const place = placeInWords(path);
        this.add(
          offsetOf(this.document, path, key !== null),
          `${place === '' ? 'the file' : `${place}:`} ${inWords(issue)}`,
        );
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
    visit(document, {
      Scalar(_, node) {
        if (typeof node.value !== 'string') return;
        for (const name of namesIn(node.value))
          if (!Object.hasOwn(said.parameters, name))
            reading.add(
              node.range?.[0] ?? 0,
              `{{${name}}} is none of this lab’s parameters; \\{{${name}}} stands for the text itself`,
            );
      },
    });
    // Once more with values, for the forms that a parameter hid.
    if (reading.mistakes.length === 0)
      reading.judge(lab, fillInAll(raw, chooseParameters(said.parameters, 'a sample')));
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
