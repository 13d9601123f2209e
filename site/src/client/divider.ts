/** The divider between text and lab: dragged, or moved with the arrow keys, and remembered. */
const narrowest = 25;
const widest = 70;
const step = 2;
const key = 'drydock.split';

export function startDivider(divider: HTMLElement): void {
  const root = document.documentElement;
  // Where it was never put, the style sheet says where it is.
  const read = () => (divider.getBoundingClientRect().left / innerWidth) * 100;
  const tell = () => divider.setAttribute('aria-valuenow', String(Math.round(read())));

  const set = (percent: number | undefined) => {
    const value = percent && Math.round(Math.min(Math.max(percent, narrowest), widest) * 10) / 10;
    root.style.setProperty('--split', value ? `${value}%` : '');
    tell();
    try {
      if (value) localStorage.setItem(key, String(value));
      else localStorage.removeItem(key);
    } catch {
      // Storage is off: it holds for this page.
    }
  };
  new ResizeObserver(tell).observe(divider.parentElement ?? divider);

  divider.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    divider.focus();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (divider.hasPointerCapture(event.pointerId)) set((event.clientX / innerWidth) * 100);
  });
  divider.addEventListener('dblclick', () => set(undefined));
  divider.addEventListener('keydown', (event) => {
    const moves: Record<string, number> = {
      ArrowLeft: read() - step,
      ArrowRight: read() + step,
      PageDown: read() - 5 * step,
      PageUp: read() + 5 * step,
      Home: narrowest,
      End: widest,
    };
    if (!(event.key in moves) && event.key !== 'Enter') return;
    event.preventDefault();
    set(moves[event.key]);
  });
}
