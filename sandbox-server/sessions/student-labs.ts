// The labs of one student: which there are, and which of them give way when one more is opened. Knows nothing of hosts.

import type { Crowded } from '../protocol.ts';
import { type GivesWay, givesWay } from './give-way.ts';
import type { Session } from './session.ts';

export interface StudentLabsParts {
  readonly sessions: () => Iterable<Session>;
  readonly isQueued: (session: Session) => boolean;
  /** The session is stopped, frozen or stored. Opening it makes others give way. */
  readonly isDown: (session: Session) => boolean;
  /** Ends a lab, which is gone then. */
  readonly end: (session: Session) => void;
  /** Puts a lab away: it is kept, and takes no memory. */
  readonly putAway: (session: Session) => void;
}

export class StudentLabs {
  readonly #parts: StudentLabsParts;

  constructor(parts: StudentLabsParts) {
    this.#parts = parts;
  }

  /** The student's session of a lesson, if there is one. */
  find(student: number, lesson: string): Session | undefined {
    return this.#of(student).find((session) => session.lesson === lesson);
  }

  /**
   * Which labs would be put away or end if the student opened a lab of `lesson` now. Only labs that were typed into are named:
   * the others lose nothing. Null where there is none.
   */
  wouldGiveWay(student: number, lesson: string): Crowded | null {
    const existing = this.find(student, lesson);
    if (existing !== undefined && !this.#parts.isDown(existing)) return null;
    const { ends, goesToRest } = this.#givesWay(student, existing ?? null);
    const lessonsOf = (sessions: readonly Session[]) =>
      sessions.filter(({ hasTyped }) => hasTyped).map((session) => session.lesson);
    const crowded = { givesWay: lessonsOf(goesToRest), ends: lessonsOf(ends) };
    return crowded.givesWay.length + crowded.ends.length > 0 ? crowded : null;
  }

  /** Other labs of the student give way to `opened`; null: to one that is new. */
  makeWay(student: number, opened: Session | null): void {
    const { ends, goesToRest } = this.#givesWay(student, opened);
    for (const session of ends) this.#parts.end(session);
    for (const session of goesToRest) this.#parts.putAway(session);
  }

  #of(student: number): readonly Session[] {
    return [...this.#parts.sessions()].filter((session) => session.student === student);
  }

  #givesWay(student: number, opened: Session | null): GivesWay<Session> {
    const others = this.#of(student).filter((session) => session !== opened);
    return givesWay(others, opened === null, this.#parts.isQueued);
  }
}
