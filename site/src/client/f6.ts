/**
 * F6 between the terminal and the rest of the page, in both directions. Pressed twice it is the program's: htop and mc need
 * it. Shift F6 leads to the terminal's tab instead.
 */
import { currentTerminal, place } from './lab-state.ts';
import { pane, showLab, showText } from './panes.ts';
import { focusTerminal, screens } from './terminals.ts';

/** As a double click: twice within this time is one gesture. */
const twiceWithinMs = 500;

/** Where the student was before the terminal; undefined before they were anywhere. */
let before: Element | undefined;
/** The same, as it was when F6 last led out: pressed twice the way out was none. */
let beforeLeft: Element | undefined;
let leftAtMs = Number.NEGATIVE_INFINITY;

/** Follows the key on the whole page. Once. Inside a terminal `leaveTerminal` has it. */
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
  // Whoever reads has the focus nowhere.
  else if (document.activeElement === document.body) before = text() ?? undefined;
  showLab();
  place.value = 'terminal';
  // What was out of sight until now takes no focus before it is drawn.
  requestAnimationFrame(() => {
    focusTerminal();
    if (isTwice) screens.current?.pressF6(shiftKey);
  });
}

/** From the terminal back to the place in the text, for who came from there; else on to the tools under the terminal. */
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
