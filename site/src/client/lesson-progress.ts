/** Remembers in this browser how far the open lesson is, and shows that until the lab tells. */
import type { TaskState } from '@drydock/sandbox-server/protocol';
import { effect } from '@preact/signals';
import { doneBefore, tasks } from './lab-state.ts';
import { remembered, rememberTasks, rememberVisit } from './progress.ts';

export function followLesson(lesson: string): void {
  doneBefore.value = new Set(remembered().lessons[lesson]?.tasks);
  rememberVisit(lesson);
  let before: readonly TaskState[] = [];
  effect(() => {
    const now = tasks.value;
    if (now.length > 0) rememberTasks(lesson, doneOf(now), reopened(before, now));
    before = now;
  });
}

const doneOf = (all: readonly TaskState[]) => all.filter(({ done }) => done).map(({ id }) => id);

/** A reset opens tasks again: then what was remembered of this lesson is no longer so. */
function reopened(before: readonly TaskState[], now: readonly TaskState[]): boolean {
  const done = new Set(doneOf(now));
  return doneOf(before).some((id) => !done.has(id));
}
