// Runs in the head and blocks, so that nothing flashes or jumps: the chosen theme, the places of the divider and of the
// engine view, and the classes that tell the style sheets that scripts run, and that somebody has been here before.
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('drydock.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const split = Number(localStorage.getItem('drydock.split'));
    if (split >= 25 && split <= 70) root.style.setProperty('--split', `${split}%`);
    if (localStorage.getItem('drydock.progress')) root.classList.add('returning');
    const engine = JSON.parse(localStorage.getItem('drydock.engine-view') ?? '{}');
    if (engine.height >= 20 && engine.height <= 70) root.style.setProperty('--engine-height', `${engine.height}dvh`);
    if (engine.width >= 20 && engine.width <= 70) root.style.setProperty('--engine-width', `${engine.width}vw`);
    if (!(engine.open ?? innerHeight >= 700)) root.dataset.engine = 'closed';
  } catch {
    // Storage is off, or holds what is not ours: system theme, everything in its usual place.
  }
})();
