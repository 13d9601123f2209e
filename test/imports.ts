// What each source file imports, by the parser that the tests themselves are compiled with (oxc): types too, `import()` too.

import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAst } from 'vitest/node';

export interface Import {
  /** Relative to the clone. */
  readonly file: string;
  /** As it is written. */
  readonly from: string;
}

/** The TypeScript in a file: all of it, an Astro component's front matter and scripts, or the imports and exports of MDX. */
function codeIn(file: string, text: string): string[] {
  if (file.endsWith('.astro')) {
    const [, frontMatter = '', template = text] = /^---\n(.*?)^---$(.*)/ms.exec(text) ?? [];
    const scripts = template.matchAll(/<script(?![^>]*\btype="(?!module))[^>]*>(.*?)<\/script>/gs);
    return [frontMatter, ...Array.from(scripts, ([, script = '']) => script)];
  }
  if (!file.endsWith('.mdx')) return [text];
  const prose = text.replaceAll(/^(```|~~~).*?^\1/gms, '');
  return prose.split(/\n\s*\n/).filter((block) => /^(import|export)\b/.test(block));
}

const importing = [
  ...['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'],
  ...['ImportExpression', 'TSImportType', 'TSExternalModuleReference'],
];

/** The words that `node` and all below it import from. */
function* sourcesIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && importing.includes(String(node.type))) {
    const source = 'source' in node ? node.source : 'expression' in node ? node.expression : null;
    if (typeof source === 'object' && source !== null && 'value' in source) yield String(source.value);
  }
  for (const below of Object.values(node)) yield* sourcesIn(below);
}

function parse(file: string, code: string): Iterable<string> {
  try {
    return sourcesIn(parseAst(code, { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  } catch (error) {
    throw new Error(`parse ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const parsed = new Map<string, Promise<readonly Import[]>>();

/** Every import of every source file in `folder` of `clone`. */
export function importsOf(clone: string, folder: string): Promise<readonly Import[]> {
  const known = parsed.get(folder) ?? read(clone, folder);
  parsed.set(folder, known);
  return known;
}

async function read(clone: string, folder: string): Promise<Import[]> {
  const found: Import[] = [];
  const exclude = ['**/node_modules', '**/dist', '**/.astro'];
  for await (const file of glob(`${folder}/**/*.{ts,tsx,mjs,astro,mdx}`, { cwd: clone, exclude })) {
    const text = await readFile(path.join(clone, file), 'utf8');
    for (const code of codeIn(file, text)) for (const from of parse(file, code)) found.push({ file, from });
  }
  return found;
}

/**
 * The circles among `imports`: each is the files of which every one imports every other, by itself or through others. Tarjan's
 * algorithm (strongly connected components).
 */
export function circlesAmong(imports: readonly Import[]): string[][] {
  const imported = new Map<string, string[]>();
  for (const { file, from } of imports) {
    const files = imported.get(file) ?? [];
    imported.set(file, files);
    if (from.startsWith('.')) files.push(path.join(path.dirname(file), from));
  }
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  /** The earliest file still open that `file` leads to, by its number. */
  const visit = (file: string): number => {
    const number = order.size;
    let earliest = number;
    order.set(file, number);
    open.push(file);
    for (const next of imported.get(file) ?? []) {
      const known = order.get(next);
      if (known === undefined) earliest = Math.min(earliest, visit(next));
      else if (open.includes(next)) earliest = Math.min(earliest, known);
    }
    if (earliest === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || imported.get(file)?.includes(file)) circles.push(circle.sort());
    }
    return earliest;
  };
  for (const file of imported.keys()) if (!order.has(file)) visit(file);
  return circles;
}
