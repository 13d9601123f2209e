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

/**
 * A task's solution, with its host where the lab has several: the first is meant where it names none, and a student may have the
 * terminal of another one in front. Throws where the lab has no such task: the text and the lab file have come apart.
 */
export function solutionOf(lab: Lab, task: string): Attempt {
  const found = lab.tasks.find(({ id }) => id === task);
  if (!found) throw new Error(`<Task id="${task}">: lab.yaml has no task of this id.`);
  const { solution } = found;
  const [first, second] = lab.hosts;
  if (!first || !second || solution.host !== undefined || solution.terminal !== undefined) return solution;
  return { ...solution, host: first.name };
}
