// The queue for places, and who is let in as there is room. Spare hosts take the room that nobody needs. Independent of message
// transport.

import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { ServerError } from '../errors.ts';
import {
  enterMs,
  knownHeadStartMinutes,
  maxQueue,
  maxQueueMinutes,
  maxWaitingPerNetwork,
  queueMinutesPerLab,
  sweepMs,
} from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import type { Changes } from './changes.ts';
import { type Comer, countedFor } from './comer.ts';
import type { SessionHosts } from './hosts.ts';
import { MakeRoom } from './make-room.ts';
import { Places, type Room } from './places.ts';
import { Queue } from './queue.ts';
import type { Session } from './session.ts';
import { Shares } from './shares.ts';

export interface EntranceParts {
  readonly hosts: SessionHosts;
  readonly link: EngineLink;
  readonly changes: Changes;
  /** How many hosts there may be at once. */
  readonly capacity: number;
  readonly spareHosts: number;
  /** How many labs the newcomers of one network may have at once, if they were not invited. */
  readonly maxPerNetwork: number;
  /** While others wait, a lab that was never typed into keeps its place for so long. */
  readonly yieldMs: number;
  readonly log: Logger;
  readonly sessions: () => Iterable<Session>;
  readonly isStarting: (session: Session) => boolean;
  /** Starts a session that was let in. */
  readonly start: (session: Session) => void;
  /** Ends a session; `admit` is called once its hosts are gone. */
  readonly end: (session: Session) => void;
}

export class Entrance {
  readonly queue = new Queue<Session>();
  readonly places: Places;
  /** False while the server is drained: no hosts are made for newcomers, but students come back to labs that they have. */
  takesNew = true;
  readonly #parts: EntranceParts;
  readonly #room: MakeRoom;
  /** The engine had no room. It is not asked again before this time, or before a session ends. */
  #fullUntilMs = 0;
  readonly #shares: Shares;
  #again: NodeJS.Timeout | undefined;
  #filling = false;
  #closed = false;

  constructor(parts: EntranceParts) {
    this.#parts = parts;
    const isQueued = ({ id }: Session) => this.queue.has(id);
    this.places = new Places({ ...parts, isQueued });
    this.#shares = new Shares(parts.maxPerNetwork, []);
    this.#room = new MakeRoom({ ...parts, isQueued, shares: this.#shares });
  }

  /**
   * Puts a session into the queue. Known students come first; then newcomers, those whose network holds and waits for few labs
   * before others. Where too many wait, the last one leaves.
   */
  join(session: Session): void {
    this.#count();
    this.queue.join(session, this.#turnOf(session.comer));
    if (this.queue.length > maxQueue) this.#dropLast();
  }

  /** Throws unavailable where there is no place in the queue for a newcomer. Call it before anything is written down. */
  mustTake(comer: Comer): void {
    this.#count();
    const { last } = this.queue;
    if (this.queue.length >= maxQueue && last !== undefined && this.queue.turnOf(last.id) <= this.#turnOf(comer))
      throw tooManyWait();
    this.#mustHaveRoom(comer);
  }

  /** Lets in sessions that wait, while there are places; then makes spare hosts. */
  admit(): void {
    if (this.#closed) return;
    if (this.queue.length > 0) {
      this.#count();
      // Sessions with an open page come first. For sessions without one no other lab is stored.
      if (
        this.#letIn(
          this.queue.all.filter(({ pages }) => pages > 0),
          true,
        )
      )
        this.#letIn(
          this.queue.all.filter(({ pages }) => pages === 0),
          false,
        );
    }
    void this.#fill();
  }

  /** Answers whether there was room for all those that may have a lab now. */
  #letIn(waiting: readonly Session[], makesRoom: boolean): boolean {
    for (const next of waiting) {
      if (this.#isFull) return false;
      if (!this.takesNew && next.hosts.size === 0) continue;
      const makeRoom = (room: Exclude<Room, 'yes'>) => {
        if (makesRoom) void this.#room.step(room, next).then((made) => (made ? this.admit() : undefined));
      };
      if (!this.#shares.hasRoom(next.comer)) {
        makeRoom('its share is full');
        continue;
      }
      const room = this.places.roomFor(next);
      if (room !== 'yes') {
        makeRoom(room);
        return false;
      }
      const waitMs = this.#shares.startsIn(next.comer);
      if (waitMs > 0) {
        this.#again ??= setTimeout(() => {
          this.#again = undefined;
          this.admit();
        }, waitMs);
        continue;
      }
      this.queue.leave(next.id);
      this.#shares.add(next.comer);
      this.#parts.start(next);
    }
    return true;
  }

  #count(): void {
    const holding = [...this.#parts.sessions()].filter((session) => this.places.holds(session));
    this.#shares.count(holding.map(({ comer }) => comer));
  }

  /** The sessions in the queue that count for the same network. */
  #waitingWith(comer: Comer): readonly Session[] {
    const network = countedFor(comer);
    return network === null ? [] : this.queue.all.filter((other) => countedFor(other.comer) === network);
  }

  #turnOf(comer: Comer): number {
    const minutes = comer.known
      ? -knownHeadStartMinutes
      : Math.min(maxQueueMinutes, (this.#shares.held(comer) + this.#waitingWith(comer).length) * queueMinutesPerLab);
    return monotonicMs() + minutes * 60_000;
  }

  /** Where too many newcomers of a network wait, the new one takes the place of one that has no page. Throws unavailable. */
  #mustHaveRoom(comer: Comer): void {
    const waiting = this.#waitingWith(comer);
    if (waiting.length < maxWaitingPerNetwork) return;
    const absent = waiting.find(({ pages, hosts, idle }) => {
      return pages === 0 && hosts.size === 0 && idle.withoutPageMs > enterMs / 3;
    });
    if (absent === undefined) throw tooManyWait();
    this.#parts.end(absent);
  }

  #dropLast(): void {
    const { last } = this.queue;
    if (last === undefined) return;
    if (last.hosts.size === 0) this.#parts.end(last);
    else {
      last.sendAway();
      this.queue.leave(last.id);
      last.move({ phase: 'starting', why: 'return' });
    }
  }

  /** The engine had no room for a session that was let in: puts it first in the queue. False where waiting is no use. */
  comesBack(session: Session, why: 'exhausted' | 'noSpace'): boolean {
    const willBeRoom = this.#room.endOldest();
    if (!willBeRoom && why === 'noSpace') return false;
    if (!willBeRoom) this.#fullUntilMs = monotonicMs() + sweepMs;
    this.queue.rejoin(session);
    return true;
  }

  /** A session has ended, so there may be room in the engine again. */
  ended(session: Session): void {
    this.queue.leave(session.id);
    this.#fullUntilMs = 0;
  }

  /** Lets no session in any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }

  get #isFull(): boolean {
    return monotonicMs() < this.#fullUntilMs;
  }

  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    const { hosts, link, spareHosts, sessions, isStarting } = this.#parts;
    try {
      while (
        !this.#closed &&
        this.takesNew &&
        link.up &&
        ![...sessions()].some(isStarting) &&
        this.queue.length === 0 &&
        hosts.spares < spareHosts &&
        this.places.roomForSpare &&
        !this.#isFull
      ) {
        if (!(await hosts.addSpare())) return;
      }
    } finally {
      this.#filling = false;
    }
  }
}

function tooManyWait(): ServerError {
  return new ServerError('unavailable', 'Too many students wait for a lab already. Try again in a few minutes.', {
    retryAfterSeconds: 120,
  });
}
