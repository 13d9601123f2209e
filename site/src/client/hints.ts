/** Hints open one at a time: the next one shows once the one before was opened, and each says its number. */
export function startHints(task: HTMLElement): void {
  const hints = [...task.querySelectorAll<HTMLDetailsElement>('[data-hint]')];
  hints.forEach((hint, index) => {
    const label = hint.querySelector('[data-hint-label]');
    if (label) label.textContent = hints.length > 1 ? `Hint ${index + 1} of ${hints.length}` : 'Hint';
    hint.hidden = index > 0;
    hint.addEventListener('toggle', () => {
      const next = hints[index + 1];
      if (hint.open && next) next.hidden = false;
    });
  });
}
