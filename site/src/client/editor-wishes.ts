/** The files that a lesson asks for: each opens in the editor when its task comes to hand and is read. */
import { taskNow } from './lab-state.ts';

/** When the task comes to hand, this file opens at this line. */
export interface EditorWish {
  readonly task: string;
  /** The lab's first host where it is left out. */
  readonly host?: string | undefined;
  readonly path: string;
  readonly line?: number | undefined;
}

/**
 * Follows the task in hand. The one that is in hand when the page is loaded opens its file too, unless `wasOpened` says that it has
 * done so before: after a reload the page is as the student left it. `open` gives what gives it up: another task has come to hand.
 */
export function followEditorWishes(
  wishes: () => readonly EditorWish[],
  wasOpened: (task: string) => boolean,
  open: (wish: EditorWish) => () => void,
): () => void {
  let before: string | undefined;
  let giveUp = (): void => undefined;
  return taskNow.subscribe((now) => {
    if (!now || now.id === before) return;
    const isFirst = before === undefined;
    before = now.id;
    giveUp();
    giveUp = () => undefined;
    const wish = wishes().find(({ task }) => task === now.id);
    if (wish && !(isFirst && wasOpened(wish.task))) giveUp = open(wish);
  });
}
