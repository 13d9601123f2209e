// Makes room for a session that waits. Stores a lab that its student has left or does not use, removes a spare host, or, where the
// engine has no UID range left, ends a stored lab. The lab that was used longest ago comes first.

import type { Logger } from 'pino';
import type { Changes } from './changes.ts';
import { countedFor } from './comer.ts';
import type { SessionHosts } from './hosts.ts';
import type { Room } from './places.ts';
import type { Session } from './session.ts';
import type { Shares } from './shares.ts';
import { whoYields } from './yields.ts';

export interface MakeRoomParts {
  readonly hosts: SessionHosts;
  readonly changes: Changes;
  readonly sessions: () => Iterable<Session>;
  readonly isQueued: (session: Session) => boolean;
  readonly shares: Shares;
  /** While others wait, a lab that was never typed into keeps its place for so long. */
  readonly yieldMs: number;
  readonly log: Logger;
  /** Ends a session. The next in the queue is let in once its hosts are gone. */
  readonly end: (session: Session) => void;
}

export class MakeRoom {
  readonly #parts: MakeRoomParts;
  #making = false;

  constructor(parts: MakeRoomParts) {
    this.#parts = parts;
  }

  /** Makes one step towards room for `next`. Resolves whether there may be room now. Never throws. */
  async step(room: Exclude<Room, 'yes'>, next: Session): Promise<boolean> {
    if (this.#making) return false;
    this.#making = true;
    try {
      const anybody = () => true;
      const ofItsNetwork = ({ comer }: Session) => countedFor(comer) === countedFor(next.comer);
      if (room === 'full' || room === 'its share is full') {
        const whose = room === 'full' ? anybody : ofItsNetwork;
        return (await this.#storeOldest(whose)) || (await this.#storeUnused(next, whose));
      }
      if (room === 'spares in the way') await this.#parts.hosts.dropSpare();
      else this.endOldest();
      return room === 'spares in the way';
    } finally {
      this.#making = false;
    }
  }

  /**
   * Ends a stored lab, unless hosts are being removed already: the oldest that was never typed into, else the oldest. Answers
   * whether there will be room.
   */
  endOldest(): boolean {
    if (this.#parts.hosts.removing > 0) return true;
    const all = this.#left().filter((session) => session.rest === 'stored' && !this.#parts.isQueued(session));
    const stored = all.find(({ hasTyped }) => !hasTyped) ?? all[0];
    if (stored !== undefined) this.#parts.end(stored);
    return stored !== undefined;
  }

  async #storeOldest(whose: (session: Session) => boolean): Promise<boolean> {
    const idle = this.#left().find((session) => this.#isIdle(session) && whose(session));
    if (idle === undefined) return false;
    await this.#parts.changes.store(idle);
    return idle.rest === 'stored';
  }

  async #storeUnused(next: Session, whose: (session: Session) => boolean): Promise<boolean> {
    const { sessions, shares, yieldMs, changes, log, end } = this.#parts;
    const unused = whoYields([...sessions()].filter(whose), {
      yieldMs,
      waiting: next.comer,
      held: (comer) => shares.held(comer),
    });
    if (unused === undefined) return false;
    log.info({ session: unused.id, hasPage: unused.pages > 0 }, 'a lab that is not used makes room for who waits');
    if (!unused.wasEntered) {
      // No page was ever open in the lab, so there is nothing to keep. `end` lets in the next once the hosts are gone.
      end(unused);
      return false;
    }
    unused.sendAway('yielded');
    await changes.store(unused);
    return unused.rest === 'stored';
  }

  /**
   * Its student has left and the lab still takes memory: it is frozen, or could not be frozen. Labs that were not taken up yet
   * after a start of the server are left out: their students may come back soon.
   */
  #isIdle(session: Session): boolean {
    const { rest, active, hosts, lock, phase } = session;
    const isLeft = phase.phase === 'failed' || (phase.phase === 'starting' && phase.why === 'return');
    return isLeft && rest !== 'stored' && !active && hosts.size > 0 && !lock.busy;
  }

  #left(): readonly Session[] {
    const left = [...this.#parts.sessions()].filter(({ pages }) => pages === 0);
    return left.sort((a, b) => b.idle.unusedMs - a.idle.unusedMs);
  }
}
