// Runs every command of a lesson's text, in its order, as a student who reads and clicks: each ends with exit code 0 unless it
// is there to be seen failing. Where the text leaves a task to the student, its solution is typed in its place; the files of a
// solution are written in any case.

import { setTimeout as delay } from 'node:timers/promises';
import { fillIn, type Lab, type Task } from '../../lessons/schema.ts';
import { type Component, type LessonText, textAttribute, withThoseInside } from './lesson-text.ts';
import type { CommandEnd } from './shell.ts';
import type { Student } from './student.ts';
import { LessonMistake, patienceMs } from './try-task.ts';

interface Run {
  readonly do: 'run';
  readonly run: string;
  readonly line: number;
  readonly fails: boolean;
  readonly host: string | undefined;
  readonly terminal: string | undefined;
}

type Step = { readonly do: 'task'; readonly id: string; readonly line: number } | Run;

/** What one reads on the way: tasks, and commands that can be run with a click. */
export function stepsOf(text: LessonText): readonly Step[] {
  return withThoseInside(text.components).flatMap((component: Component): Step[] => {
    const { name, line } = component;
    const id = textAttribute(component, 'id');
    if (name === 'Task' && id !== undefined) return [{ do: 'task', id, line }];
    const run = textAttribute(component, 'run');
    if ((name !== 'Command' && name !== 'Predict') || run === undefined) return [];
    const fails = textAttribute(component, 'expect') === 'fails';
    const [host, terminal] = [textAttribute(component, 'host'), textAttribute(component, 'terminal')];
    return [{ do: 'run', run, line, fails, host, terminal }];
  });
}

/** What goes on in the background, and may not answer at once. */
const startsSomething = /\bdocker (run|start|restart|compose up)\b|&\s*$/;
/** So long after it a command that fails is tried again. */
const startingMs = 10_000;
const againMs = 500;

/** A reader is slower than what was started last. Who comes too early, as this may, tries again. */
async function runAsReader(student: Student, step: Run, line: string, startedAt: number): Promise<CommandEnd> {
  for (;;) {
    const end = await student.runLine(line, step);
    const isOver = step.fails || end.exitCode === null || end.exitCode === 0;
    if (isOver || performance.now() - startedAt > startingMs) return end;
    await delay(againMs);
  }
}

/** Gives how many commands were run. Throws LessonMistake, with the line of the text. */
export async function tryText(student: Student, text: LessonText, lab: Lab): Promise<number> {
  const steps = stepsOf(text);
  const filled = (line: string) => fillIn(line, student.parameters);
  /** The commands of the text that are the last of a task's solution. */
  const solves = new Map<Run, Task>();
  const isSeenDone = ({ id, check }: Task): Promise<boolean> =>
    student.becomes(id, ({ done }) => done, patienceMs(check, []));
  let commands = 0;
  let startedAt = Number.NEGATIVE_INFINITY;
  for (const [place, step] of steps.entries()) {
    const { line } = step;
    if (step.do === 'task') {
      // Who reads on has seen the last one turn done. Some are facts of a moment: removed, before it is made anew.
      const [before] = lab.tasks
        .slice(
          0,
          lab.tasks.findIndex(({ id }) => id === step.id),
        )
        .slice(-1);
      if (before !== undefined) await isSeenDone(before);
      // What follows until the next task may be its solution, said in the text.
      const next = steps.findIndex(({ do: what }, later) => later > place && what === 'task');
      const following = steps.slice(place + 1, next === -1 ? undefined : next);
      const task = lab.tasks.find(({ id }) => id === step.id);
      const solution = task?.solution;
      const said = following.findLast(
        (each): each is Run => each.do === 'run' && solution?.run.includes(filled(each.run)) === true,
      );
      if (said !== undefined && task !== undefined) solves.set(said, task);
      if (solution === undefined) continue;
      // A click runs a command and writes no file: those of the solution are the student's to write.
      const left = said === undefined ? solution : { ...solution, run: [] };
      const failed = (await student.attempt(left)).find(({ exitCode }) => exitCode !== null && exitCode !== 0);
      if (failed !== undefined)
        throw new LessonMistake(
          `line ${line}: the solution of ${step.id} ends with exit code ${failed.exitCode}. It shows:\n${failed.shown.trim().slice(-600)}`,
        );
      if (left.run.some((each) => startsSomething.test(each))) startedAt = performance.now();
      // Who has typed it waits to see it done: the next command of the text may undo it, as `docker rmi` a second name.
      if (said === undefined && task !== undefined) await isSeenDone(task);
      continue;
    }
    const { exitCode, shown } = await runAsReader(student, step, filled(step.run), startedAt);
    if (startsSomething.test(step.run)) startedAt = performance.now();
    commands += 1;
    if (step.fails ? exitCode === 0 : exitCode !== null && exitCode !== 0) {
      const ended = step.fails ? 'is there to be seen failing, and ends with 0' : `ends with exit code ${exitCode}`;
      throw new LessonMistake(`line ${line}: “${filled(step.run)}” ${ended}. It shows:\n${shown.trim().slice(-600)}`);
    }
    // Who reads on has seen it turn done. Some are facts of a moment, which the next command may end.
    const solved = solves.get(step);
    if (solved !== undefined) await isSeenDone(solved);
  }
  for (const task of lab.tasks) {
    if (!(await isSeenDone(task)))
      throw new LessonMistake(
        `after all that the text says, the task ${task.id} is not done; the student is told: ${student.task(task.id).found || 'nothing'}`,
      );
  }
  return commands;
}
