/** How far a student is in the course: each lesson's state, and where to go on. Pure; knows no page and no server. */
import type { Progress } from '@drydock/sandbox-server/protocol';

export interface LessonSize {
  readonly id: string;
  /** Ids of the tasks that are not optional. */
  readonly tasks: readonly string[];
}

export interface LessonState {
  /** How many of these tasks are done. */
  readonly done: number;
  readonly look: 'new' | 'begun' | 'done';
  /** The first task that is not done; undefined where the lesson is done, or not begun. */
  readonly now: string | undefined;
}

export function stateOf(lesson: LessonSize, progress: Progress): LessonState {
  const known = progress.lessons[lesson.id];
  if (!known) return { done: 0, look: 'new', now: undefined };
  const open = lesson.tasks.filter((id) => !known.tasks.includes(id));
  const done = lesson.tasks.length - open.length;
  return { done, look: done > 0 && open.length === 0 ? 'done' : 'begun', now: open[0] };
}

/**
 * The lesson to go on with: the one that was open last, if it is not done; else the first after it that is not done; else the first
 * of all that is not done. `undefined` when all are done. `lessons` are in the order of the course.
 */
export function whereToGoOn<T extends LessonSize>(
  lessons: readonly T[],
  progress: Progress,
  last: string | undefined,
): T | undefined {
  const place = Math.max(
    0,
    lessons.findIndex(({ id }) => id === last),
  );
  const open = (lesson: T) => stateOf(lesson, progress).look !== 'done';
  return lessons.slice(place).find(open) ?? lessons.find(open);
}
