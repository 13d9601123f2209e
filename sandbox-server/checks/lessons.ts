// Reads every lesson's lab file at the start; a lesson that cannot be read stops the start with sentences that say why.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emptyLab, type Lab, parseLab } from '../../lessons/schema.ts';
import { playground } from '../protocol.ts';

/** By lesson id (`01-why-containers/02-first-container`); the playground is one without tasks. */
export type Lessons = ReadonlyMap<string, Lab>;

/** Throws Error with `file:line:column: what` for each mistake. */
export async function readLessons(directory: string): Promise<Lessons> {
  const lessons = new Map<string, Lab>([[playground, emptyLab]]);
  for (const entry of await readdir(directory, { recursive: true })) {
    if (!entry.endsWith('/lab.yaml')) continue;
    const path = join(directory, entry);
    lessons.set(dirname(entry), parseLab(await readFile(path, 'utf8'), path));
  }
  return lessons;
}
