/** Which pane a narrow page shows. A wide page shows all of them, and this changes nothing there. */
import { effect, signal } from '@preact/signals';

export type Pane = 'text' | 'lab' | 'engine';

export const pane = signal<Pane>('text');

/** Shows the lab, where only one pane fits. */
export function showLab(): void {
  pane.value = 'lab';
}

/** Shows the text, where only one pane fits. */
export function showText(): void {
  pane.value = 'text';
}

/** Keeps the page's attribute, which the style sheet reads, equal to the signal. */
export function followPane(workbench: HTMLElement): void {
  effect(() => {
    workbench.dataset.pane = pane.value;
  });
}
