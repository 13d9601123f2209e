/** Remembers in this browser how far the open lesson is, and shows that until the lab tells. */
import type { TaskState } from '@drydock/sandbox-server/protocol';
import { effect, untracked } from '@preact/signals';
import { unmarkHelped } from './helped-tasks.ts';
import { doneBefore, tasks } from './lab-state.ts';
import { remembered, rememberTasks, rememberVisit } from './progress.ts';

export function followLesson(lesson: string): void {
  doneBefore.value = new Set(remembered().lessons[lesson]?.tasks);
  rememberVisit(lesson);
  let before: readonly TaskState[] = [];
  effect(() => {
    const now = tasks.value;
    const reopenedTasks = reopened(before, now);
    before = now;
    if (now.length > 0) rememberTasks(lesson, doneOf(now), reopenedTasks.length > 0);
    untracked(() => unmarkHelped(reopenedTasks));
  });
}

const doneOf = (all: readonly TaskState[]) => all.filter(({ done }) => done).map(({ id }) => id);

/** What a reset has opened again: what was remembered of it is no longer so. */
function reopened(before: readonly TaskState[], now: readonly TaskState[]): readonly string[] {
  const done = new Set(doneOf(now));
  return now.length === 0 ? [] : doneOf(before).filter((id) => !done.has(id));
}
