/** How the engine view stands on the page: open or not, its height, words or picture. Remembered in this browser. */
import { signal } from '@preact/signals';

const usualPercent = 38;
export const leastPercent = 20;
export const mostPercent = 70;

const place = 'drydock.engine-view';

export const isOpen = signal(true);
export const asWords = signal(false);
/** Of the window's height. */
export const heightPercent = signal(usualPercent);

/** Takes up what was remembered; after hydration, so that the page begins as it was built. */
export function recallPanel(): void {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return;
    if ('open' in kept) isOpen.value = kept.open !== false;
    if ('words' in kept) asWords.value = kept.words === true;
    if ('height' in kept && typeof kept.height === 'number') heightPercent.value = bounded(kept.height);
  } catch {
    // Storage is off, or holds what is not ours: it stays as it is.
  }
}

export function setOpen(open: boolean): void {
  isOpen.value = open;
  keep();
}

export function setAsWords(words: boolean): void {
  asWords.value = words;
  keep();
}

export function setHeight(percent: number): void {
  heightPercent.value = bounded(percent);
  keep();
}

export function usualHeight(): void {
  setHeight(usualPercent);
}

function bounded(percent: number): number {
  return Math.round(Math.min(Math.max(percent, leastPercent), mostPercent) * 10) / 10;
}

function keep(): void {
  try {
    const kept = { open: isOpen.value, words: asWords.value, height: heightPercent.value };
    localStorage.setItem(place, JSON.stringify(kept));
  } catch {
    // Storage is off: it holds for this page.
  }
}
