/** The lab's parameters in this page: what the session was given for each, put in wherever the text names it. */
import { effect, signal } from '@preact/signals';
import { withValues } from '../lesson-components/values.ts';

/** The values by name; empty until the server has told. */
export const parameters = signal<ReadonlyMap<string, string>>(new Map());

/** A text of the page with the values in it. Reads the signal, so that what is drawn with it is drawn again when they change. */
export function filled(text: string): string {
  return withValues(text, parameters.value);
}

/** Puts the values where the page was built with names. A value is always text, never HTML. */
export function followParameters(root: HTMLElement): void {
  const places = [...root.querySelectorAll<HTMLElement>('[data-value]')];
  if (places.length === 0) return;
  effect(() => {
    for (const place of places) {
      const value = parameters.value.get(place.dataset.value ?? '');
      if (value !== undefined) place.textContent = value;
    }
  });
}
