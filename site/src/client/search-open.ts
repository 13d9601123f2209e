/** The header's Search, and the key `/`. What searches is loaded when the page has nothing else to do, or when it is wanted. */

const buttons = document.querySelectorAll<HTMLElement>('[data-search]');
for (const button of buttons) {
  button.addEventListener('click', () => void open());
  // Whoever comes near it will open it; the first key that is typed then finds it there.
  button.addEventListener('pointerenter', prepare, { once: true });
  button.addEventListener('focus', prepare, { once: true });
}
// Safari has no such call, and does without.
addEventListener('load', () => window.requestIdleCallback?.(prepare), { once: true });

addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = event.target;
  // Whoever types means the letter; so does everything on the machine's side. A dialog that has just been closed has the focus still.
  if (at instanceof Element && at.closest('input, textarea, select, [contenteditable], .lab, dialog[open]')) return;
  event.preventDefault();
  void open();
});

function load(): Promise<typeof import('./search.tsx')> {
  return import('./search.tsx');
}

function prepare(): void {
  // What does not come now is asked for again, and told of, when it is opened.
  load().catch(() => undefined);
}

async function open(): Promise<void> {
  try {
    // One that was under way may be about to fail: what is asked for now has a try of its own.
    const { openSearch } = await load().catch(load);
    openSearch();
  } catch {
    tellFailure();
  }
}

/** Says that there is no search now, in a dialog that needs nothing more to be loaded. */
function tellFailure(): void {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  dialog.setAttribute('role', 'alertdialog');
  dialog.setAttribute('aria-label', 'Search');
  const why = document.createElement('p');
  why.textContent =
    'The search could not be loaded: the server does not answer. Try again in a moment, or reload the page.';
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'button';
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  dialog.append(why, close);
  document.body.append(dialog);
  dialog.showModal();
}
