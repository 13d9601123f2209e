/**
 * How the engine view stands on the page: open or not, its height or width, words or picture. Remembered in this browser.
 * Size and openness are the page's own (`--engine-height`, `--engine-width`, `data-engine`), where early.js puts them before
 * anything is drawn. A size that was never set is the style sheet's.
 */
import { effect, signal } from '@preact/signals';

export const leastPercent = 20;
export const mostPercent = 70;
/** On a lower window the terminal has all the room until the student asks for the picture. Also in early.js. */
const openFromPx = 700;

const place = 'drydock.engine-view';

/** Of the window's height where the view is below the terminal, of its width where it is beside it. */
export type Size = 'height' | 'width';

/** On a narrow page it is a pane of its own, which is always open. */
export const isOpen = signal(true);
export const asWords = signal(false);
/** Which of its sizes counts: on a page with nothing to read beside it, a wide window has it beside the terminal. */
export const sizedBy = signal<Size>('height');

interface Kept {
  open?: boolean;
  words?: boolean;
  height?: number;
  width?: number;
}
const kept = signal<Kept>({});

/** Takes up what was remembered, and from then on keeps the page as the signals say. Gives what ends that. */
export function startPanel(): () => void {
  kept.value = recalled();
  isOpen.value = kept.value.open ?? innerHeight >= openFromPx;
  asWords.value = kept.value.words ?? false;
  const wide = matchMedia('(min-width: 1100px)');
  const isAlone = document.querySelector('.workbench[data-text="above"]') !== null;
  const follow = () => {
    sizedBy.value = wide.matches && isAlone ? 'width' : 'height';
  };
  follow();
  wide.addEventListener('change', follow);
  const stop = effect(() => {
    const { dataset, style } = document.documentElement;
    dataset.engine = isOpen.value ? 'open' : 'closed';
    const { height, width } = kept.value;
    style.setProperty('--engine-height', height === undefined ? '' : `${height}dvh`);
    style.setProperty('--engine-width', width === undefined ? '' : `${width}vw`);
  });
  return () => {
    stop();
    wide.removeEventListener('change', follow);
  };
}

function recalled(): Kept {
  const found: Kept = {};
  try {
    const all: unknown = JSON.parse(localStorage.getItem(place) ?? 'null');
    if (typeof all !== 'object' || all === null) return found;
    if ('open' in all && typeof all.open === 'boolean') found.open = all.open;
    if ('words' in all) found.words = all.words === true;
    if ('height' in all && typeof all.height === 'number') found.height = bounded(all.height);
    if ('width' in all && typeof all.width === 'number') found.width = bounded(all.width);
  } catch {
    // Storage is off, or holds what is not ours: it stays as it is.
  }
  return found;
}

export function setOpen(open: boolean): void {
  isOpen.value = open;
  keep({ ...kept.value, open });
}

export function setAsWords(words: boolean): void {
  asWords.value = words;
  keep({ ...kept.value, words });
}

export function setSize(size: Size, percent: number): void {
  keep({ ...kept.value, [size]: bounded(percent) });
}

/** As the style sheet has it. */
export function usualSize(size: Size): void {
  const { [size]: _, ...others } = kept.value;
  keep(others);
}

function bounded(percent: number): number {
  return Math.round(Math.min(Math.max(percent, leastPercent), mostPercent) * 10) / 10;
}

function keep(now: Kept): void {
  kept.value = now;
  try {
    localStorage.setItem(place, JSON.stringify(now));
  } catch {
    // Storage is off: it holds for this page.
  }
}
