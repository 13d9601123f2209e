// Reads the contexts of buildah's conformance tests out of its checkout: the list in conformance_test.go, which is Go, and the folders
// below testdata. What Go code does to a context beside writing .dockerignore is in made-files.ts.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { madeFiles } from './made-files.ts';

export interface ContextCase {
  readonly name: string;
  /** The folder that is copied to be the context; null where it begins empty. */
  readonly folder: string | null;
  /** Below the context. */
  readonly dockerfile: string;
  readonly text: string;
  /** The content and the mode of its .dockerignore, where Go code writes it. */
  readonly ignore: { readonly text: string; readonly mode: string } | null;
  /** A shell script that makes the other files, in the context. */
  readonly make: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** A Go string literal's value. */
const textOfLiteral = (literal: string): string =>
  literal.startsWith('`') ? literal.slice(1, -1) : (JSON.parse(literal) as string);

const literal = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/g;

/** Of the literals joined by lines, or of the one that stands there. */
function textIn(source: string): string {
  const values = (source.replace(/^\s*\/\/.*$/gm, '').match(literal) ?? []).map(textOfLiteral);
  // strings.Join([]string{…}, "\n")
  return source.includes('strings.Join') ? values.slice(0, -1).join('\n') : (values[0] ?? '');
}

/** A field of the case: its source text up to the next field or comment. */
function field(block: string, name: string): string | null {
  const [, rest] = new RegExp(`^\\t\\t${name}:([\\s\\S]*)`, 'm').exec(block) ?? [];
  return rest?.split(/\n\t\t(?=\w|\/\/)/, 1)[0] ?? null;
}

function ignoreIn(code: string): ContextCase['ignore'] {
  const [, source] = /dockerignore := \[\]byte\((.*)\)\n/.exec(code) ?? [];
  const [, mode] = /dockerignore, 0o(\d+)\)/.exec(code) ?? [];
  return source === undefined || mode === undefined ? null : { text: textIn(source), mode };
}

function caseIn(block: string, testdata: string): ContextCase | null {
  const name = field(block, 'name');
  if (name === null) return null;
  const titled = textOfLiteral(name.trim().match(literal)?.[0] ?? '""');
  const textUnder = (key: string): string | null => {
    const source = field(block, key);
    return source === null ? null : textIn(source);
  };
  const contextDir = textUnder('contextDir');
  const dockerfile = textUnder('dockerfile') ?? 'Dockerfile';
  const folder = contextDir === null ? null : path.join(testdata, contextDir);
  const inFolder = path.join(folder ?? testdata, dockerfile);
  const text =
    textUnder('dockerfileContents') ??
    readFileSync(existsSync(inFolder) ? inFolder : path.join(testdata, dockerfile), 'utf8');
  const code = field(block, 'tweakContextDir');
  const ignore = code === null ? null : ignoreIn(code);
  const make = madeFiles[titled] ?? '';
  if (code !== null && ignore === null && make === '')
    throw new Error(`${titled}: made-files.ts lacks what its code makes`);
  const pairs = [...(field(block, 'buildArgs') ?? '').matchAll(/"(.*?)":\s*"(.*?)"/g)];
  const buildArgs = Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]));
  return { name: titled, folder, dockerfile, text, ignore, make, buildArgs };
}

/** `root` is the folder of a checkout of buildah. */
export function readBuildahCases(root: string): ContextCase[] {
  const folder = path.join(root, 'tests/conformance');
  const source = readFileSync(path.join(folder, 'conformance_test.go'), 'utf8');
  const [, list = ''] = /^var internalTestCases = \[\]testCase\{\n([\s\S]*?)^\}/m.exec(source) ?? [];
  const blocks = list.split(/^\t\{\n/m).map((block) => block.replace(/^\t\},[\s\S]*/m, ''));
  return blocks.flatMap((block) => caseIn(block, path.join(folder, 'testdata')) ?? []);
}
