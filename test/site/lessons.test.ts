// Every lesson's text fits its lab: the same tasks, a solution that stands in the text, a quiz that explains itself.

import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { lab } from '../../lessons/schema.ts';

const clone = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

for await (const file of glob('lessons/*/*/lesson.mdx', { cwd: clone })) {
  const name = path.basename(path.dirname(file));
  const text = await readFile(path.join(clone, file), 'utf8');
  const tags = (tag: string) => [...text.matchAll(new RegExp(`<${tag}\\b[^>]*>`, 'g'))].map(([found]) => found);
  const value = (tag: string, attribute: string) => new RegExp(`\\b${attribute}="([^"]*)"`).exec(tag)?.[1];

  test(`${name}: the tasks of the text are those of the lab, in order`, async () => {
    const tasks = lab.parse(parse(await readFile(path.join(clone, path.dirname(file), 'lab.yaml'), 'utf8'))).tasks;
    assert.deepEqual(
      tags('Task').map((tag) => value(tag, 'id')),
      tasks.map(({ id }) => id),
    );
  });

  test(`${name}: every task's solution stands in the text as a command, and as the solution to read`, () => {
    const commands = tags('Command').map((tag) => value(tag, 'run'));
    const read = tags('Solution').map((tag) => value(tag, 'run'));
    const done = tags('Task').map((tag) => value(tag, 'solution'));
    assert.deepEqual(read, done);
    for (const solution of done) assert.ok(commands.includes(solution), `no <Command run="${solution}" />`);
  });

  test(`${name}: every question has one right answer, and every answer says why`, () => {
    const questions = [...text.matchAll(/<Question\b[^>]*>(.*?)<\/Question>/gs)].map(([, inside]) => inside ?? '');
    assert.ok(questions.length >= 3);
    for (const question of questions) {
      const options = [...question.matchAll(/<Option\b([^>]*)>(.*?)<\/Option>/gs)];
      assert.ok(options.length >= 2);
      assert.equal(options.filter(([, attributes]) => /\bright\b(?!=)/.test(attributes ?? '')).length, 1);
      for (const [, , why] of options) assert.ok((why ?? '').trim().length > 20, 'an answer without its why');
      const ids = options.map(([, attributes]) => value(attributes ?? '', 'id'));
      assert.equal(new Set(ids).size, options.length);
    }
  });

  test(`${name}: is friendly without being silly`, () => {
    assert.doesNotMatch(text, /\boops\b|\bsimply\b|\bjust type\b|!\s*$/im);
  });
}
