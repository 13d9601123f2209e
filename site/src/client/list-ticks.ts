/** The boxes of task lists can be ticked, and this browser remembers which are. They tell nobody anything. */

const most = 200;

export function startListTicks(root: HTMLElement, lesson: string): void {
  const key = `drydock.ticks.${lesson}`;
  const boxes = [...root.querySelectorAll<HTMLInputElement>('[data-list-tick]')].slice(0, most);
  const known = kept(key);
  boxes.forEach((box, place) => {
    const words = box.closest('li')?.textContent?.trim();
    if (words) box.setAttribute('aria-label', words);
    box.disabled = false;
    box.checked = known[place] ?? box.checked;
    box.addEventListener('change', () => {
      try {
        localStorage.setItem(key, JSON.stringify(boxes.map(({ checked }) => checked)));
      } catch {
        // Storage is off or full: they are ticked until the page goes.
      }
    });
  });
}

function kept(key: string): readonly boolean[] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(all) ? all.slice(0, most).map((one) => one === true) : [];
  } catch {
    return [];
  }
}
