// Reads every lesson's lab file at the start; a lesson that cannot be read stops the start with a sentence that says why.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { prettifyError } from 'zod';
import { type Lab, lab } from '../../lessons/schema.ts';
import { playground } from '../protocol.ts';

/** By lesson id (`01-why-containers/02-first-container`); the playground is one without tasks. */
export type Lessons = ReadonlyMap<string, Lab>;

/** Throws Error with a path through the files to what is wrong. */
export async function readLessons(directory: string): Promise<Lessons> {
  const lessons = new Map<string, Lab>([[playground, { tasks: [] }]]);
  for (const entry of await readdir(directory, { recursive: true })) {
    if (!entry.endsWith('/lab.yaml')) continue;
    const path = join(directory, entry);
    const parsed = lab.safeParse(parse(await readFile(path, 'utf8')));
    if (!parsed.success) throw new Error(`read lesson ${path}: ${prettifyError(parsed.error)}`);
    lessons.set(dirname(entry), parsed.data);
  }
  return lessons;
}
