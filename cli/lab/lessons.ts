// Which lessons there are, and which of them is meant by what an instructor types.

import path from 'node:path';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { exitUsage, Failure } from '../failure.ts';
import { cloneFolder } from '../paths.ts';

export const lessonsFolder = path.join(cloneFolder, 'lessons');
/** The lab without a lesson, as the server calls it. */
export const playground = 'playground';

/** Ids of all lessons, in order; see `lessonIds`. */
export function allLessons(folder = lessonsFolder): Promise<readonly string[]> {
  return lessonIds(folder);
}

/**
 * The lessons that are named: by id, by folder, by name or number (`01-why-containers/02-first-container`,
 * `lessons/01-why-containers/02-first-container`, `first-container`, `2`); all where none is. Throws Failure.
 */
export async function lessonsNamed(names: readonly string[], folder = lessonsFolder): Promise<readonly string[]> {
  const all = await allLessons(folder);
  if (names.length === 0) return all;
  return names.map((name) => {
    const wanted = path.resolve(name);
    const found = all.filter((id) => {
      const own = path.basename(id);
      const number = /^0*(\d+)-/.exec(own)?.[1];
      return [id, own, own.replace(/^\d+-/, ''), number].includes(name) || path.join(folder, id) === wanted;
    });
    if (found.length === 1 && found[0] !== undefined) return found[0];
    const what = found.length === 0 ? `There is no lesson ${name}.` : `${name} may mean ${found.join(' or ')}.`;
    throw new Failure(`${what} There are:\n${all.map((id) => `  ${id}`).join('\n')}`, { exitCode: exitUsage });
  });
}
