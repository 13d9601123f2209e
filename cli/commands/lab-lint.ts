// `drydock lab lint [LESSON…]`: what can be told of lessons without a lab.

import path from 'node:path';
import { Failure } from '../failure.ts';
import { lessonsNamed, openCourse, sourceOf } from '../lab/lessons.ts';
import { lintLesson } from '../lab/lint.ts';
import { fromHere } from '../lab/shown.ts';
import { surroundings } from '../lab/surroundings.ts';
import { loadSettings } from '../load-settings.ts';

/** Prints `lessons/…/lesson.mdx:12:5: what, why`, a line each. Throws Failure, after printing, where there is one. */
export async function labLint(names: readonly string[]): Promise<void> {
  await using course = await openCourse(loadSettings(process.env).settings);
  const lessons = lessonsNamed(names, course);
  const around = await surroundings(course.folder);
  let mistakes = 0;
  const tell = (told: string) => {
    console.log(told);
    mistakes += 1;
  };
  // Of folders, glossaries and tracks too, where no lesson is named.
  const problems = names.length === 0 ? course.problems : lessons.flatMap(({ problem }) => problem ?? []);
  for (const { file, line, message } of problems) tell(`${line === 0 ? file : `${file}:${line}:1`}: ${message}`);
  for (const lesson of lessons.filter(({ problem }) => problem === undefined))
    for (const { file, line, column, message } of await lintLesson(path.join(course.folder, lesson.id), around))
      tell(`${fromHere(path.join(sourceOf(lesson), file))}:${line}:${column}: ${message}`);
  if (mistakes > 0) throw new Failure(`${mistakes} ${mistakes === 1 ? 'thing' : 'things'} to mend.`);
  const [one] = lessons;
  console.log(lessons.length === 1 ? `${one?.id}: nothing to mend.` : `${lessons.length} lessons: nothing to mend.`);
}
