// lessons/README.md tells what is so: its example is a lab file, and it names every kind of check and every component.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { lessonsFolder } from '../../cli/lab/lessons.ts';
import { createProgram } from '../../cli/program.ts';
import { lab } from '../../lessons/schema/lab.ts';
import { checkKinds, readLab } from '../../lessons/schema.ts';

const readme = await readFile(path.join(lessonsFolder, 'README.md'), 'utf8');
const components = path.join(lessonsFolder, '../site/src/lesson-components');
/** Parts of other components; no lesson names them. */
const inner = ['Inline', 'SolutionScript', 'Values'];

/** What a lab file names as it likes, and checks, which have a table of their own. */
const open = /^(parameters|tasks\.(check|slips\.when|(solution|wrong)\.files))$/;

/** Every key of plain data, as `tasks.solution.run`: what is in a list stands for the list. */
function keysOf(data: unknown, path = ''): ReadonlySet<string> {
  if (typeof data !== 'object' || data === null || open.test(path)) return new Set();
  if (Array.isArray(data)) return new Set(data.flatMap((one) => [...keysOf(one, path)]));
  return new Set(
    Object.entries(data).flatMap(([key, value]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return [at, ...keysOf(value, at)];
    }),
  );
}

/** Every key that a JSON schema lets stand. */
function keysOfSchema(schema: z.core.JSONSchema.BaseSchema | boolean, path = ''): ReadonlySet<string> {
  if (typeof schema === 'boolean' || open.test(path)) return new Set();
  const { properties = {}, items, anyOf = [], allOf = [] } = schema;
  const same = [items, ...anyOf, ...allOf].flat().filter((one) => one !== undefined);
  return new Set([
    ...same.flatMap((one) => [...keysOfSchema(one, path)]),
    ...Object.entries(properties).flatMap(([key, value]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return [at, ...keysOfSchema(value, at)];
    }),
  ]);
}

test('the example of a lab file is one, and says every key that may be said', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
  const read = readLab(example);
  assert.deepEqual('mistakes' in read ? read.mistakes : [], []);
  const said = keysOf(parse(example));
  const may = keysOfSchema(z.toJSONSchema(lab, { io: 'input', unrepresentable: 'any' }));
  assert.ok(may.has('tasks.solution.terminal') && may.has('preview.host'));
  assert.deepEqual([...may].filter((key) => !said.has(key)).sort(), []);
});

test('every kind of check is told', () => {
  for (const kind of checkKinds) assert.match(readme, new RegExp(`\`${kind}:`), kind);
});

test('every component that a lesson may name is told', async () => {
  const names = (await readdir(components)).filter((file) => file.endsWith('.astro')).map((file) => file.slice(0, -6));
  assert.ok(names.length > 10);
  for (const name of names) if (!inner.includes(name)) assert.match(readme, new RegExp(`<${name}\\b`), name);
});

test('every command of drydock lab is told', () => {
  const group = createProgram().commands.find((command) => command.name() === 'lab');
  const names = group?.commands.map((command) => command.name()) ?? [];
  assert.deepEqual(names.toSorted(), ['dev', 'lint', 'new', 'test']);
  for (const name of names) assert.match(readme, new RegExp(`drydock lab ${name}\\b`), name);
});

test('every lesson has its place in the table of what is taught', async () => {
  const [, table = ''] = /## What is taught where(.*)$/s.exec(readme) ?? [];
  for (let number = 1; number <= 21; number++)
    assert.match(table, new RegExp(`\\|[^|]*\\b${number}\\b[^|]*\\|$`, 'm'), `lesson ${number}`);
});
