// How many hosts there may be at once, and how many there are: those of labs that hold a place, those that are being removed, and
// spare ones. Decides whether there is room for a session. Knows nothing of how hosts are made.

import type { SessionHosts } from './hosts.ts';
import { takesSpare } from './hosts.ts';
import type { Session } from './session.ts';

export interface PlacesParts {
  readonly hosts: SessionHosts;
  /** How many hosts there may be at once, as the operator has set it. */
  readonly capacity: number;
  readonly sessions: () => Iterable<Session>;
  readonly isQueued: (session: Session) => boolean;
  readonly isStarting: (session: Session) => boolean;
}

export type Room =
  | 'yes'
  /** Too many hosts take memory. */
  | 'full'
  /** The newcomers of the session's network hold as many places as they may. */
  | 'its share is full'
  /** Spare hosts take the room, and this lab cannot use a spare host. */
  | 'spares in the way'
  /** The engine has no UID range left: a stored lab has to end. */
  | 'no range left';

export class Places {
  readonly #parts: PlacesParts;
  /** How many hosts the engine has UID ranges for, as its `status` says. */
  engineHolds = Number.POSITIVE_INFINITY;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /** Whether a session takes memory: from when it is let in until it is stored. */
  holds(session: Session): boolean {
    if (this.#parts.isQueued(session)) return false;
    return session.rest !== 'stored' || this.#parts.isStarting(session);
  }

  roomFor(session: Session): Room {
    const { hosts } = this.#parts;
    const wanted = session.lab.hosts.length;
    const isNew = session.hosts.size === 0;
    const spares = isNew && takesSpare(session.lab) ? 0 : hosts.spares;
    const holding = this.#holding;
    // A lab that is larger than the whole machine gets it alone.
    if (holding > 0 && holding + wanted > this.#capacity) return 'full';
    if (spares > 0 && holding + spares + wanted > this.#capacity) return 'spares in the way';
    if (isNew && this.#ranges + spares + wanted > this.engineHolds)
      return spares > 0 ? 'spares in the way' : 'no range left';
    return 'yes';
  }

  /** Whether there is room for one more spare host, without any lab being stored for it. */
  get roomForSpare(): boolean {
    const { spares } = this.#parts.hosts;
    return this.#holding + spares < this.#capacity && this.#ranges + spares < this.engineHolds;
  }

  get #capacity(): number {
    return Math.min(this.#parts.capacity, this.engineHolds);
  }

  get #holding(): number {
    const holding = [...this.#parts.sessions()].filter((session) => this.holds(session));
    return this.#parts.hosts.removing + sum(holding.map(({ lab }) => lab.hosts.length));
  }

  /** How many UID ranges are in use or soon will be: stored hosts keep theirs. */
  get #ranges(): number {
    const sessions = [...this.#parts.sessions()].filter((session) => session.hosts.size > 0 || this.holds(session));
    return this.#parts.hosts.removing + sum(sessions.map(({ lab }) => lab.hosts.length));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
