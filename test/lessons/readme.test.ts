// lessons/README.md tells what is so: its example is a lab file, and it names every kind of check and every component.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { lessonsFolder } from '../../cli/lab/lessons.ts';
import { lintLesson } from '../../cli/lab/lint.ts';
import { notWritten } from '../../cli/lab/lint-text.ts';
import { surroundings } from '../../cli/lab/surroundings.ts';
import { createProgram } from '../../cli/program.ts';
import { lab } from '../../lessons/schema/lab.ts';
import { checkKinds, readLab } from '../../lessons/schema.ts';
import { testRun } from '../support/instance.ts';

const readme = await readFile(path.join(lessonsFolder, 'README.md'), 'utf8');
const components = path.join(lessonsFolder, '../site/src/lesson-components');
/** A lesson that has one of everything, and its lab file. */
const [, exampleText = ''] = /````mdx\n(.*?)````\n/s.exec(readme) ?? [];
const [, exampleLab = ''] = /```yaml\n(hosts:.*?)```/s.exec(readme) ?? [];

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));

const componentNames = async (): Promise<readonly string[]> =>
  (await readdir(components)).filter((file) => file.endsWith('.astro')).map((file) => file.slice(0, -6));

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
  const read = readLab(exampleLab);
  assert.deepEqual('mistakes' in read ? read.mistakes : [], []);
  const said = keysOf(parse(exampleLab));
  const may = keysOfSchema(z.toJSONSchema(lab, { io: 'input', unrepresentable: 'any' }));
  assert.ok(may.has('tasks.solution.terminal') && may.has('preview.host'));
  assert.deepEqual([...may].filter((key) => !said.has(key)).sort(), []);
});

test('the example of a lesson has nothing to mend, and uses every component that is told', async () => {
  const lesson = path.join(folder, '03-building/22-own-page');
  await mkdir(path.join(lesson, 'files/dev/page'), { recursive: true });
  const files = { 'lesson.mdx': exampleText, 'lab.yaml': exampleLab, 'ship.png': '', 'boot.mp4': '', 'boot.vtt': '' };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(lesson, name), text);
  assert.deepEqual(await lintLesson(lesson, await surroundings(lessonsFolder)), []);
  const drawn = /Figure$|Picture$/;
  for (const name of await componentNames())
    if (!drawn.test(name) && name !== 'Value' && !notWritten.includes(name))
      assert.match(exampleText, new RegExp(`<${name}\\b`), name);
});

test('every kind of check is told', () => {
  for (const kind of checkKinds) assert.match(readme, new RegExp(`\`${kind}:`), kind);
});

test('every component that a lesson may name is told', async () => {
  const names = await componentNames();
  assert.ok(names.length > 10);
  for (const name of names) if (!notWritten.includes(name)) assert.match(readme, new RegExp(`<${name}\\b`), name);
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
