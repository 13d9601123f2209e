// Tells from facts whether a task is done, and if not, what was found instead. Pure: the same facts, the same answer.

import type { Check, ContainerCheck, Task } from '../../lessons/schema.ts';
import type { TaskState } from '../protocol.ts';
import type { ContainerFact, Facts } from './facts.ts';
import { found } from './found.ts';
import { isImage } from './image-name.ts';

export function containerMatches(wanted: ContainerCheck, has: ContainerFact): boolean {
  return (
    (wanted.name === undefined || wanted.name === has.name) &&
    (wanted.image === undefined || isImage(wanted.image, has.image)) &&
    (wanted.state === undefined || wanted.state === has.state) &&
    (wanted.port === undefined || (wanted.port === 'none' ? has.ports.length === 0 : has.ports.includes(wanted.port)))
  );
}

/** Does the check hold? */
export function holds(check: Check, facts: Facts): boolean {
  if ('container' in check) return facts.containers.some((has) => containerMatches(check.container, has));
  if ('ran' in check) {
    const { image, exitCode } = check.ran;
    const ended = [
      ...facts.ended,
      ...facts.containers.flatMap((has) =>
        has.exitCode === null ? [] : [{ image: has.image, exitCode: has.exitCode }],
      ),
    ];
    return ended.some((has) => isImage(image, has.image) && (exitCode === undefined || exitCode === has.exitCode));
  }
  if ('log' in check) {
    const lines = facts.logs.get(check.log.container)?.split('\n') ?? [];
    const wanted = new RegExp(check.log.matches);
    // A line that is longer than this is no line of a log that a lesson asks for.
    return lines.some((line) => line.length < 4096 && wanted.test(line));
  }
  if ('absent' in check) return facts.containers.every(({ name }) => name !== check.absent);
  if ('all' in check) return check.all.every((each) => holds(each, facts));
  if ('any' in check) return check.any.some((each) => holds(each, facts));
  if ('not' in check) return !holds(check.not, facts);
  return check.after.tasks.every((task) => facts.doneTasks.has(task)) && holds(check.after.check, facts);
}

/** The names of the containers whose logs a check needs. */
export function logsNeeded(check: Check): readonly string[] {
  if ('log' in check) return [check.log.container];
  if ('all' in check) return check.all.flatMap(logsNeeded);
  if ('any' in check) return check.any.flatMap(logsNeeded);
  if ('not' in check) return logsNeeded(check.not);
  return 'after' in check ? logsNeeded(check.after.check) : [];
}

/** Every task's state, in order. One that was done stays done; tasks that become done count for those after them. */
export function evaluate(tasks: readonly Task[], facts: Facts): readonly TaskState[] {
  const doneTasks = new Set(facts.doneTasks);
  return tasks.map(({ id, expected, check, slips }) => {
    const now = { ...facts, doneTasks };
    const done = doneTasks.has(id) || holds(check, now);
    if (done) {
      doneTasks.add(id);
      return { id, done, expected, found: '' };
    }
    const slip = slips.find(({ when }) => holds(when, now));
    return { id, done, expected, found: slip?.say ?? found(check, now) };
  });
}
