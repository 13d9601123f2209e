/** Reads a lesson's lab file while the site is built. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attempt, type Lab, parseLab } from '../../lessons/schema.ts';
import { contentFolder } from './content-folder.ts';

/** What a lesson's lab file says. Throws with line and column where it is missing or is not what the schema says. */
export async function labOf(lesson: string): Promise<Lab> {
  const file = join(contentFolder, lesson, 'lab.yaml');
  return parseLab(await readFile(file, 'utf8'), `lessons/${lesson}/lab.yaml`);
}

/** A task's solution. Throws where the lab has no such task: the text and the lab file have come apart. */
export function solutionOf(lab: Lab, task: string): Attempt {
  const found = lab.tasks.find(({ id }) => id === task);
  if (!found) throw new Error(`<Task id="${task}">: lab.yaml has no task of this id.`);
  return found.solution;
}
