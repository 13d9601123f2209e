// Whose turn it is on the event loop that all hosts share. What a host's request does between two waits is one turn; it is
// measured, and who has used less goes first. A host that has used more than its share waits, and others do not notice.

import { EngineError } from '../errors.ts';
import {
  maxBodiesPerHost,
  maxListsPerHost,
  maxTurnWaitMs,
  maxUnreadBytesPerHost,
  maxUnreadWaitMs,
  turnBurstMs,
  turnShare,
} from '../limits.ts';
import { Turnstile } from '../turnstile.ts';
import type { LoopWatch } from './watch.ts';

interface Waiting {
  readonly place: string;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: EngineError) => void;
}

/** The turns of one host. */
export class HostTurns {
  readonly name: string;
  /** Bodies of this host's requests that are read at once: each is held until it is whole. */
  readonly bodies = new Turnstile({ perKey: maxBodiesPerHost, inAll: maxBodiesPerHost });
  /** Lists that are sent to this host's clients at once. */
  readonly lists = new Turnstile({ perKey: maxListsPerHost, inAll: maxListsPerHost });
  readonly #turns: Turns;
  readonly #waiting: Waiting[] = [];
  /** Milliseconds that the host may still use at once: grows with time, up to `turnBurstMs`. */
  #credit = turnBurstMs;
  #creditedAt = performance.now();
  /** Bytes of answers that its clients have not read. */
  #unread = 0;
  #unreadFullSince = 0;
  /** What it has used in all, less what it slept through: who has the least goes first. */
  used = 0;

  constructor(turns: Turns, name: string) {
    this.#turns = turns;
    this.name = name;
  }

  /**
   * Resolves when it is this host's turn; what the caller does until it waits for something else is counted. `place` names it.
   * Throws exhausted where the host's clients leave too much unread, or it has asked for more than it can get.
   */
  next(place: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#waiting.length === 0) this.#turns.woken(this);
    this.#waiting.push({ place, since: performance.now(), resolve, reject });
    this.#turns.pump();
    return promise;
  }

  /** Bytes of an answer that was begun; the returned function is called when the client has them, or is gone. */
  unread(bytes: number): () => void {
    this.#unread += bytes;
    if (this.#unread >= maxUnreadBytesPerHost && this.#unreadFullSince === 0) this.#unreadFullSince = performance.now();
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      this.#unread -= bytes;
      if (this.#unread >= maxUnreadBytesPerHost) return;
      this.#unreadFullSince = 0;
      this.#turns.pump();
    };
  }

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether it is poor: it uses the loop all the time. */
  get isHeavy(): boolean {
    return this.#credit < turnBurstMs / 2;
  }

  /** Adds what the host has earned by now. `share` of the time is every heavy host's own. */
  earn(now: number, share: number): void {
    this.#credit = Math.min(turnBurstMs, this.#credit + (now - this.#creditedAt) * share);
    this.#creditedAt = now;
  }

  charge(ms: number): void {
    this.#credit -= ms;
    this.used += ms;
  }

  /** 0 where it may go, else after how many milliseconds to look again; infinite where only its clients can change that. */
  waitMs(share: number): number {
    if (this.#unread >= maxUnreadBytesPerHost) return Number.POSITIVE_INFINITY;
    return this.#credit > 0 ? 0 : Math.max(1, -this.#credit / share);
  }

  take(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** Tells those that have waited too long. */
  refuseLate(now: number): void {
    const isFull = this.#unreadFullSince > 0 && now - this.#unreadFullSince > maxUnreadWaitMs;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const waited = now - first.since;
      if (waited < maxUnreadWaitMs || (!isFull && waited < maxTurnWaitMs)) return;
      this.#waiting.shift();
      first.reject(
        new EngineError(
          'exhausted',
          isFull
            ? `the clients of this host leave ${this.#unread} bytes of answers unread, the most is ${maxUnreadBytesPerHost}: read them, or end these clients`
            : `this host has asked for more than the engine can do for it; ask for less at once`,
        ),
      );
    }
  }
}

interface Begun {
  readonly host: HostTurns;
  readonly place: string;
  readonly startedAt: number;
  readonly cpu: NodeJS.CpuUsage;
}

export class Turns {
  readonly #watch: LoopWatch;
  /** Those with somebody waiting. */
  readonly #hosts = new Set<HostTurns>();
  #pumping = false;
  /** Somebody came, or has room again, after the choice was made. */
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  /** What the host that went last had used: who comes back after a sleep starts from there, not from long ago. */
  #floor = 0;

  constructor(watch: LoopWatch) {
    this.#watch = watch;
  }

  forHost(name: string): HostTurns {
    return new HostTurns(this, name);
  }

  woken(host: HostTurns): void {
    host.used = Math.max(host.used, this.#floor);
    this.#hosts.add(host);
  }

  /** Lets the next one go, soon. */
  pump(): void {
    this.#again = this.#pumping;
    if (this.#pumping) return;
    this.#pumping = true;
    // Between two immediates of one round Node does what the first has made ready, and nothing else: that is the turn.
    let turn: Begun | null = null;
    setImmediate(() => {
      turn = this.#beginTurn();
    });
    setImmediate(() => this.#endTurn(turn));
  }

  #beginTurn(): Begun | null {
    const startedAt = performance.now();
    const cpu = process.threadCpuUsage();
    const [host, againMs] = this.#chosen(startedAt);
    const next = host?.take();
    clearTimeout(this.#timer);
    if (!host || !next) {
      if (this.#hosts.size > 0) this.#timer = setTimeout(() => this.pump(), againMs);
      return null;
    }
    this.#floor = host.used;
    if (!host.waits) this.#hosts.delete(host);
    next.resolve();
    return { host, place: next.place, startedAt, cpu };
  }

  #endTurn(turn: Begun | null): void {
    this.#pumping = false;
    if (!turn) {
      if (this.#again) this.pump();
      return;
    }
    const { host, place, startedAt, cpu } = turn;
    const ms = performance.now() - startedAt;
    const { user, system } = process.threadCpuUsage(cpu);
    host.charge(ms);
    this.#watch.turned({ ms, cpuMs: (user + system) / 1000, host: host.name, place, endedAt: Date.now() });
    if (this.#hosts.size > 0) this.pump();
  }

  /** Who goes now; else after how many milliseconds to look again. */
  #chosen(now: number): [HostTurns | null, number] {
    let heavy = 0;
    for (const host of this.#hosts) if (host.isHeavy) heavy += 1;
    const share = turnShare / Math.max(1, heavy);
    let chosen: HostTurns | null = null;
    let againMs = 1000;
    for (const host of this.#hosts) {
      host.earn(now, share);
      host.refuseLate(now);
      if (!host.waits) {
        this.#hosts.delete(host);
        continue;
      }
      const waitMs = host.waitMs(share);
      if (waitMs > 0) againMs = Math.min(againMs, waitMs);
      else if (!chosen || host.used < chosen.used) chosen = host;
    }
    return [chosen, againMs];
  }
}
