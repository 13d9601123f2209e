/** The previews that a lesson wishes for: each is to open once its task gets done. */
import { tasks } from './lab-state.ts';

/** A lesson's wish: once the task is done, show the port. */
export interface PreviewWish {
  readonly task: string;
  /** The lab's first host where it is left out. */
  readonly host?: string | undefined;
  readonly port: number;
}

/** Follows the tasks. What was done before this page heard of the lab is not news, and opens nothing. */
export function followWishes(wishes: () => readonly PreviewWish[], open: (wish: PreviewWish) => void): () => void {
  let before: ReadonlySet<string> | undefined;
  return tasks.subscribe((now) => {
    if (now.length === 0) return;
    const done = new Set(now.filter((task) => task.done).map(({ id }) => id));
    const wish = before && wishes().find(({ task }) => done.has(task) && !before?.has(task));
    before = done;
    if (wish) open(wish);
  });
}
