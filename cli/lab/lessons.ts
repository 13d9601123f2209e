// Which lessons there are, and which of them is meant by what an instructor types.

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { nameOf, numberOf } from '../../lessons/schema/lesson-id.ts';
import { contentFoldersOf, ownCourse, shownPath } from '../content/content-folders.ts';
import type { Course, CourseLesson } from '../content/course.ts';
import { exitUsage, Failure } from '../failure.ts';
import type { Settings } from '../settings.ts';

export const lessonsFolder = ownCourse.path;
/** The lab without a lesson, as the server calls it. */
export const playground = 'playground';

/** Ids of all lessons, in order; see `lessonIds`. */
export function allLessons(folder = lessonsFolder): Promise<readonly string[]> {
  return lessonIds(folder);
}

/** A folder of lessons as a course, as it lies there. */
export async function courseIn(folder: string): Promise<Course> {
  const from = folder === lessonsFolder ? ownCourse : { path: folder, isOwn: false };
  return { folder, all: (await lessonIds(folder)).map((id) => ({ id, folder: from })), problems: [] };
}

/**
 * The course of all content folders. Those of instructors are copied, as they are for students: what leads out of them, or
 * clashes, is not in it. The clone's own alone is read where it lies.
 */
export async function openCourse(settings: Pick<Settings, 'lessons'>): Promise<Course & AsyncDisposable> {
  const folders = contentFoldersOf(settings);
  if (folders.every(({ isOwn }) => isOwn))
    return { ...(await courseIn(lessonsFolder)), [Symbol.asyncDispose]: () => Promise.resolve() };
  const { gatherCourse } = await import('../content/course.ts');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-lessons-'));
  const end = () => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await gatherCourse(folders, path.join(folder, 'lessons'))), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Where an author writes it. */
export const sourceOf = ({ folder, id }: CourseLesson): string => path.join(folder.path, id);

/**
 * The lessons that are named: by id, by folder, by name or number (`01-why-containers/02-first-container`,
 * `lessons/01-why-containers/02-first-container`, `first-container`, `2`); all where none is. Throws Failure.
 */
export function lessonsNamed(names: readonly string[], { all }: Pick<Course, 'all'>): readonly CourseLesson[] {
  if (names.length === 0) return all;
  return names.map((name) => {
    const wanted = path.resolve(name);
    const found = all.filter((lesson) => {
      const { id } = lesson;
      const called = [id, path.basename(id), nameOf(id), String(numberOf(id)), path.join('lessons', id)];
      return sourceOf(lesson) === wanted || called.includes(name.replace(/^0+(?=\d+$)/, ''));
    });
    if (found.length === 1 && found[0] !== undefined) return found[0];
    const shown = (lesson: CourseLesson) => (lesson.folder.isOwn ? lesson.id : shownPath(lesson.folder, lesson.id));
    const what =
      found.length === 0 ? `There is no lesson ${name}.` : `${name} may mean ${found.map(shown).join(' or ')}.`;
    throw new Failure(`${what} There are:\n${all.map((lesson) => `  ${shown(lesson)}`).join('\n')}`, {
      exitCode: exitUsage,
    });
  });
}

/** Throws Failure where one is left out: it cannot be tried then. */
export function mustBeThere(lessons: readonly CourseLesson[]): readonly string[] {
  return lessons.map(({ id, problem }) => {
    if (problem !== undefined)
      throw new Failure(`${problem.file}:${problem.line}: ${problem.message}`, { exitCode: exitUsage });
    return id;
  });
}
