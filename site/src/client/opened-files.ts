/** Which tasks of a lesson have opened their file in this tab of the browser. */

const place = (lesson: string) => `drydock.opened.${lesson}`;

function kept(lesson: string): readonly string[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(place(lesson)) ?? '[]');
    return Array.isArray(found) ? found.filter((id) => typeof id === 'string').slice(0, 100) : [];
  } catch {
    return []; // storage is off, or holds something else
  }
}

export function wasOpened(lesson: string, task: string): boolean {
  return kept(lesson).includes(task);
}

export function markOpened(lesson: string, task: string): void {
  try {
    sessionStorage.setItem(place(lesson), JSON.stringify([...new Set([...kept(lesson), task])]));
  } catch {
    // Storage is off: after a reload it opens again.
  }
}
