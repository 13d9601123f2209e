// The house stands as the README says: imports run one way, through public entries, and system calls live in one room.

import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { circlesAmong, type Import, importsOf } from './imports.ts';

const clone = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

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
    const wrong = (await importsOf(clone, folder)).filter((each) => {
      const house = houseOf(each);
      return house !== null && house.folder !== folder && !others.includes(house.folder);
    });
    assert.deepEqual(wrong, []);
  });
}

test('a package is imported through its public entries alone', async () => {
  const wrong: Import[] = [];
  for (const folder of ['sandbox-server', 'site', 'cli']) {
    for (const each of await importsOf(clone, folder)) {
      const house = houseOf(each);
      if (!house || house.folder === folder || !['runtime', 'sandbox-server'].includes(house.folder)) continue;
      const { exports } = JSON.parse(await readFile(path.join(clone, house.folder, 'package.json'), 'utf8'));
      const entries = typeof exports === 'string' ? ['.'] : Object.keys(exports);
      if (!entries.some((entry) => each.from === path.posix.join(`@drydock/${house.folder}`, entry))) wrong.push(each);
    }
  }
  assert.deepEqual(wrong, []);
});

for (const folder of [...Object.keys(mayImport), 'test']) {
  test(`no file in ${folder}/ imports itself through others, types included`, async () => {
    assert.deepEqual(circlesAmong(await importsOf(clone, folder)), []);
  });
}

test('a circle is found, however many files it has, and what only leads to it is no part of it', () => {
  const imports = Object.entries({ a: 'b', b: 'c', c: 'a', d: 'a', e: 'f', f: 'f' });
  const circles = circlesAmong(imports.map(([file, from]) => ({ file: `x/${file}`, from: `./${from}` })));
  assert.deepEqual(circles, [['x/a', 'x/b', 'x/c'], ['x/f']]);
});

/** Each room of the engine may import from those below it, and from the files that lie in no room. */
const rooms = ['kernel', 'processes', 'networks', 'containers', 'hosts', 'api'];

for (const [level, room] of rooms.entries()) {
  const above = rooms.slice(level + 1);
  if (above.length === 0) continue;
  test(`runtime/${room}/ imports nothing from ${above.join(', ')}`, async () => {
    const wrong = (await importsOf(clone, `runtime/${room}`)).filter(({ file, from }) =>
      above.some((other) => path.join(path.dirname(file), from).startsWith(`runtime/${other}/`)),
    );
    assert.deepEqual(wrong, []);
  });
}

test('runtime/registry/ imports nothing from hosts, containers, images and the API', async () => {
  const wrong = (await importsOf(clone, 'runtime/registry')).filter(({ file, from }) =>
    /^runtime\/(hosts|containers|images|api)\//.test(path.join(path.dirname(file), from)),
  );
  assert.deepEqual(wrong, []);
});

test('only runtime/kernel makes system calls or starts programs', async () => {
  const powers = /^(koffi|(node:)?child_process|node-pty|node-unix-socket)$/;
  const wrong = (await importsOf(clone, 'runtime')).filter(
    ({ file, from }) => powers.test(from) && !file.startsWith('runtime/kernel/'),
  );
  assert.deepEqual(wrong, []);
});

test('the language of Dockerfiles needs nothing of Node’s: browsers read it too', async () => {
  const all = await importsOf(clone, 'runtime');
  const seen = new Set<string>();
  const open = ['runtime/dockerfile.ts'];
  const others: string[] = [];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { from } of all.filter((each) => each.file === file))
      if (from.startsWith('.')) open.push(path.join(path.dirname(file), from));
      else others.push(`${file}: ${from}`);
  }
  assert.ok(seen.has('runtime/build/language/plan/build-plan.ts'));
  assert.deepEqual(others, []);
});

test('nothing reaches into Node: it is used as its documentation says', async () => {
  const wrong: string[] = [];
  for await (const file of glob('{bin,cli,runtime,sandbox-server,lessons}/**/*.{ts,mjs}', {
    cwd: clone,
    exclude: ['**/node_modules'],
  })) {
    const text = await readFile(path.join(clone, file), 'utf8');
    if (/\b(internalB|b)inding\s*\(|\b_handle\b/.test(text)) wrong.push(file);
  }
  assert.deepEqual(wrong, []);
});

test('the server and the site start no programs', async () => {
  const powers = /^(koffi|(node:)?child_process|node-pty)$/;
  const all = [...(await importsOf(clone, 'sandbox-server')), ...(await importsOf(clone, 'site/src'))];
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
