// Tries a whole lesson: every task with its wrong attempts and its solution, and every command of the text; all of it twice, and
// each solution again after a reset, or less of it. Two students do it side by side.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { emptyLab, type Lab, parseLab, withParameters } from '../../lessons/schema.ts';
import { counted } from '../counted.ts';
import { type LessonText, readLessonText } from './lesson-text.ts';
import { playground } from './lessons.ts';
import { type Place, Student } from './student.ts';
import { LessonMistake, type TaskTried, tryTask } from './try-task.ts';
import { tryText } from './try-text.ts';

/** How much of a lesson is tried. */
export interface Extent {
  /** Each from the lab's start. With more than one, each solution is tried again after a reset. */
  readonly rounds: number;
  /** `text`: only the commands of the text, which do all tasks; no wrong attempts. */
  readonly parts: 'all' | 'text';
}

const usually: Extent = { rounds: 2, parts: 'all' };

export interface LessonTried {
  readonly lesson: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Those that were tried, each with the worst figures of its rounds. */
  readonly tasks: readonly TaskTried[];
  /** Commands of the text that were run. */
  readonly commands: number;
  /** What is not as it should be: `task web: …`, `text: line 12: …`. */
  readonly mistakes: readonly string[];
}

/** Told as soon as something is known. */
export type Told = (lesson: string, what: string) => void;

const inWords = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function tryTasks(
  place: Place,
  lesson: string,
  lab: Lab,
  told: Told,
  rounds: number,
): Promise<readonly TaskTried[]> {
  const student = await Student.enter(place, lesson, lab);
  const tried = new Map<string, TaskTried>();
  try {
    const own = withParameters(lab, student.parameters);
    for (let round = 1; round <= rounds; round++) {
      if (round > 1) await student.reset('start');
      for (const [number, task] of own.tasks.entries()) {
        try {
          const now = await tryTask(student, task, number === 0 ? 'start' : task.id, rounds > 1);
          const before = tried.get(task.id);
          tried.set(task.id, {
            ...now,
            doneMs: Math.max(now.doneMs, before?.doneMs ?? 0),
            resetMs: Math.max(now.resetMs, before?.resetMs ?? 0),
          });
          const wrong = now.wrong === 0 ? '' : `, ${counted(now.wrong, 'wrong attempt')} told`;
          if (round === 1) told(lesson, `task ${task.id}: done ${now.doneMs} ms after its solution${wrong}`);
        } catch (error) {
          throw new LessonMistake(`task ${task.id}${round > 1 ? ', the second time' : ''}: ${inWords(error)}`);
        }
      }
    }
    return [...tried.values()];
  } finally {
    await student.leave();
  }
}

async function tryWholeText(
  place: Place,
  lesson: string,
  lab: Lab,
  text: LessonText,
  told: Told,
  rounds: number,
): Promise<number> {
  const student = await Student.enter(place, lesson, lab);
  try {
    const own = withParameters(lab, student.parameters);
    let commands = 0;
    for (let round = 1; round <= rounds; round++) {
      if (round > 1) await student.reset('start');
      try {
        commands = await tryText(student, text, own);
      } catch (error) {
        throw new LessonMistake(`text${round > 1 ? ', the second time' : ''}: ${inWords(error)}`);
      }
      if (round === 1) told(lesson, `text: ${counted(commands, 'command')} ran`);
    }
    return commands;
  } finally {
    await student.leave();
  }
}

/** The playground has a host that can run a container. */
async function tryPlayground(place: Place): Promise<number> {
  const student = await Student.enter(place, playground, emptyLab);
  try {
    const { exitCode, shown } = await student.runLine('docker run hello-world');
    if (exitCode !== 0) throw new LessonMistake(`docker run hello-world ends with exit code ${exitCode}:\n${shown}`);
    return 1;
  } finally {
    await student.leave();
  }
}

/** Never throws: what is wrong is in `mistakes`. */
export async function tryLesson(
  place: Place,
  folder: string,
  lesson: string,
  told: Told,
  { rounds, parts }: Extent = usually,
): Promise<LessonTried> {
  const began = performance.now();
  const mistakes: string[] = [];
  const orMistake = async <T>(work: Promise<T>, nothing: T): Promise<readonly [T, readonly string[]]> =>
    work.then(
      (value) => [value, []],
      (error: unknown) => [nothing, [inWords(error)]],
    );
  let tasks: readonly TaskTried[] = [];
  let commands = 0;
  if (lesson === playground) {
    const [ran, wrong] = await orMistake(tryPlayground(place), 0);
    commands = ran;
    mistakes.push(...wrong);
  } else {
    const read = async (name: string) => readFile(path.join(folder, lesson, name), 'utf8');
    const [files, unread] = await orMistake(
      Promise.all([
        read('lab.yaml').then((text) => parseLab(text, `lessons/${lesson}/lab.yaml`)),
        read('lesson.mdx').then(readLessonText),
      ]),
      null,
    );
    mistakes.push(...unread);
    if (files !== null) {
      const [lab, text] = files;
      const [ofTasks, ofText] = await Promise.all([
        orMistake(parts === 'all' ? tryTasks(place, lesson, lab, told, rounds) : Promise.resolve([]), []),
        orMistake(tryWholeText(place, lesson, lab, text, told, rounds), 0),
      ]);
      [tasks, commands] = [ofTasks[0], ofText[0]];
      mistakes.push(...ofTasks[1], ...ofText[1]);
    }
  }
  const ms = Math.round(performance.now() - began);
  return { lesson, ok: mistakes.length === 0, ms, tasks, commands, mistakes };
}
