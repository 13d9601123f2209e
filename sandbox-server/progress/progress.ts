// What a student has done: tasks, by lesson, for good; and the answers to quizzes. On the disk before it is told.

import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import { maxQuizAnswers } from '../limits.ts';
import type { DoneRecord, Progress, QuizAnswer } from '../protocol.ts';

const taskRow = z.object({ lesson: z.string(), task: z.string() });
const doneRow = z.object({ lesson: z.string(), task: z.string(), done_at: z.int() });
const answerRow = z.object({ lesson: z.string(), question: z.string(), choice: z.string() });
const countRow = z.object({ count: z.number() });

export class ProgressRecords {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The ids of a lesson's tasks that the student has done. */
  done(student: number, lesson: string): ReadonlySet<string> {
    const rows = this.#database
      .prepare('SELECT lesson, task FROM tasks_done WHERE student = ? AND lesson = ?')
      .all(student, lesson);
    return new Set(rows.map((row) => taskRow.parse(row).task));
  }

  /** Whether the student has done any task. */
  hasDone(student: number): boolean {
    return this.#database.prepare('SELECT 1 FROM tasks_done WHERE student = ? LIMIT 1').get(student) !== undefined;
  }

  /** Idempotent: the first time counts. */
  markDone(student: number, lesson: string, task: string): void {
    this.#database
      .prepare('INSERT OR IGNORE INTO tasks_done (student, lesson, task, done_at) VALUES (?, ?, ?, ?)')
      .run(student, lesson, task, Date.now());
  }

  /** The last choice counts. Throws tooMany past the bound. */
  answer(student: number, { lesson, question, choice }: QuizAnswer): void {
    const counted = this.#database
      .prepare('SELECT count(*) AS count FROM quiz_answers WHERE student = ? AND NOT (lesson = ? AND question = ?)')
      .get(student, lesson, question);
    if (countRow.parse(counted).count >= maxQuizAnswers) {
      throw new ServerError('tooMany', `No more than ${maxQuizAnswers} quiz answers are kept.`);
    }
    this.#database
      .prepare(
        `INSERT INTO quiz_answers (student, lesson, question, choice, answered_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET choice = excluded.choice, answered_at = excluded.answered_at`,
      )
      .run(student, lesson, question, choice, Date.now());
  }

  /** Every task that a check has seen done, and when. */
  record(student: number): DoneRecord {
    const rows = this.#database
      .prepare('SELECT lesson, task, done_at FROM tasks_done WHERE student = ? ORDER BY done_at, lesson, task')
      .all(student);
    return {
      tasks: rows.map((row) => {
        const { lesson, task, done_at: doneAtMs } = doneRow.parse(row);
        return { lesson, task, doneAt: new Date(doneAtMs).toISOString() };
      }),
    };
  }

  of(student: number): Progress {
    const lessons = new Map<string, { tasks: string[]; quiz: Map<string, string> }>();
    const entry = (lesson: string) => {
      const known = lessons.get(lesson) ?? { tasks: [], quiz: new Map<string, string>() };
      lessons.set(lesson, known);
      return known;
    };
    for (const row of this.#database
      .prepare('SELECT lesson, task FROM tasks_done WHERE student = ? ORDER BY done_at')
      .all(student)) {
      const { lesson, task } = taskRow.parse(row);
      entry(lesson).tasks.push(task);
    }
    for (const row of this.#database
      .prepare('SELECT lesson, question, choice FROM quiz_answers WHERE student = ?')
      .all(student)) {
      const { lesson, question, choice } = answerRow.parse(row);
      entry(lesson).quiz.set(question, choice);
    }
    return {
      lessons: Object.fromEntries(
        [...lessons].map(([lesson, { tasks, quiz }]) => [lesson, { tasks, quiz: Object.fromEntries(quiz) }]),
      ),
    };
  }
}
