// Tries one task as a student would: not done at first, each wrong attempt told apart, done by its solution, and, where it is
// tried twice, again after the lab was taken back to its start.

import { type Check, everyCheck, type Task } from '../../lessons/schema.ts';
import type { CommandEnd } from './shell.ts';
import type { Student } from './student.ts';

/** What is done without cause once the first look was had, such as when a server begins to answer, is seen to be in this time. */
const restMs = 700;

/** A program that was started may take a while until it answers, writes or is there. */
const slowMs = 30_000;
/** What Docker itself knows is so when its command has ended; a busy machine looks a little later. */
const promptMs = 12_000;
/** After a command that failed nothing more is on its way. */
const failedMs = 5_000;

/** How long it may take until a check sees what was done, which ended so. */
export function patienceMs(check: Check, ends: readonly CommandEnd[]): number {
  if ((ends.at(-1)?.exitCode ?? 0) !== 0) return failedMs;
  const slow = ['http', 'process', 'log', 'command', 'ran', 'file'];
  return everyCheck(check).some((one) => slow.some((kind) => kind in one)) ? slowMs : promptMs;
}

export interface TaskTried {
  readonly id: string;
  /** From the end of the solution to the task being done, the longest. */
  readonly doneMs: number;
  /** To the start of the task, the longest; 0 where it was never taken back. */
  readonly resetMs: number;
  /** Wrong attempts that were told apart. */
  readonly wrong: number;
}

/** What is not as it should be, in a sentence. */
export class LessonMistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LessonMistake';
  }
}

const lastShown = (ends: readonly CommandEnd[]) => {
  const shown = ends.at(-1)?.shown.trim() ?? '';
  return shown === '' ? '' : ` The terminal shows:\n${shown.slice(-600)}`;
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}

/** `start` is the point to come back to; `twice` is to come back there after the solution. Throws LessonMistake. */
export async function tryTask(student: Student, task: Task, start: string, twice: boolean): Promise<TaskTried> {
  const { id, solution, wrong } = task;
  let resetMs = 0;
  const reset = async () => {
    resetMs = Math.max(resetMs, await timed(() => student.reset(start)));
  };
  const isOpen = async (when: string) => {
    // Nothing is found before the first look, however long that takes.
    await student.becomes(id, ({ found, done }) => done || found !== '');
    if (!(await student.stays(id, ({ done }) => !done, restMs))) throw new LessonMistake(`it is done ${when}`);
  };
  let doneMs = 0;
  const solve = async () => {
    const ends = await student.attempt(solution);
    const began = performance.now();
    if (!(await student.becomes(id, ({ done }) => done, patienceMs(task.check, ends))))
      throw new LessonMistake(
        `its solution does not make it done; the student is told: ${student.task(id).found || 'nothing'}${lastShown(ends)}`,
      );
    doneMs = Math.max(doneMs, Math.round(performance.now() - began));
  };

  await student.reaches(start);
  await isOpen('before anything was done');
  for (const attempt of wrong) {
    const isTold = () => student.task(id).found.includes(attempt.says);
    const ends = await student.attempt(attempt, isTold);
    const what = `the wrong attempt “${attempt.run.join('; ') || Object.keys(attempt.files ?? {}).join(', ')}”`;
    const told = await student.becomes(
      id,
      ({ found, done }) => done || found.includes(attempt.says),
      patienceMs({ all: [task.check, ...task.slips.map(({ when }) => when)] }, ends),
    );
    // What was told first may have been of something on its way.
    if (!(await student.stays(id, ({ done }) => !done, told ? restMs / 2 : 0)))
      throw new LessonMistake(`${what} makes it done`);
    if (!told)
      throw new LessonMistake(
        `${what} is not told “${attempt.says}”, but: ${student.task(id).found || 'nothing'}${lastShown(ends)}`,
      );
    await reset();
  }
  await solve();
  if (twice) {
    await reset();
    await isOpen('after the lab was taken back to its start');
    await solve();
  }
  return { id, doneMs, resetMs, wrong: wrong.length };
}
