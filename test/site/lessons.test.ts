// Every lesson's text fits its lab: the same tasks, and questions that explain themselves.

import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { parseLab } from '../../lessons/schema.ts';

const clone = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Attributes of a tag; what stands in quotes may hold anything. */
const attributesOf = `(?:"[^"]*"|'[^']*'|[^>"'])*`;

interface Word {
  readonly id: string;
  readonly lesson: number;
}
const glossary = await readFile(path.join(clone, 'lessons/glossary.yaml'), 'utf8');
const words: readonly Word[] = [...glossary.matchAll(/^- id: (\S+)\n(?: {2}.*\n)*? {2}lesson: (\d+)$/gm)].map(
  ([, id = '', lesson]) => ({ id, lesson: Number(lesson) }),
);

test('the glossary has its words once each, in the order of the alphabet', () => {
  const ids = words.map(({ id }) => id);
  assert.equal(ids.length, glossary.match(/^- id: /gm)?.length);
  assert.deepEqual(ids, [...new Set(ids)].sort());
});

const files = (await Array.fromAsync(glob('lessons/*/*/lesson.mdx', { cwd: clone }))).sort();
const nameOf = (file: string) => path.basename(path.dirname(file));

for (const [place, file] of files.entries()) {
  const name = nameOf(file);
  const text = await readFile(path.join(clone, file), 'utf8');
  const tags = (tag: string) =>
    [...text.matchAll(new RegExp(`<${tag}\\b${attributesOf}>`, 'g'))].map(([found]) => found);
  const value = (tag: string, attribute: string) => new RegExp(`\\b${attribute}="([^"]*)"`).exec(tag)?.[1];

  test(`${name}: the tasks of the text are those of the lab, in order`, async () => {
    const labFile = path.join(path.dirname(file), 'lab.yaml');
    const { tasks } = parseLab(await readFile(path.join(clone, labFile), 'utf8'), labFile);
    assert.deepEqual(
      tags('Task').map((tag) => value(tag, 'id')),
      tasks.map(({ id }) => id),
    );
  });

  test(`${name}: a task that wants a container in the background is not done by one that Ctrl-C would end`, async () => {
    const labFile = path.join(path.dirname(file), 'lab.yaml');
    for (const { id, expected, check } of parseLab(await readFile(path.join(clone, labFile), 'utf8'), labFile).tasks) {
      if (!/\bruns?\b.*\bin the background\b/.test(expected)) continue;
      assert.match(JSON.stringify(check), /"detached":true/, id);
    }
  });

  const next = files[place + 1];
  test.skipIf(next === undefined)(`${name}: leads to the next lesson at its end`, () => {
    const end = text.slice(text.indexOf('## What comes next'));
    assert.ok(end.includes(`(/lessons/${nameOf(next ?? '').slice(3)}/)`));
  });

  test(`${name}: every question has one right answer, and every answer says why`, () => {
    const questions = [...text.matchAll(new RegExp(`<(Question|Predict)\\b${attributesOf}>(.*?)</\\1>`, 'gs'))].map(
      ([, , inside]) => inside ?? '',
    );
    assert.ok(questions.length >= 3);
    const names = [...tags('Question'), ...tags('Predict')].map((tag) => value(tag, 'id'));
    assert.equal(new Set(names).size, names.length, 'two questions have one id');
    for (const question of questions) {
      const options = [...question.matchAll(new RegExp(`<Option\\b(${attributesOf})>(.*?)</Option>`, 'gs'))];
      assert.ok(options.length >= 2);
      assert.equal(
        options.filter(([, attributes]) => /\bright\b/.test((attributes ?? '').replace(/"[^"]*"/g, ''))).length,
        1,
      );
      for (const [, , why] of options) assert.ok((why ?? '').trim().length > 20, 'an answer without its why');
      const ids = options.map(([, attributes]) => value(attributes ?? '', 'id'));
      assert.equal(new Set(ids).size, options.length);
    }
  });

  test(`${name}: shows the glossary’s words that it teaches`, () => {
    const number = Number(/^\d+/.exec(name)?.[0]);
    const shown = tags('Term').map((tag) => value(tag, 'of'));
    const missing = words.filter(({ id, lesson }) => lesson === number && !shown.includes(id));
    assert.deepEqual(missing, []);
  });

  test(`${name}: is friendly without being silly`, () => {
    assert.doesNotMatch(text, /\boops\b|\bsimply\b|\bjust type\b|!\s*$/im);
  });
}
