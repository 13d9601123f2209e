/**
 * How the engine view stands on the page: open or not, its height, words or picture. Remembered in this browser. Height and
 * openness are the page's own (`--engine-height`, `data-engine`), where early.js puts them before anything is drawn.
 */
import { effect, signal } from '@preact/signals';

const usualPercent = 38;
export const leastPercent = 20;
export const mostPercent = 70;

const place = 'drydock.engine-view';

/** On a narrow page it is a pane of its own, which is always open. */
export const isOpen = signal(true);
export const asWords = signal(false);
/** Of the window's height. */
export const heightPercent = signal(usualPercent);

/** Takes up what was remembered, and from then on keeps the page as the signals say. Gives what ends that. */
export function startPanel(): () => void {
  recall();
  return effect(() => {
    const { dataset, style } = document.documentElement;
    dataset.engine = isOpen.value ? 'open' : 'closed';
    style.setProperty('--engine-height', `${heightPercent.value}dvh`);
  });
}

function recall(): void {
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
