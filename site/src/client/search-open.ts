/** The header's Search, and the key `/`. What searches is loaded when it is first opened. */

for (const button of document.querySelectorAll<HTMLElement>('[data-search]')) button.addEventListener('click', open);

addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = event.target;
  // Whoever types means the letter; so does everything on the machine's side.
  if (at instanceof Element && at.closest('input, textarea, select, [contenteditable], .lab, dialog')) return;
  event.preventDefault();
  open();
});

function open(): void {
  void import('./search.tsx').then(({ openSearch }) => openSearch());
}
