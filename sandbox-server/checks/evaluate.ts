// Tells from facts whether a task is done, and if not, what was found instead. Pure: the same facts, the same answer.

import type { Task } from '../../lessons/schema.ts';
import type { TaskState } from '../protocol.ts';
import type { Facts } from './facts.ts';
import { found } from './found.ts';
import { judge } from './judge.ts';

/** Every task's state, in order. One that was done stays done; tasks that become done count for those after them. */
export function evaluate(tasks: readonly Task[], facts: Facts): readonly TaskState[] {
  const doneTasks = new Set(facts.doneTasks);
  return tasks.map(({ id, expected, check, slips }) => {
    const now = { ...facts, doneTasks };
    const done = doneTasks.has(id) || judge(check, now) === true;
    if (done) {
      doneTasks.add(id);
      return { id, done, expected, found: '' };
    }
    const slip = slips.find(({ when }) => judge(when, now) === true);
    return { id, done, expected, found: slip?.say ?? found(check, now) };
  });
}
