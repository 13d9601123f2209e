// One-use tickets that tie a socket to a student's session: given out over a same-origin POST, used up by `hello`.

import { randomBytes } from 'node:crypto';
import { maxTickets, ticketLifetimeMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';

interface Ticket {
  readonly student: number;
  readonly session: string;
  readonly endsMs: number;
}

export class Tickets {
  readonly #tickets = new Map<string, Ticket>();
  readonly #now: () => number;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  give(student: number, session: string): string {
    const now = this.#now();
    // Oldest first, and all live equally long: the outdated ones stand in front.
    for (const [id, { endsMs }] of this.#tickets) {
      if (endsMs > now && this.#tickets.size < maxTickets) break;
      this.#tickets.delete(id);
    }
    const id = randomBytes(24).toString('base64url');
    this.#tickets.set(id, { student, session, endsMs: now + ticketLifetimeMs });
    return id;
  }

  /** The session that this student's ticket is for, null where it is unknown, used, too old or another student's. */
  use(id: string, student: number): string | null {
    const ticket = this.#tickets.get(id);
    this.#tickets.delete(id);
    if (ticket === undefined || ticket.student !== student || ticket.endsMs <= this.#now()) return null;
    return ticket.session;
  }
}
