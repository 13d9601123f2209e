/**
 * F6 moves the focus between the terminal and the rest of the page. Pressed twice in the terminal, F6 is typed into it, because htop
 * and mc need it. Shift-F6 leads to the terminal's tab instead.
 */
import { currentTerminal, place } from './lab-state.ts';
import { pane, showLab, showText } from './panes.ts';
import { focusTerminal, screens } from './terminals.ts';

/** As a double click: twice within this time is one gesture. */
const twiceWithinMs = 500;

/** The element that had the focus before the terminal; undefined where none had. */
let before: Element | undefined;
/** `before`, as it was when F6 last left the terminal. Where F6 is pressed twice, it is set back to this. */
let beforeLeft: Element | undefined;
let leftAtMs = Number.NEGATIVE_INFINITY;

/** Handles F6 on the whole page. To be called once. Inside a terminal `leaveTerminal` handles it. */
export function startF6(): void {
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof Element && !target.closest('.screen')) before = target;
  });
  document.addEventListener('keydown', (event) => {
    const isOurs = event.key === 'F6' && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!isOurs || event.defaultPrevented || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (!event.repeat) enterTerminal(event);
  });
}

function enterTerminal({ timeStamp, shiftKey }: KeyboardEvent): void {
  const isTwice = timeStamp - leftAtMs < twiceWithinMs;
  leftAtMs = Number.NEGATIVE_INFINITY;
  if (isTwice) before = beforeLeft;
  // A student who only reads has the focus nowhere.
  else if (document.activeElement === document.body) before = text() ?? undefined;
  showLab();
  place.value = 'terminal';
  // An element that was hidden cannot take the focus before it is drawn.
  requestAnimationFrame(() => {
    focusTerminal();
    if (isTwice) screens.current?.pressF6(shiftKey);
  });
}

/** Moves the focus from the terminal back to where it was in the text; else on to the tools under the terminal. */
export function leaveTerminal({ shiftKey, timeStamp }: KeyboardEvent): void {
  leftAtMs = timeStamp;
  beforeLeft = before;
  if (shiftKey) {
    document.getElementById(`tab-${currentTerminal.value}`)?.focus();
    return;
  }
  const reader = text();
  const isBack = before instanceof HTMLElement && before.isConnected && reader?.contains(before);
  if (!isBack) {
    document.querySelector<HTMLElement>('.lab-foot-tools button')?.focus();
    return;
  }
  if (pane.value !== 'text') showText();
  (before as HTMLElement).focus();
}

function text(): HTMLElement | null {
  return document.getElementById('text');
}
