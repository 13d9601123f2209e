// `drydock lab new TRACK/NN-NAME`: a new lesson to begin from.

import path from 'node:path';
import { exitUsage, Failure } from '../failure.ts';
import { lessonsFolder } from '../lab/lessons.ts';
import { writeNewLesson } from '../lab/new-lesson.ts';

/** Throws Failure where the name is none, or there is such a lesson. */
export async function labNew(name: string, folder = lessonsFolder): Promise<void> {
  const parts = /^(?:lessons\/)?(\d\d-[a-z0-9-]{1,60})\/(\d\d-[a-z0-9-]{1,60})\/?$/.exec(name);
  const [, track, lesson] = parts ?? [];
  if (track === undefined || lesson === undefined)
    throw new Failure(`${name} is no name of a lesson. Write TRACK/NN-NAME, such as 03-building/22-own-page.`, {
      exitCode: exitUsage,
    });
  try {
    await writeNewLesson(folder, track, lesson);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Failure(`There is a lesson ${track}/${lesson} already. Take another number or name.`);
    throw error;
  }
  const made = path.relative(process.cwd(), path.join(folder, track, lesson));
  console.log(`Made ${made}/lesson.mdx and ${made}/lab.yaml.`);
  console.log(`Write in them while drydock lab dev ${track}/${lesson} shows what you write; then drydock lab test.`);
}
