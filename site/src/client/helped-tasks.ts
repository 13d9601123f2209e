/** Which tasks were done for the student, in this browser. The server only knows that they are done. */
import { helped } from './lab-state.ts';

let key = '';

export function loadHelped(lesson: string): void {
  key = `drydock.helped.${lesson}`;
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    if (Array.isArray(kept)) helped.value = new Set(kept.filter((id) => typeof id === 'string').slice(0, 100));
  } catch {
    // Storage is off, or holds something else: no task counts as helped with.
  }
}

export function markHelped(task: string): void {
  keep([...helped.value, task]);
}

/** These tasks are open again, and no longer count as helped with. */
export function unmarkHelped(tasks: readonly string[]): void {
  if (tasks.some((task) => helped.value.has(task))) keep([...helped.value].filter((task) => !tasks.includes(task)));
}

function keep(tasks: readonly string[]): void {
  helped.value = new Set(tasks);
  try {
    localStorage.setItem(key, JSON.stringify([...helped.value]));
  } catch {
    // Storage is off: it holds for this page only.
  }
}
