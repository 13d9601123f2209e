/** Reads a lesson's lab file while the site is built. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { lab } from '../../lessons/schema.ts';

/** The ids of a lesson's tasks, in order. Throws when the lab file is missing or is not what the schema says. */
export async function taskIdsOf(lesson: string): Promise<readonly string[]> {
  // The build runs in site/.
  const file = resolve('../lessons', lesson, 'lab.yaml');
  return lab.parse(parse(await readFile(file, 'utf8'))).tasks.map(({ id }) => id);
}
