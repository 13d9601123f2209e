// What is wrong with the lessons of a course, as lint tells it.

import path from 'node:path';
import { lintLesson } from '../lab/lint.ts';
import { surroundings } from '../lab/surroundings.ts';
import { type ContentFolder, shownPath } from './content-folders.ts';

/** A line each, by the lesson's id. `folderOf` tells which content folder a lesson of `folder` came from. */
export async function mistakesOfLessons(
  folder: string,
  folderOf: (lesson: string) => ContentFolder,
): Promise<Map<string, string>> {
  const around = await surroundings(folder);
  const mistakes = new Map<string, string>();
  for (const id of around.lessons) {
    const findings = await lintLesson(path.join(folder, id), around);
    const told = findings.map(
      ({ file, line, message }) => `  ${shownPath(folderOf(id), path.join(id, file))}:${line}: ${message}`,
    );
    if (told.length > 0) mistakes.set(id, told.join('\n'));
  }
  return mistakes;
}
