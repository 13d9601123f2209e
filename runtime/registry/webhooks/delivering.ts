// When which delivery is sent: one of a namespace at a time, so many at once, again after longer and longer pauses. Knows nothing of how.

import type { Logger } from 'pino';
import { maxDeliveriesAtOnce } from '../../limits.ts';
import type { Database } from '../database.ts';
import type { Deliveries, DueDelivery } from './deliveries.ts';
import type { Receipt } from './post.ts';

export interface DeliveringOptions {
  readonly database: Database;
  readonly deliveries: Deliveries;
  /** Sends one. Never throws. */
  readonly deliver: (due: DueDelivery) => Promise<Receipt>;
  /** Before the second try, the third, …: there is one more try than these. */
  readonly pausesMs: readonly number[];
  /** After each, before the next one of its namespace. */
  readonly paceMs: number;
  readonly log: Logger;
}

/** The longest that `setTimeout` takes. */
const maxTimerMs = 2 ** 31 - 1;
/** Until it is tried again to write down what became of one, where that has failed. */
const faultPauseMs = 10_000;

export class Delivering implements AsyncDisposable {
  readonly counts = { delivered: 0, failed: 0 };
  readonly #options: DeliveringOptions;
  /** Namespaces of which something is under way, or was just now. */
  readonly #busy = new Set<string>();
  readonly #going = new Set<Promise<void>>();
  /** When a namespace's next delivery is to be tried. */
  readonly #times = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #isRunning = false;

  constructor(options: DeliveringOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    for (const [namespace, at] of this.#options.deliveries.times()) this.expect(namespace, at);
  }

  /** The namespace has something to be sent at that time, or sooner. */
  expect(namespace: string, at: number): void {
    this.#times.set(namespace, Math.min(at, this.#times.get(namespace) ?? at));
    this.#wake();
  }

  #wake(): void {
    if (!this.#isRunning) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#going.size >= maxDeliveriesAtOnce) return;
    const next = Math.min(...[...this.#times].map(([namespace, at]) => (this.#busy.has(namespace) ? Infinity : at)));
    if (next === Infinity) return;
    // Never at once: the transaction of the event is to be done first.
    const inMs = Math.min(Math.max(0, next - Date.now()), maxTimerMs);
    this.#timer = setTimeout(() => this.#begin(), inMs).unref();
  }

  #begin(): void {
    const now = Date.now();
    for (const [namespace, at] of [...this.#times]) {
      if (this.#going.size >= maxDeliveriesAtOnce) break;
      if (at > now || this.#busy.has(namespace)) continue;
      this.#times.delete(namespace);
      const next = this.#options.deliveries.next(namespace);
      if (!next) continue;
      if (next.next > now) {
        this.#times.set(namespace, next.next);
        continue;
      }
      this.#busy.add(namespace);
      const going = this.#send(next).finally(() => this.#going.delete(going));
      this.#going.add(going);
    }
    this.#wake();
  }

  async #send(due: DueDelivery): Promise<void> {
    const { database, deliveries, deliver, pausesMs, paceMs, log } = this.#options;
    let rest = paceMs;
    try {
      // Nobody is told of a push that a loss of power could undo.
      await database.durable();
      const receipt = await deliver(due);
      if (!this.#isRunning) return;
      const pause = receipt.mayTryAgain ? pausesMs[due.tries] : undefined;
      const isDone = receipt.message === '';
      this.counts[isDone ? 'delivered' : 'failed'] += 1;
      const now = Date.now();
      deliveries.tried(due.id, receipt, now, isDone || pause === undefined ? null : now + pause);
    } catch (err) {
      if (!this.#isRunning) return;
      rest = faultPauseMs;
      log.error({ err }, 'what became of a webhook’s delivery could not be written down');
    }
    setTimeout(() => this.#goOn(due.namespace), rest).unref();
  }

  #goOn(namespace: string): void {
    this.#busy.delete(namespace);
    if (!this.#isRunning) return;
    const next = this.#options.deliveries.next(namespace);
    if (next) this.expect(namespace, next.next);
    else this.#wake();
  }

  /** What is under way is sent again by whoever opens the tables next. Resolves when it has ended, which others see to. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isRunning = false;
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all(this.#going);
  }
}
