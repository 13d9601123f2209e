/** The theme switch in the header. Choosing what the system has anyway goes back to following the system. */

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;
const button = document.querySelector<HTMLButtonElement>('[data-theme-switch]');

function isDark(): boolean {
  return root.dataset.theme ? root.dataset.theme === 'dark' : systemDark.matches;
}

function draw(): void {
  if (!button) return;
  const other = isDark() ? 'Light' : 'Dark';
  button.textContent = other;
  button.setAttribute('aria-label', `${other} theme`);
}

function remember(theme: string | undefined): void {
  try {
    if (theme) localStorage.setItem('drydock.theme', theme);
    else localStorage.removeItem('drydock.theme');
  } catch {
    // Storage is off: the choice holds for this page.
  }
}

button?.addEventListener('click', () => {
  const next = isDark() ? 'light' : 'dark';
  const followsSystem = (next === 'dark') === systemDark.matches;
  if (followsSystem) delete root.dataset.theme;
  else root.dataset.theme = next;
  remember(followsSystem ? undefined : next);
  draw();
});
systemDark.addEventListener('change', draw);
draw();
