/**
 * Where the focus is after a command was typed for the student. After a click it is in the terminal, where what is typed
 * next belongs. By keyboard it stays on the button that was pressed, while that is in sight.
 */
import { isFocusLost } from './focus.ts';
import { showLab } from './panes.ts';
import { focusTerminal } from './terminals.ts';

/** Shows the lab, where only one side fits; then moves the focus, if it is to move. `click` is the one on the button. */
export function followRun(click: MouseEvent): void {
  showLab();
  if (isOfFinger(click)) return;
  // A click that the keyboard made counts no clicks.
  const isOfMouse = click.detail > 0;
  // What was out of sight until now takes no focus before it is drawn.
  requestAnimationFrame(() => {
    if (isOfMouse || isFocusLost()) focusTerminal();
  });
}

/** The keyboard of a phone would cover what the command prints. */
export function isOfFinger(click: MouseEvent): boolean {
  return click instanceof PointerEvent && click.pointerType === 'touch';
}
