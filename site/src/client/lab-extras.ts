/** What the lesson adds to the lab's tabs: terminals of its own, and previews and files that open by themselves. */
import { effect } from '@preact/signals';
import { type EditorWish, followEditorWishes } from './editor-wishes.ts';
import { whenInSight } from './in-sight.ts';
import { presets, type TerminalPreset } from './lab-state.ts';
import { openFileWhenStill, openPreviewWhenStill } from './open-wish.ts';
import { markOpened, wasOpened } from './opened-files.ts';
import { filled } from './parameters.ts';
import { followWishes, type PreviewWish } from './preview-wishes.ts';

/** As Workbench.astro wrote it; strings may hold `{{name}}`. */
interface Extras {
  readonly terminals: readonly TerminalPreset[];
  readonly previews: readonly (Omit<PreviewWish, 'port'> & { readonly port: string })[];
  readonly editors: readonly EditorWish[];
}

export function takeUpExtras(root: HTMLElement, lesson: string): void {
  const { terminals, previews, editors } = JSON.parse(root.dataset.extras ?? '') as Extras;
  effect(() => {
    presets.value = terminals.map((one) => ({ ...one, run: one.run && filled(one.run) }));
  });
  followWishes(() => previews.map((one) => ({ ...one, port: Number(filled(one.port)) })), openPreviewWhenStill);
  // Who has just typed the last task's command still reads what it says: the editor comes when they have read on.
  const open = (wish: EditorWish) =>
    whenInSight(wish.task, () => {
      markOpened(lesson, wish.task);
      openFileWhenStill(wish);
    });
  const files = () => editors.map((one) => ({ ...one, path: filled(one.path) }));
  followEditorWishes(files, (task) => wasOpened(lesson, task), open);
}
