// Runs in the head and blocks, so that nothing flashes or jumps: the chosen theme, the divider's place, and the
// classes that tell the style sheets that scripts run, and that somebody has been here before.
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('drydock.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const split = Number(localStorage.getItem('drydock.split'));
    if (split >= 25 && split <= 70) root.style.setProperty('--split', `${split}%`);
    if (localStorage.getItem('drydock.progress')) root.classList.add('returning');
  } catch {
    // Storage is off: system theme, divider in its usual place.
  }
})();
