// Makes room for who waits: labs that their students have left are stored, spare hosts go, and where the engine has no UID
// range left, a lab that was put away ends. Who was there longest ago comes first.

import type { Changes } from './changes.ts';
import type { SessionHosts } from './hosts.ts';
import type { Room } from './places.ts';
import type { Session } from './session.ts';

export interface MakeRoomParts {
  readonly hosts: SessionHosts;
  readonly changes: Changes;
  readonly sessions: () => Iterable<Session>;
  readonly isQueued: (session: Session) => boolean;
  /** Ends a session; who waits is let in once its hosts are gone. */
  readonly end: (session: Session) => void;
}

export class MakeRoom {
  readonly #parts: MakeRoomParts;
  #making = false;

  constructor(parts: MakeRoomParts) {
    this.#parts = parts;
  }

  /** One step towards room for who is next. Resolves whether there may be room now. Never throws. */
  async step(room: Exclude<Room, 'yes'>): Promise<boolean> {
    if (this.#making) return false;
    this.#making = true;
    try {
      if (room === 'full') return await this.#storeOldest();
      if (room === 'spares in the way') await this.#parts.hosts.dropSpare();
      else this.endOldest();
      return room === 'spares in the way';
    } finally {
      this.#making = false;
    }
  }

  /** Ends the oldest lab that was put away, unless hosts are going already. Answers whether there will be room. */
  endOldest(): boolean {
    if (this.#parts.hosts.removing > 0) return true;
    const stored = this.#left().find((session) => session.rest === 'stored' && !this.#parts.isQueued(session));
    if (stored !== undefined) this.#parts.end(stored);
    return stored !== undefined;
  }

  async #storeOldest(): Promise<boolean> {
    const idle = this.#left().find((session) => this.#isIdle(session));
    if (idle === undefined) return false;
    await this.#parts.changes.store(idle);
    return idle.rest === 'stored';
  }

  /** Put away, but for its memory: frozen, or not even that could be done. One that was not taken up yet may be come back to soon. */
  #isIdle(session: Session): boolean {
    const { rest, active, hosts, turns, phase } = session;
    const isLeft = phase.phase === 'failed' || (phase.phase === 'starting' && phase.why === 'return');
    return isLeft && rest !== 'stored' && !active && hosts.size > 0 && !turns.busy;
  }

  #left(): readonly Session[] {
    const left = [...this.#parts.sessions()].filter(({ pages }) => pages === 0);
    return left.sort((a, b) => b.idle.unusedMs - a.idle.unusedMs);
  }
}
