/** The divider between text and lab: dragged, or moved with the arrow keys, and remembered. */
const narrowest = 25;
const widest = 70;
const usual = 43;
const step = 2;

export function startDivider(divider: HTMLElement): void {
  const root = document.documentElement;
  const read = () => Number.parseFloat(root.style.getPropertyValue('--split')) || usual;

  const set = (percent: number) => {
    const value = Math.round(Math.min(Math.max(percent, narrowest), widest) * 10) / 10;
    root.style.setProperty('--split', `${value}%`);
    divider.setAttribute('aria-valuenow', String(Math.round(value)));
    try {
      localStorage.setItem('drydock.split', String(value));
    } catch {
      // Storage is off: it holds for this page.
    }
  };
  divider.setAttribute('aria-valuenow', String(Math.round(read())));

  divider.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    divider.focus();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (divider.hasPointerCapture(event.pointerId)) set((event.clientX / innerWidth) * 100);
  });
  divider.addEventListener('dblclick', () => set(usual));
  divider.addEventListener('keydown', (event) => {
    const moves: Record<string, number> = {
      ArrowLeft: read() - step,
      ArrowRight: read() + step,
      PageDown: read() - 5 * step,
      PageUp: read() + 5 * step,
      Home: narrowest,
      End: widest,
      Enter: usual,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
}
