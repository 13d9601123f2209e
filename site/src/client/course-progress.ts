/** How far a student is in the course: each lesson's state, and where to go on. Pure; knows no page and no server. */
import type { Progress } from '@drydock/sandbox-server/protocol';

export interface LessonSize {
  readonly id: string;
  /** Ids of the tasks that it is done with. */
  readonly tasks: readonly string[];
}

export interface LessonState {
  readonly done: number;
  readonly look: 'new' | 'begun' | 'done';
}

export function stateOf(lesson: LessonSize, progress: Progress): LessonState {
  const known = progress.lessons[lesson.id];
  const done = lesson.tasks.filter((id) => known?.tasks.includes(id)).length;
  if (done > 0 && done === lesson.tasks.length) return { done, look: 'done' };
  return { done, look: known ? 'begun' : 'new' };
}

/**
 * The lesson to go on with: the one that was open last, while it is not done; else the first after it that is not done,
 * else the first of all. `undefined` when everything is done. `lessons` are in the order of the course.
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
