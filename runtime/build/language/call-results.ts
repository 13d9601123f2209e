// The answers to `docker build --call outline`, `targets`, `check` and `subrequests.describe`, as text and as the JSON that buildx reads.

import type { Argument } from './instructions.ts';
import { Linter, type Warning } from './lint.ts';
import { rules } from './lint-rules.ts';
import { parseStages } from './parse-stages.ts';
import type { OutlinedNeed } from './plan/outline.ts';
import type { Stage } from './plan/stage.ts';
import { excerpt, type LanguageError, type Location, rangesOf } from './source.ts';
import { parseStatements } from './statements.ts';

export interface CallResult {
  readonly json: string;
  readonly text: string;
  /** What the command ends with; null where it always succeeds. */
  readonly exitCode: number | null;
}

/** Lines of one location that are told: a heredoc may have thousands. */
const maxRanges = 200;

/** As Go's `json.MarshalIndent`, which escapes what HTML would read. */
const goJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Zeros are left out. */
function ranges(locations: readonly Location[]): { ranges?: readonly object[] } {
  const lines = new Set(locations.flatMap((location) => rangesOf(location, maxRanges).map(({ start }) => start.line)));
  const told = [...lines].sort((a, b) => a - b).map((line) => ({ start: place(line), end: place(line) }));
  return told.length === 0 ? {} : { ranges: told };
}

const place = (line: number) => (line === 0 ? {} : { line });

/** Columns with spaces between, the last as it is. */
function table(rows: readonly (readonly string[])[], gap: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => Array.from(row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) + gap - Array.from(cell).length),
      )
      .join('');
  return rows.map((row) => `${line(row)}\n`).join('');
}

interface OutlinedArg {
  readonly definition: Argument;
  readonly value: string;
  readonly location: Location;
}

class OutlineReader {
  readonly args = new Map<string, OutlinedArg>();
  readonly secrets = new Map<string, OutlinedNeed>();
  readonly ssh = new Map<string, OutlinedNeed>();

  /** What a stage can be given, then what those can that it hangs on. */
  read(target: Stage): void {
    const stages = new Set([target]);
    // A set is gone through in the order in which it grows.
    for (const stage of stages) {
      const { outline, base, needs } = stage;
      for (const name of outline.allUsed()) {
        const known = outline.known.get(name);
        if (known && !this.args.has(name)) this.args.set(name, known);
      }
      for (const [name, need] of outline.secrets) if (!this.secrets.has(name)) this.secrets.set(name, need);
      for (const [name, need] of outline.ssh) if (!this.ssh.has(name)) this.ssh.set(name, need);
      if (base) stages.add(base);
      for (const other of needs.keys()) stages.add(other);
    }
  }
}

const byLine = <One extends { readonly location: Location }>(entries: Map<string, One>): (readonly [string, One])[] =>
  [...entries].sort(([, a], [, b]) => a.location.first - b.location.first);

/** `target`: the stage of a plan. */
export function outlineResult(target: Stage, text: string): CallResult {
  const reader = new OutlineReader();
  reader.read(target);
  const args = byLine(reader.args);
  const needs = (entries: Map<string, OutlinedNeed>) =>
    byLine(entries).map(([name, { required, location }]) => ({
      name,
      ...(required && { required }),
      location: ranges([location]),
    }));
  const [secrets, ssh] = [needs(reader.secrets), needs(reader.ssh)];
  const { name, description } = target;
  const json = goJson({
    ...(name !== '' && { name }),
    ...(description !== '' && { description }),
    ...(args.length > 0 && {
      args: args.map(([argument, { definition, value, location }]) => ({
        name: argument,
        ...(definition.description !== '' && { description: definition.description }),
        ...(value !== '' && { value }),
        location: ranges([location]),
      })),
    }),
    ...(secrets.length > 0 && { secrets }),
    ...(ssh.length > 0 && { ssh }),
    sources: [base64(text)],
  });
  const head = [['TARGET:', name || '(default)'], ...(description === '' ? [] : [['DESCRIPTION:', description]])];
  const required = (title: string, entries: ReturnType<typeof needs>) =>
    entries.length === 0
      ? ''
      : `${table([[title, 'REQUIRED'], ...entries.map((need) => [need.name, need.required ? 'true' : ''])], 3)}\n`;
  const shown = [
    name === '' && description === '' ? '' : `${table(head, 1)}\n`,
    args.length === 0
      ? ''
      : `${table(
          [
            ['BUILD ARG', 'VALUE', 'DESCRIPTION'],
            ...args.map(([argument, { definition, value }]) => [argument, value, definition.description]),
          ],
          3,
        )}\n`,
    required('SECRET', secrets),
    required('SSH', ssh),
  ];
  return { json, text: shown.join(''), exitCode: null };
}

