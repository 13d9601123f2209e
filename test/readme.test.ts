// What README names is there: a reader who follows it finds the file, the script and the command.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { createProgram } from '../cli/program.ts';

const clone = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(path.join(clone, 'README.md'), 'utf8');
const isThere = (file: string): boolean => existsSync(path.join(clone, file));
const inCode = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code ?? []);
/** `runtime/hosts/`, `push.ts`; not `lessons/TRACK/`, which stands for many. */
const namesFile = (code: string): boolean => /^[\w.-]+(\/[\w.-]*)*$/.test(code) && /\/|\.tsx?$/.test(code);
const standsForMany = (code: string): boolean => /\b[A-Z]{2,}\b/.test(code);

/** The rows of the table that begins with this head, as their cells. */
function rowsBelow(head: string): string[][] {
  const from = readme.indexOf(`| ${head} `);
  assert.notEqual(from, -1, `a table with the head ${head}`);
  const [table = ''] = readme.slice(from).split('\n\n', 1);
  // A bar in code is written with a backslash.
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('where to change what: each file and folder is there, by its path or in the folder of another of its row', () => {
  const rows = rowsBelow('to change');
  assert.ok(rows.length > 50);
  const missing = rows.flatMap(([what, where = '']) => {
    const names = inCode(where).filter((code) => namesFile(code) && !standsForMany(code));
    const folders = names.map((name) => (name.endsWith('/') ? name : path.dirname(name)));
    const found = (name: string) => isThere(name) || folders.some((folder) => isThere(path.join(folder, name)));
    return names.filter((name) => !found(name)).map((name) => `${what}: ${name}`);
  });
  assert.deepEqual(missing, []);
});

test('elsewhere in README a path in this repository is one that is there', () => {
  const ours = /^(bin|cli|docs|lessons|runtime|sandbox-server|site|test)\//;
  const others = ['test/apiv2']; // podman's
  const named = inCode(readme).filter((code) => ours.test(code) && namesFile(code) && !standsForMany(code));
  const linked = [...readme.matchAll(/\]\(([^)#]+)\)/g)].flatMap(([, to = '']) => (/^https?:/.test(to) ? [] : [to]));
  assert.deepEqual(
    [...named, ...linked].filter((file) => !others.includes(file) && !isThere(file)),
    [],
  );
});

test('the npm scripts that README names are there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(clone, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/\bnpm run ([a-z-]+)/g)].flatMap(([, name]) => name ?? []);
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test('README’s table has every command of drydock', () => {
  const top = rowsBelow('command ').flatMap(([cell = '']) => inCode(cell).map((code) => code.split(' ')[0] ?? ''));
  const has = createProgram().commands.map((command) => command.name());
  assert.deepEqual(
    has.filter((name) => !top.includes(name)),
    [],
  );
});
