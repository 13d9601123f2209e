/** Fills the certificate in: from the server's record alone, never from what this browser remembers. */
import type { DoneTask } from '@drydock/sandbox-server/protocol';
import { getDoneRecord } from './api.ts';

const nameKey = 'drydock.name';
const mostName = 80;

const find = <T extends HTMLElement>(name: string): T | null => document.querySelector<T>(`[data-certificate-${name}]`);
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

function say(name: string, words: string): void {
  const element = find(name);
  if (element) element.textContent = words;
}

function setTime(element: Element | null, at: Date): void {
  if (!(element instanceof HTMLTimeElement)) return;
  element.dateTime = at.toISOString();
  element.textContent = date.format(at);
}

/** The last of these dates. */
const lastOf = (tasks: readonly DoneTask[]): Date =>
  new Date(Math.max(...tasks.map(({ doneAt }) => Date.parse(doneAt))));

/** Shows what is in the record of one lesson; gives whether all of it is done. Null where none of it is. */
function showLesson(lesson: HTMLElement, done: readonly DoneTask[]): boolean | null {
  const rows = [...lesson.querySelectorAll<HTMLElement>('[data-certificate-task]')];
  const seen: DoneTask[] = [];
  for (const row of rows) {
    const found = done.find(({ task }) => task === row.dataset.certificateTask);
    row.hidden = found === undefined;
    if (found === undefined) continue;
    seen.push(found);
    setTime(row.querySelector('time'), new Date(found.doneAt));
  }
  lesson.hidden = seen.length === 0;
  if (seen.length === 0) return null;
  const isWhole = seen.length === rows.length;
  const state = lesson.querySelector<HTMLElement>('[data-certificate-done]');
  if (state) {
    state.textContent = isWhole
      ? `done, ${date.format(lastOf(seen))}`
      : `${seen.length} of ${rows.length} tasks so far`;
    state.dataset.look = isWhole ? 'done' : 'begun';
  }
  return isWhole;
}

function show(tasks: readonly DoneTask[]): void {
  let [whole, shown] = [0, 0];
  const known = new Set<string>();
  for (const track of document.querySelectorAll<HTMLElement>('[data-certificate-track]')) {
    track.hidden = true;
    for (const lesson of track.querySelectorAll<HTMLElement>('[data-certificate-lesson]')) {
      const id = lesson.dataset.certificateLesson ?? '';
      known.add(id);
      const isWhole = showLesson(
        lesson,
        tasks.filter((task) => task.lesson === id),
      );
      if (isWhole === null) continue;
      track.hidden = false;
      if (isWhole) whole += 1;
      shown += lesson.querySelectorAll('[data-certificate-task]:not([hidden])').length;
    }
  }
  const others = tasks.filter(({ lesson }) => !known.has(lesson)).length;
  const more = find('more');
  if (more) {
    more.hidden = others === 0;
    more.textContent = `And ${others} ${others === 1 ? 'task' : 'tasks'} of lessons that are no longer in this course.`;
  }
  const all = document.querySelector<HTMLElement>('[data-certificate]')?.dataset.lessons ?? '';
  const words = `${shown} ${shown === 1 ? 'task' : 'tasks'} seen done by checks; ${whole} of ${all} lessons whole.`;
  say('sum', words);
  const sheet = find('sheet');
  const print = find<HTMLButtonElement>('print');
  const isThere = tasks.length > 0;
  if (sheet) sheet.hidden = !isThere;
  if (print) print.disabled = !isThere;
  say(
    'state',
    isThere
      ? words
      : 'No task of yours is on record yet. Do the first task of a lesson in this browser, and it is listed here.',
  );
  say('origin', location.host);
  setTime(find('today'), new Date());
}

function keepName(name: string): void {
  say('name', name.trim());
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // Storage is off: the name is here until the page is left.
  }
}

const input = document.querySelector<HTMLInputElement>('#certificate-name');
if (input) {
  try {
    input.value = (localStorage.getItem(nameKey) ?? '').slice(0, mostName);
  } catch {
    // Storage is off.
  }
  say('name', input.value.trim());
  input.addEventListener('input', () => keepName(input.value));
}
find('form')?.addEventListener('submit', (event) => event.preventDefault());
find('print')?.addEventListener('click', () => window.print());

getDoneRecord().then(
  ({ tasks }) => show(tasks),
  () =>
    say(
      'state',
      'The server does not answer, and only its record counts here. Reload the page when Drydock is there again.',
    ),
);
