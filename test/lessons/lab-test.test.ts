// Every lesson, tried as `drydock lab test` tries it: all tasks, wrong attempts, solutions and commands; here once, which tells
// what a change has broken. `npm run soak` does all of it twice, each solution also after a reset.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { severalAtOnce } from '../../cli/commands/lab-test.ts';
import { allLessons, lessonsFolder, playground } from '../../cli/lab/lessons.ts';
import { tryLesson } from '../../cli/lab/try-lesson.ts';
import { drydockFor } from './own-drydock.ts';

const drydock = await drydockFor(lessonsFolder);
afterAll(() => drydock[Symbol.asyncDispose]());

const lessons = [...(await allLessons()), playground];
const results = severalAtOnce(lessons, 3, (lesson) => tryLesson(drydock, lessonsFolder, lesson, () => undefined, 1));

for (const [place, lesson] of lessons.entries()) {
  test(`${lesson} passes a round of drydock lab test`, async () => {
    const tried = (await results)[place];
    assert.deepEqual(tried?.mistakes, []);
    assert.ok(tried.commands > 0, 'commands of the text were run');
    if (lesson !== playground) assert.ok(tried.tasks.length > 0, 'tasks were tried');
  });
}
