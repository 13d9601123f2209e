/**
 * Where the focus goes after a command was typed for the student. After a click it goes into the terminal, because the student types
 * there next. After a key it stays on the button, while the button is in sight.
 */
import { isFocusLost } from './focus.ts';
import { showLab } from './panes.ts';
import { focusTerminal } from './terminals.ts';

/** Shows the lab, where only one side fits; then moves the focus, if it is to move. `click` is the event of the button. */
export function followRun(click: MouseEvent): void {
  showLab();
  if (isOfFinger(click)) return;
  // `detail` counts clicks, and is 0 where the keyboard made the click.
  const isOfMouse = click.detail > 0;
  // An element that was hidden cannot take the focus before it is drawn.
  requestAnimationFrame(() => {
    if (isOfMouse || isFocusLost()) focusTerminal();
  });
}

/** The keyboard of a phone would cover what the command prints. */
export function isOfFinger(click: MouseEvent): boolean {
  return click instanceof PointerEvent && click.pointerType === 'touch';
}
