// Who waits for a place and who is let in, as there is room; spare hosts take what room nobody needs. Independent of message
// transport.

import type { EngineLink } from '../engine-link.ts';
import { sweepMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import type { Changes } from './changes.ts';
import type { SessionHosts } from './hosts.ts';
import { MakeRoom } from './make-room.ts';
import { Places } from './places.ts';
import { Queue } from './queue.ts';
import type { Session } from './session.ts';

export interface EntranceParts {
  readonly hosts: SessionHosts;
  readonly link: EngineLink;
  readonly changes: Changes;
  /** Hosts at once. */
  readonly capacity: number;
  readonly spareHosts: number;
  readonly sessions: () => Iterable<Session>;
  readonly isStarting: (session: Session) => boolean;
  /** Lets a session in. */
  readonly start: (session: Session) => void;
  /** Ends a session; `admit` is called once its hosts are gone. */
  readonly end: (session: Session) => void;
}

export class Entrance {
  readonly queue = new Queue<Session>();
  readonly places: Places;
  readonly #parts: EntranceParts;
  readonly #room: MakeRoom;
  /** The engine said that it has no room: not asked again before this time, or before a session ends. */
  #fullUntilMs = 0;
  #filling = false;
  #closed = false;

  constructor(parts: EntranceParts) {
    this.#parts = parts;
    const isQueued = ({ id }: Session) => this.queue.has(id);
    this.places = new Places({ ...parts, isQueued });
    this.#room = new MakeRoom({ ...parts, isQueued });
  }

  /** Lets in who waits, while there are places; then sees that there are spare hosts. */
  admit(): void {
    if (this.#closed) return;
    for (let next = this.queue.first; next !== undefined && !this.#isFull; next = this.queue.first) {
      const room = this.places.roomFor(next);
      if (room !== 'yes') {
        void this.#room.step(room).then((made) => (made ? this.admit() : undefined));
        break;
      }
      this.queue.next();
      this.#parts.start(next);
    }
    void this.#fill();
  }

  /** The engine had no room for a session that was let in: it is next when there is. False where it is no use to wait. */
  comesBack(session: Session, why: 'exhausted' | 'noSpace'): boolean {
    const willBeRoom = this.#room.endOldest();
    if (!willBeRoom && why === 'noSpace') return false;
    if (!willBeRoom) this.#fullUntilMs = monotonicMs() + sweepMs;
    this.queue.rejoin(session);
    return true;
  }

  /** A session has ended: perhaps there is room in the engine again. */
  ended(session: Session): void {
    this.queue.leave(session.id);
    this.#fullUntilMs = 0;
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#closed = true;
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
