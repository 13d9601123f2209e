/** Makes sentences for screen readers out of what the tasks become. */
import type { TaskState } from '@drydock/sandbox-server/protocol';
import { effect } from '@preact/signals';
import { announcement, goals, optionalTasks, tasks } from './lab-state.ts';

/** Follows the tasks; the first state that is heard is where the student stood already, and is not news. */
export function announceTasks(): void {
  let before: readonly TaskState[] = [];
  effect(() => {
    const now = tasks.value;
    if (before.length > 0) {
      const sentence = sentenceFor(before, now, goals.peek(), optionalTasks.peek());
      if (sentence) announcement.value = sentence;
    }
    before = now;
  });
}

/** What to say about the step from one state of the tasks to the next; empty when there is nothing new. */
export function sentenceFor(
  before: readonly TaskState[],
  now: readonly TaskState[],
  goalOf: ReadonlyMap<string, string>,
  optional: ReadonlySet<string> = new Set(),
): string {
  const wasDone = new Set(before.filter(({ done }) => done).map(({ id }) => id));
  // The lab went back; reset.ts tells that.
  if (now.some(({ id, done }) => !done && wasDone.has(id))) return '';
  const newlyDone = now.filter(({ id, done }) => done && !wasDone.has(id));
  const next = now.find(({ done }) => !done);
  if (newlyDone.length > 0) {
    const needed = now.filter(({ id }) => !optional.has(id));
    const done = newlyDone.map(({ id }) => needed.findIndex((one) => one.id === id) + 1).filter((number) => number > 0);
    const what = done.length === 0 ? 'The challenge is done.' : `Task ${done.join(' and ')} of ${needed.length} done.`;
    const word = next && optional.has(next.id) ? 'A challenge, if you like' : 'Next';
    return `${what} ${next ? `${word}: ${plain(goalOf.get(next.id) ?? next.expected)}` : 'That was the last one.'}`;
  }
  const foundBefore = before.find(({ id }) => id === next?.id)?.found;
  return next?.found && next.found !== foundBefore ? `Not yet. Found: ${plain(withoutFound(next.found))}` : '';
}

/** What was found, without the word that stands before it anyway. */
export function withoutFound(sentence: string): string {
  return sentence.replace(/^Found /, '');
}

function plain(sentence: string): string {
  return sentence.replaceAll('`', '');
}
