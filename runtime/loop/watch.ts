// Watches the event loop that all hosts share: how long it stood still, and which turn of whom held it longest.

import type { LoopReport, LoopTurn } from '../client.ts';

/** What happened in one second. */
interface Second {
  readonly startedAt: number;
  /** How late each tick of the timer came, milliseconds. */
  readonly stallsMs: number[];
  longestTurn: LoopTurn | null;
}

/** Of the last turns each is known, of those before only the longest of each second. */
const keptTurns = 1024;
/** How long it is remembered: the server asks every few seconds, a test after what it did. */
const keptSeconds = 120;
/** The timer that measures: what it wakes the engine for costs 0.1 % of a core. */
const resolutionMs = 20;

export class LoopWatch {
  readonly #seconds: Second[] = [];
  readonly #turns: LoopTurn[] = [];
  #current: Second = { startedAt: Date.now(), stallsMs: [], longestTurn: null };
  #tickedAt = performance.now();

  constructor() {
    setInterval(() => this.#tick(), resolutionMs).unref();
    setInterval(() => this.#next(), 1000).unref();
  }

  #tick(): void {
    const now = performance.now();
    this.#current.stallsMs.push(Math.max(0, now - this.#tickedAt - resolutionMs));
    this.#tickedAt = now;
  }

  #next(): void {
    this.#seconds.push(this.#current);
    if (this.#seconds.length > keptSeconds) this.#seconds.shift();
    this.#current = { startedAt: Date.now(), stallsMs: [], longestTurn: null };
  }

  /** A turn is over that held the loop for so long. */
  turned(turn: LoopTurn): void {
    this.#turns.push(turn);
    if (this.#turns.length > 2 * keptTurns) this.#turns.splice(0, keptTurns);
    if (turn.ms > (this.#current.longestTurn?.ms ?? 0)) this.#current.longestTurn = turn;
  }

  /** Since `since`, milliseconds since 1970: of turns that ended later, of seconds that did. Two minutes are known. */
  report(since: number): LoopReport {
    const seconds = [...this.#seconds, this.#current].filter(({ startedAt }) => startedAt + 1000 > since);
    let longestTurn: LoopTurn | null = null;
    for (const turn of [...seconds.map((second) => second.longestTurn), ...this.#turns])
      if (turn && turn.endedAt >= since && turn.ms > (longestTurn?.ms ?? 0)) longestTurn = turn;
    const stalls = seconds.flatMap(({ stallsMs }) => stallsMs).sort((one, other) => one - other);
    return {
      longestStallMs: stalls.at(-1) ?? 0,
      p99StallMs: stalls[Math.floor(stalls.length * 0.99)] ?? 0,
      longestTurn,
    };
  }
}
