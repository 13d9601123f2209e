/** Which pane a narrow page shows. On a wide page all are there and this changes nothing that is seen. */
import { effect, signal } from '@preact/signals';

export type Pane = 'text' | 'lab' | 'engine';

export const pane = signal<Pane>('text');

/** Shows the lab, where only one side fits. */
export function showLab(): void {
  pane.value = 'lab';
}

/** Shows the text, where only one side fits. */
export function showText(): void {
  pane.value = 'text';
}

/** Keeps the page's attribute, which the style sheet reads, with the signal. */
export function followPane(workbench: HTMLElement): void {
  effect(() => {
    workbench.dataset.pane = pane.value;
  });
}
