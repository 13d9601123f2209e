/** Resets the lab: to its start, to the start of a task, or to a copy that the student made. Knows nothing of what is drawn. */
import type { ResetPoints, TaskState } from '@drydock/sandbox-server/protocol';
import { effect } from '@preact/signals';
import { focusTerminal, keepCopy, resetTo } from './lab.ts';
import { announcement, currentTerminal, link, phase, refusal, resetPoints, terminals } from './lab-state.ts';
import { showLab } from './panes.ts';

export interface Point {
  /** What the server calls it. */
  readonly id: string;
  readonly kind: 'start' | 'task' | 'kept';
  /** What it is, in words; backticks mean code. */
  readonly title: string;
  /** What going there costs, in words. */
  readonly loses: string;
}

/** Every point that the lab can be reset to: the start, each task that was reached, the copies. None before the server has told. */
export function pointsOf(
  told: ResetPoints | undefined,
  tasks: readonly TaskState[],
  goals: ReadonlyMap<string, string>,
): readonly Point[] {
  if (!told) return [];
  const reached = told.points.flatMap((id): Point[] => {
    if (id === 'start') {
      return [{ id, kind: 'start', title: 'The start of the lab', loses: reopened(tasks, 0) }];
    }
    const place = tasks.findIndex((task) => task.id === id);
    const title = `Before task ${place + 1}: ${goals.get(id) ?? tasks[place]?.expected ?? ''}`;
    // The start of the first task is the start of the lab.
    return place > 0 ? [{ id, kind: 'task', title, loses: reopened(tasks, place) }] : [];
  });
  const kept = told.kept.map(
    ({ id, title }): Point => ({ id, kind: 'kept', title, loses: 'Tasks are open or done as they were then.' }),
  );
  return [...reached, ...kept];
}

/** The tasks from `place` on that are done, and would be open again. */
function reopened(tasks: readonly TaskState[], place: number): string {
  const numbers = tasks.flatMap(({ done }, index) => (done && index >= place ? [index + 1] : []));
  if (numbers.length === 0) return 'No task that is done is opened again.';
  if (numbers.length === 1) return `Task ${numbers[0]} is open again.`;
  return `Tasks ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)} are open again.`;
}

/** The title of a copy that is made now: at most 40 characters, with the time in it. */
export function copyTitle(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `What I had at ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

/** Keeps a copy of the lab. Resolves with `undefined` when the server has it, or with a sentence that says why not. */
export async function keepNow(): Promise<string | undefined> {
  const before = new Set(resetPoints.value?.kept.map(({ id }) => id));
  refusal.value = undefined;
  if (!keepCopy(copyTitle(new Date()))) return 'The connection is lost, so no copy was made. Try again in a moment.';
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const stop = effect(() => {
    if (resetPoints.value?.kept.some(({ id }) => !before.has(id))) resolve(undefined);
    else if (refusal.value) resolve(refusal.value);
    else if (link.value.name !== 'connected')
      resolve('The connection was lost, so it is not known whether the copy was made.');
  });
  const why = await promise;
  stop();
  if (why) refusal.value = undefined;
  return why;
}

/** Resets the lab to a point, and announces when that is done. Answers with a sentence where the server cannot be asked. */
export function goBack(point: Point): string | undefined {
  refusal.value = undefined;
  if (!resetTo(point.id)) return 'The connection is lost, so nothing was changed. Try again in a moment.';
  announcement.value = `Going back: ${plain(point.title)}`;
  showLab();
  let left = false;
  const before = new Set(terminals.value.map(({ id }) => id));
  const stop = effect(() => {
    const { name } = phase.value;
    if (name === 'starting') left = true;
    const isOpen = terminals.value.some(({ id }) => !before.has(id) && id === currentTerminal.value);
    const isBack = name === 'ready' && left && isOpen;
    const failed = name === 'failed' || name === 'ended' || refusal.value !== undefined;
    if (isBack || failed) queueMicrotask(() => stop());
    if (!isBack) return;
    announcement.value = `The lab is back. ${plain(point.title)}`;
    // The button that had the focus was disabled meanwhile, and has lost it.
    requestAnimationFrame(focusTerminal);
  });
  return undefined;
}

function plain(sentence: string): string {
  return sentence.replaceAll('`', '');
}
