/** Whether the focus fell to the page itself, because what had it is gone. */
export function isFocusLost(): boolean {
  return !document.activeElement || document.activeElement === document.body;
}
