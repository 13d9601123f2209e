/** What the lesson adds to the lab's tabs: terminals of its own, and previews that open by themselves. */
import { effect } from '@preact/signals';
import { presets, type TerminalPreset } from './lab-state.ts';
import { openWhenStill } from './open-wish.ts';
import { filled } from './parameters.ts';
import { followWishes, type PreviewWish } from './preview-wishes.ts';

/** As Workbench.astro wrote it; strings may hold `{{name}}`. */
interface Extras {
  readonly terminals: readonly TerminalPreset[];
  readonly previews: readonly (Omit<PreviewWish, 'port'> & { readonly port: string })[];
}

export function takeUpExtras(root: HTMLElement): void {
  const { terminals, previews } = JSON.parse(root.dataset.extras ?? '') as Extras;
  effect(() => {
    presets.value = terminals.map((one) => ({ ...one, run: one.run && filled(one.run) }));
  });
  followWishes(() => previews.map((one) => ({ ...one, port: Number(filled(one.port)) })), openWhenStill);
}
