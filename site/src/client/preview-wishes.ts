/** The previews that a lesson asks for: each opens when its task becomes done. */
import { tasks } from './lab-state.ts';

/** When the task becomes done, the page of this port opens. */
export interface PreviewWish {
  readonly task: string;
  /** The lab's first host where it is left out. */
  readonly host?: string | undefined;
  readonly port: number;
}

/** Follows the tasks. Tasks that were done before this page was loaded open nothing. */
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
