/**
 * What the student has done, as this browser remembers it. That is there at once, also while the server is away. What the server
 * remembers is added when it comes: a task is done where one of the two says so.
 */
import type { LessonProgress, Progress } from '@drydock/sandbox-server/protocol';
import { getProgress, keepAnswer } from './api.ts';

const key = 'drydock.progress';
/** More lessons than any course has, so that the storage cannot be filled. */
const mostLessons = 200;

interface Kept {
  readonly lessons: Readonly<Record<string, LessonProgress>>;
  /** The lesson that was open last. */
  readonly last: string | undefined;
}

/** What this browser remembers; nothing where storage is off or holds something else. */
export function remembered(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (!isRecord(kept)) return { lessons: {}, last: undefined };
    const lessons: Record<string, LessonProgress> = {};
    for (const [id, one] of Object.entries(isRecord(kept.lessons) ? kept.lessons : {}).slice(0, mostLessons)) {
      if (isRecord(one)) lessons[id] = { tasks: words(one.tasks), quiz: wordsByName(one.quiz) };
    }
    return { lessons, last: typeof kept.last === 'string' ? kept.last : undefined };
  } catch {
    return { lessons: {}, last: undefined };
  }
}

/** This lesson is open now, so "continue" leads to it. */
export function rememberVisit(lesson: string): void {
  remember({ ...remembered(), last: lesson });
}

/** Remembers that these tasks are done. Tasks that were remembered before stay, unless `all` are given. Idempotent. */
export function rememberTasks(lesson: string, tasks: readonly string[], all: boolean): void {
  const kept = remembered();
  const before = kept.lessons[lesson];
  const done = all ? tasks : [...new Set([...(before?.tasks ?? []), ...tasks])];
  remember({ ...kept, lessons: { ...kept.lessons, [lesson]: { tasks: done, quiz: before?.quiz ?? {} } } });
}

/** The server has every answer before this one, or could not be reached. */
let sent: Promise<void> = Promise.resolve();

/** Keeps the answer to a question, here and on the server where it can be reached: in turn, so that the last one counts there too. */
export function keepChoice(lesson: string, question: string, choice: string): void {
  rememberAll({ lessons: { [lesson]: { tasks: [], quiz: { [question]: choice } } } });
  // Where the server cannot be reached, this browser remembers it.
  sent = sent.then(() => keepAnswer({ lesson, question, choice })).catch(() => {});
}

/** Calls `tell` with a lesson's answers: at once with those of this browser, then with those of the server too. */
export function keptChoices(lesson: string, tell: (choices: Readonly<Record<string, string>>) => void): void {
  tell(remembered().lessons[lesson]?.quiz ?? {});
  followProgress(({ lessons }) => tell(lessons[lesson]?.quiz ?? {}));
}

let asked: Promise<Progress> | undefined;

/** Calls `tell` with what both know, once the server has answered. Asks the server once per page. */
export function followProgress(tell: (progress: Progress) => void): void {
  asked ??= getProgress().then((progress) => rememberAll(progress));
  // Where the server cannot be reached, what this browser remembers is all there is.
  asked.then(tell, () => {});
}

/** Adds to what is remembered; the newer answer to a question counts. */
function rememberAll(more: Progress): Progress {
  const kept = remembered();
  const lessons = { ...kept.lessons };
  for (const [id, { tasks, quiz }] of Object.entries(more.lessons)) {
    const before = lessons[id];
    lessons[id] = {
      tasks: [...new Set([...(before?.tasks ?? []), ...tasks])],
      quiz: { ...before?.quiz, ...quiz },
    };
  }
  remember({ ...kept, lessons });
  return { lessons };
}

function remember(kept: Kept): void {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Storage is off or full: the server remembers.
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(0, 100) : [];
}

function wordsByName(value: unknown): Record<string, string> {
  const all = isRecord(value) ? Object.entries(value).slice(0, 100) : [];
  return Object.fromEntries(all.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
