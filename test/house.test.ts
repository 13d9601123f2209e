// The house stands as the README says: imports run one way, through public entries, and system calls live in one room.

import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const clone = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

interface Import {
  readonly file: string;
  readonly from: string;
}

async function importsOf(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of glob(`${folder}/**/*.{ts,tsx,mjs,astro,mdx}`, {
    cwd: clone,
    exclude: ['**/node_modules', '**/dist'],
  })) {
    const text = await readFile(path.join(clone, file), 'utf8');
    for (const match of text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*(?:\n[^'";]*)*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
    )) {
      const from = match[1] ?? match[2] ?? match[3];
      if (from) found.push({ file, from });
    }
  }
  return found;
}

/** The top folder that an import of `file` reaches, where it is one of ours. */
function houseOf({ file, from }: Import): { folder: string } | null {
  const named = /^@drydock\/([a-z-]+)(\/.*)?$/.exec(from);
  if (named?.[1]) return { folder: named[1] };
  if (!from.startsWith('.')) return null;
  const target = path.relative(clone, path.resolve(clone, path.dirname(file), from));
  const folder = target.split(path.sep)[0] ?? '';
  // A file of a package that names no address for it.
  return folder === 'node_modules' ? null : { folder };
}

const mayImport: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  'sandbox-server': ['runtime', 'lessons'],
  site: ['sandbox-server', 'lessons'],
  cli: ['runtime', 'sandbox-server', 'lessons', 'bin'],
  bin: [],
  lessons: [],
};

for (const [folder, others] of Object.entries(mayImport)) {
  test(`${folder}/ imports from ${others.length === 0 ? 'no other folder' : others.join(' and ')}`, async () => {
    const wrong = (await importsOf(folder)).filter((each) => {
      const house = houseOf(each);
      return house !== null && house.folder !== folder && !others.includes(house.folder);
    });
    assert.deepEqual(wrong, []);
  });
}

test('a package is imported through its public entries alone', async () => {
  const wrong: Import[] = [];
  for (const folder of ['sandbox-server', 'site', 'cli']) {
    for (const each of await importsOf(folder)) {
      const house = houseOf(each);
      if (!house || house.folder === folder || !['runtime', 'sandbox-server'].includes(house.folder)) continue;
      const { exports } = JSON.parse(await readFile(path.join(clone, house.folder, 'package.json'), 'utf8'));
      const entries = typeof exports === 'string' ? ['.'] : Object.keys(exports);
      if (!entries.some((entry) => each.from === path.posix.join(`@drydock/${house.folder}`, entry))) wrong.push(each);
    }
  }
  assert.deepEqual(wrong, []);
});

test('only runtime/kernel makes system calls or starts programs', async () => {
  const powers = /^(koffi|(node:)?child_process|node-pty|node-unix-socket)$/;
  const wrong = (await importsOf('runtime')).filter(
    ({ file, from }) => powers.test(from) && !file.startsWith('runtime/kernel/'),
  );
  assert.deepEqual(wrong, []);
});

test('the server and the site start no programs', async () => {
  const powers = /^(koffi|(node:)?child_process|node-pty)$/;
  const all = [...(await importsOf('sandbox-server')), ...(await importsOf('site/src'))];
  assert.deepEqual(
    all.filter(({ from }) => powers.test(from)),
    [],
  );
});

test('the README names each attack and fault that a test tries, and no other', async () => {
  const readme = await readFile(path.join(clone, 'README.md'), 'utf8');
  const [, list = ''] = /carry ids in their\s+tests: ([^.]*)\./.exec(readme) ?? [];
  const named = list.split(/,\s+/).flatMap((part) => {
    const [first = '', last = first] = part.split(/\s+to\s+/);
    const numbers = Array.from({ length: Number(last.slice(1)) - Number(first.slice(1)) + 1 }, (_, n) => n);
    return numbers.map((n) => `${first[0]}${String(Number(first.slice(1)) + n).padStart(2, '0')}`);
  });
  const tried = new Set<string>();
  for await (const file of glob('test/**/*.test.ts', { cwd: clone })) {
    const text = await readFile(path.join(clone, file), 'utf8');
    for (const [id] of text.matchAll(/\b[A-HX]\d\d\b/g)) tried.add(id);
  }
  assert.deepEqual(named, [...tried].sort());
});
