// `drydock lab lint [LESSON…]`: what can be told of lessons without a lab.

import path from 'node:path';
import { Failure } from '../failure.ts';
import { lessonsFolder, lessonsNamed } from '../lab/lessons.ts';
import { lintLesson } from '../lab/lint.ts';
import { surroundings } from '../lab/surroundings.ts';

/** Prints `lessons/…/lesson.mdx:12:5: what, why`, a line each. Throws Failure, after printing, where there is one. */
export async function labLint(names: readonly string[]): Promise<void> {
  const lessons = await lessonsNamed(names);
  const around = await surroundings(lessonsFolder);
  let mistakes = 0;
  for (const lesson of lessons) {
    const folder = path.join(lessonsFolder, lesson);
    for (const { file, line, column, message } of await lintLesson(folder, around)) {
      console.log(`${path.relative(process.cwd(), path.join(folder, file))}:${line}:${column}: ${message}`);
      mistakes += 1;
    }
  }
  if (mistakes > 0) throw new Failure(`${mistakes} ${mistakes === 1 ? 'thing' : 'things'} to mend.`);
  console.log(lessons.length === 1 ? `${lessons[0]}: nothing to mend.` : `${lessons.length} lessons: nothing to mend.`);
}
