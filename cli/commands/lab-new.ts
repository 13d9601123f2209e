// `drydock lab new TRACK/NN-NAME`: a new lesson to begin from.

import path from 'node:path';
import { addressOf, numberOf } from '../../lessons/schema/lesson-id.ts';
import {
  type ContentFolder,
  contentFoldersOf,
  folderForNew,
  ownCourse,
  shownPath,
} from '../content/content-folders.ts';
import type { Course } from '../content/course.ts';
import { exitUsage, Failure } from '../failure.ts';
import { courseIn, openCourse } from '../lab/lessons.ts';
import { writeNewLesson } from '../lab/new-lesson.ts';
import { fromHere } from '../lab/shown.ts';
import { loadSettings } from '../load-settings.ts';

/** The content folder that a path lies in, and the rest of it; a name that is no path is for the folder named last. */
function placeFor(name: string, folders: readonly ContentFolder[]): { folder: ContentFolder; rest: string } {
  const wanted = path.resolve(name);
  const inside = folders.find((folder) => wanted.startsWith(`${folder.path}/`));
  if (inside !== undefined) return { folder: inside, rest: path.relative(inside.path, wanted) };
  if (name.startsWith('lessons/')) return { folder: ownCourse, rest: name.slice('lessons/'.length) };
  return { folder: folderForNew(folders), rest: name };
}

/** Two lessons of one number or address would both be left out, or one of them. */
function refuseTaken(id: string, { all }: Pick<Course, 'all'>): void {
  for (const other of all.filter((one) => one.id !== id)) {
    const there = shownPath(other.folder, other.id);
    if (numberOf(other.id) === numberOf(id))
      throw new Failure(`${there} has the number ${numberOf(id)}. Take another.`);
    if (addressOf(other.id) === addressOf(id))
      throw new Failure(`${there} has the address ${addressOf(id)}. Take another name.`);
  }
}

/** Throws Failure where the name is none, or a lesson has its number or name. `only`: a folder alone, whatever the settings say. */
export async function labNew(name: string, only?: string): Promise<void> {
  const { settings } = only === undefined ? loadSettings(process.env) : { settings: null };
  const folders = settings === null ? [{ path: only ?? '', isOwn: false }] : contentFoldersOf(settings);
  const { folder: place, rest } = placeFor(name, folders);
  const folder = place.path;
  const parts = /^(\d\d-[a-z0-9-]{1,60})\/(\d\d-[a-z0-9-]{1,60})\/?$/.exec(rest);
  const [, track, lesson] = parts ?? [];
  if (track === undefined || lesson === undefined)
    throw new Failure(`${name} is no name of a lesson. Write TRACK/NN-NAME, such as 03-building/22-own-page.`, {
      exitCode: exitUsage,
    });
  if (settings === null) refuseTaken(`${track}/${lesson}`, await courseIn(folder));
  else {
    await using course = await openCourse(settings);
    refuseTaken(`${track}/${lesson}`, course);
  }
  try {
    await writeNewLesson(folder, track, lesson);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Failure(`There is a lesson ${track}/${lesson} already. Take another number or name.`);
    throw error;
  }
  const made = fromHere(path.join(folder, track, lesson));
  console.log(`Made ${made}/lesson.mdx and ${made}/lab.yaml.`);
  console.log(`Write in them while drydock lab dev ${track}/${lesson} shows what you write; then drydock lab test.`);
}
