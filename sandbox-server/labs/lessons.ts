// Reads every lesson's lab at the start: its lab file, and the files that its hosts have from the start. A lesson that cannot
// be read is left out.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { emptyLab, type Lab, parseLab } from '../../lessons/schema.ts';
import { playground } from '../protocol.ts';
import { readStartingFiles, type StartingFiles } from './starting-files.ts';

export interface Lesson {
  readonly lab: Lab;
  readonly files: StartingFiles;
  /** It is no lesson of the course any more, and there only for students who have a lab of it. */
  readonly removed?: true;
}

/** By lesson id (`01-why-containers/02-first-container`); the playground is one without tasks. */
export type Lessons = ReadonlyMap<string, Lesson>;

export const playgroundLesson: Lesson = { lab: emptyLab, files: new Map() };

/** `directory` holds all lessons. Throws Error with `file:line:column: what` for each mistake in the lab file. */
export async function readLesson(directory: string, lesson: string): Promise<Lesson> {
  const path = join(directory, lesson, 'lab.yaml');
  const lab = parseLab(await readFile(path, 'utf8'), path);
  return { lab, files: await readStartingFiles(join(directory, lesson, 'files'), lab) };
}

/** A lesson that cannot be read is left out, and `leftOut` is called with the error; without `leftOut` the error is thrown. */
export async function readLessons(
  directory: string,
  leftOut: (lesson: string, error: unknown) => void = (_, error) => {
    throw error;
  },
): Promise<Map<string, Lesson>> {
  const lessons = new Map<string, Lesson>([[playground, playgroundLesson]]);
  const removed = join(directory, '.removed');
  for (const id of await lessonIds(removed)) {
    const lesson = await readLesson(removed, id).catch(() => null);
    if (lesson !== null) lessons.set(id, { ...lesson, removed: true });
  }
  for (const id of await lessonIds(directory)) {
    try {
      lessons.set(id, await readLesson(directory, id));
    } catch (error) {
      leftOut(id, error);
    }
  }
  return lessons;
}