/** Throws LanguageError. */
export function targetsResult(text: string): CallResult {
  const silent = new Linter({ skip: 'all', experimental: [], error: false }, () => {});
  const { stages } = parseStages(parseStatements(text).statements, silent);
  const targets = stages.map(({ from: { name, description, base, platform, location } }, index) => {
    const isDefault = index === stages.length - 1;
    return {
      ...(name !== '' && { name }),
      ...(isDefault && { default: true }),
      ...(description !== '' && { description }),
      base,
      ...(platform !== '' && { platform }),
      location: ranges([location]),
    };
  });
  const rows = targets.map(({ name = '', default: isDefault = false, description = '' }) => [
    isDefault ? `${name} (default)`.trim() : name,
    description,
  ]);
  return {
    json: goJson({ targets, sources: [base64(text)] }),
    text: table([['TARGET', 'DESCRIPTION'], ...rows], 1),
    exitCode: null,
  };
}

/** Of the answers' forms, as BuildKit has them. */
export const callVersion = '1.0.0';

/** What may be asked, in BuildKit's words: that a file can be checked as well is in its list not yet. */
export function callsResult(): CallResult {
  const metadata = ['result.json', 'result.txt'].map((name) => ({ name, description: '' }));
  const call = (name: string, description: string, opts: readonly object[] | null) => ({
    ...{ name: `frontend.${name}`, version: callVersion, type: 'rpc', description },
    ...{ opts, inputs: null, metadata, refs: null },
  });
  const target = { name: 'target', description: 'Target build stage' };
  const calls = [
    call('outline', 'List all parameters current build target supports', [target]),
    call('targets', 'List all targets current build supports', []),
    call('subrequests.describe', 'List available subrequest types', null),
  ];
  const rows = calls.map(({ name, version, description }) => [name.replace('frontend.', ''), version, description]);
  return { json: goJson(calls), text: table([['NAME', 'VERSION', 'DESCRIPTION'], ...rows], 1), exitCode: null };
}

/** `error`: what keeps the file from being built; null where nothing does. */
export function checkResult(
  warnings: readonly Warning[],
  error: LanguageError | null,
  { filename, text }: { readonly filename: string; readonly text: string },
): CallResult {
  const json = goJson({
    warnings:
      warnings.length === 0
        ? null
        : warnings.map(({ rule, message, location }) => ({
            ruleName: rule,
            description: rules[rule].description,
            ...(rules[rule].url !== '' && { url: rules[rule].url }),
            detail: message,
            location: location ? ranges([location]) : {},
          })),
    sources: [{ filename, data: base64(text), language: 'Dockerfile' }],
    ...(error && { buildError: { message: error.message, location: ranges(error.locations) } }),
  });
  const first = ({ location }: Warning) => location?.first ?? 0;
  const shown = warnings
    .toSorted((a, b) => first(a) - first(b))
    .map(({ rule, message, location }) => {
      const { url } = rules[rule];
      const place = location ? excerpt(filename, text, location) : '';
      return `\nWARNING: ${rule}${url === '' ? '' : ` - ${url}`}\n${message}\n${place}`;
    });
  return { json, text: shown.join(''), exitCode: warnings.length > 0 || error ? 1 : 0 };
}
