// The points that one session's lab can be reset to: the start of the lesson, the starts of tasks, and copies that the student
// made. Knows which there are, not how snapshots are taken.

import type { Task } from '../../lessons/schema.ts';
import { ServerError } from '../errors.ts';
import { maxKept, type ResetPoints as ResetPointsMessage } from '../protocol.ts';
import type { PointRecord, SessionRecords } from './records.ts';

export const startSnapshot = 'start';
/** With a prefix, so that no task's id can collide with `start` or with a copy. */
const taskSnapshot = (task: string) => `task-${task}`;
const keptSnapshot = (number: number) => `kept-${number}`;

export class ResetPoints {
  readonly #session: string;
  readonly #records: SessionRecords;
  readonly #points: Map<string, PointRecord>;
  #goingBackTo: string | null;

  constructor(session: string, records: SessionRecords) {
    this.#session = session;
    this.#records = records;
    this.#points = new Map(records.points(session).map((point) => [point.snapshot, point]));
    this.#goingBackTo = records.goingBackTo(session);
  }

  /** The point that the lab is being reset to: some of its hosts may not be reset yet. Null where no reset is under way. */
  get goingBackTo(): PointRecord | null {
    return this.#points.get(this.#goingBackTo ?? '') ?? null;
  }

  /** A reset begins. Until `arrived` it is to be finished, also by a server that is started later. */
  goBackTo({ snapshot }: PointRecord): void {
    this.#records.setGoingBackTo(this.#session, snapshot);
    this.#goingBackTo = snapshot;
  }

  /** The reset is over: all hosts are reset, or that cannot be done. Idempotent. */
  arrived(): void {
    if (this.#goingBackTo === null) return;
    this.#records.setGoingBackTo(this.#session, null);
    this.#goingBackTo = null;
  }

  /** Whether the lab has been made ready once, so that it can be reset to its start. */
  get hasStart(): boolean {
    return this.has(startSnapshot);
  }

  has(snapshot: string): boolean {
    return this.#points.has(snapshot);
  }

  /** The message that tells a page which points there are. */
  message(tasks: readonly Task[]): ResetPointsMessage {
    const reached = tasks.map(({ id }) => id).filter((id) => this.#points.has(taskSnapshot(id)));
    const kept = [...this.#points.values()].flatMap(({ snapshot, title, takenAtMs }) =>
      title === null ? [] : [{ id: snapshot, title, atMs: takenAtMs }],
    );
    return {
      type: 'resetPoints',
      points: this.hasStart ? ['start', ...reached] : reached,
      kept: kept.sort((a, b) => b.atMs - a.atMs || b.id.localeCompare(a.id)),
    };
  }

  /** `to` as in the message `reset`; the start of the first task is that of the lesson. Throws notFound. */
  find(to: string, tasks: readonly Task[]): PointRecord {
    const isStart = to === 'start' || (to === tasks[0]?.id && !this.#points.has(taskSnapshot(to)));
    const copy = this.#points.get(to);
    const point =
      this.#points.get(isStart ? startSnapshot : taskSnapshot(to)) ?? (copy?.title == null ? undefined : copy);
    if (point !== undefined) return point;
    throw new ServerError(
      'notFound',
      tasks.some(({ id }) => id === to)
        ? 'The start of this task has not been reached in this lab yet. Do the tasks before it first.'
        : 'There is no such point to go back to. Perhaps it was removed in another tab.',
    );
  }

  /**
   * The snapshot to take now that `task` is done: it is the start of the first open task. Null where no task is open, or where
   * the first open task stands before this one, so that its start has passed.
   */
  reachedBy(task: string, tasks: readonly Task[], done: ReadonlySet<string>): string | null {
    const next = tasks.findIndex(({ id }) => !done.has(id));
    const place = tasks.findIndex(({ id }) => id === task);
    const { id } = tasks[next] ?? {};
    return id === undefined || next < place ? null : taskSnapshot(id);
  }

  /** The snapshot for one more copy. Throws tooMany, and names the oldest. */
  nextKept(): string {
    const kept = [...this.#points.values()].filter(({ title }) => title !== null);
    const [oldest] = kept.sort((a, b) => a.takenAtMs - b.takenAtMs);
    if (kept.length >= maxKept && oldest !== undefined) {
      throw new ServerError(
        'tooMany',
        `You have ${maxKept} copies of this lab already, and no more are kept. Remove one first; “${oldest.title}” is the oldest.`,
      );
    }
    const taken = new Set(kept.map(({ snapshot }) => snapshot));
    let number = 1;
    while (taken.has(keptSnapshot(number))) number += 1;
    return keptSnapshot(number);
  }

  /** Throws notFound. */
  mustBeKept(id: string): void {
    if (this.#points.get(id)?.title == null) {
      throw new ServerError('notFound', 'There is no such copy. Perhaps it was removed in another tab.');
    }
  }

  /** Replaces the one of the same snapshot. */
  add(snapshot: string, title: string | null, done: Iterable<string>): void {
    const point = { snapshot, title, done: [...done], takenAtMs: Date.now() };
    this.#records.setPoint(this.#session, point);
    this.#points.set(snapshot, point);
  }

  /** Idempotent. */
  remove(snapshot: string): void {
    this.#records.forgetPoint(this.#session, snapshot);
    this.#points.delete(snapshot);
  }

  /** Of hosts that are gone. */
  clear(): void {
    this.arrived();
    const gone = [...this.#points.keys()];
    this.#points.clear();
    for (const snapshot of gone) this.#records.forgetPoint(this.#session, snapshot);
  }
}
