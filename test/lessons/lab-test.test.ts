// Lessons, tried as `drydock lab test` tries them. One whole, once: all tasks, wrong attempts, solutions and commands. Of those after
// the first track every command of the text, which does all tasks. `npm run soak` tries all lessons whole, twice, each solution also
// after a reset.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { severalAtOnce } from '../../cli/commands/lab-test.ts';
import { allLessons, lessonsFolder, playground } from '../../cli/lab/lessons.ts';
import { tryLesson } from '../../cli/lab/try-lesson.ts';
import { drydockFor } from './own-drydock.ts';

const drydock = await drydockFor(lessonsFolder);
afterAll(() => drydock[Symbol.asyncDispose]());

const whole = ['01-why-containers/02-first-container', playground];
/** Their wrong attempts and resets would take three times as long. */
const byText = (await allLessons()).filter((lesson) => !lesson.startsWith('01-'));
const lessons = [...byText, ...whole];
const results = severalAtOnce(lessons, 3, (lesson) =>
  tryLesson(drydock, lessonsFolder, lesson, () => undefined, {
    rounds: 1,
    parts: whole.includes(lesson) ? 'all' : 'text',
  }),
);

for (const [place, lesson] of lessons.entries()) {
  const what = whole.includes(lesson)
    ? 'a round of drydock lab test'
    : 'drydock lab test with every command of its text';
  test(`${lesson} passes ${what}`, async () => {
    const tried = (await results)[place];
    assert.deepEqual(tried?.mistakes, []);
    assert.ok(tried.commands > 0, 'commands of the text were run');
    if (whole.includes(lesson) && lesson !== playground) assert.ok(tried.tasks.length > 0, 'tasks were tried');
  });
}
