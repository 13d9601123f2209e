// Changes a lab: resets it, keeps copies of it, freezes and stores it while nobody is in it. One change at a time for each
// session. Independent of message transport.

import type { Logger } from 'pino';
import { kindOf, messageOf, ServerError } from '../errors.ts';
import { maxAskedOfLab } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import type { SessionHosts } from './hosts.ts';
import type { PointRecord } from './records.ts';
import type { Session } from './session.ts';

export interface ChangesParts {
  readonly hosts: SessionHosts;
  readonly log: Logger;
  /** False once the session has ended, or the server ends. */
  readonly isThere: (session: Session) => boolean;
  /** The hosts could not be made ready again after a reset; the error says why. */
  readonly failed: (session: Session, error: unknown) => void;
}

function mustBeReady(session: Session): void {
  if (session.phase.phase === 'ready') return;
  throw new ServerError(
    'unavailable',
    'The lab is not ready for that. Wait until its terminal is there, and try again.',
  );
}

function mustHaveTime({ lock }: Session): void {
  if (lock.asked <= maxAskedOfLab) return;
  throw new ServerError('tooMany', 'Too much is asked of this lab at once. Wait a moment, and try again.');
}

export class Changes {
  readonly #parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  /** `to` is as in the message `reset`. Resolves once the lab is ready again. Throws notFound, and unavailable before it is ready. */
  async reset(session: Session, to: string): Promise<void> {
    mustBeReady(session);
    const point = session.points.find(to, session.lab.tasks);
    // What happens in the hosts from now on does not count, because the reset undoes it.
    session.release();
    session.takeBack(point);
    session.move({ phase: 'starting', why: 'reset' });
    session.tellTerminals();
    await session.lock.hold(() => this.#takeBack(session, point));
  }

  async #takeBack(session: Session, point: PointRecord): Promise<void> {
    const { hosts, log, isThere, failed } = this.#parts;
    if (!isThere(session)) return;
    const began = monotonicMs();
    try {
      const ready = await hosts.takeBack(session.hosts, point.snapshot, session.size, session.lastTerminal);
      if (!isThere(session)) return;
      session.points.arrived();
      session.activate(ready);
      log.info({ session: session.id, to: point.snapshot, ms: Math.round(monotonicMs() - began) }, 'lab taken back');
    } catch (error) {
      if (!isThere(session)) return;
      log.error({ session: session.id, to: point.snapshot, error: messageOf(error) }, 'lab not taken back');
      failed(session, error);
    }
  }

  /** Keeps a copy of the lab. Throws tooMany, and unavailable while the lab is not ready or where the machine has no room. */
  async keep(session: Session, title: string): Promise<void> {
    mustBeReady(session);
    mustHaveTime(session);
    await session.lock.hold(async () => {
      mustBeReady(session);
      const snapshot = session.points.nextKept();
      try {
        await this.#keep(session, snapshot, title);
      } catch (error) {
        this.#parts.log.warn({ session: session.id, snapshot, error: messageOf(error) }, 'a copy was not made');
        throw new ServerError('unavailable', 'The copy could not be made: the machine has no room for it right now.');
      }
    });
  }

  /** Removes a copy. Throws notFound and tooMany. */
  async dropKept(session: Session, id: string): Promise<void> {
    mustHaveTime(session);
    session.points.mustBeKept(id);
    await session.lock.hold(async () => {
      if (!this.#parts.isThere(session)) return;
      session.points.remove(id);
      session.tellPoints();
      await this.#parts.hosts.forget(session.hosts, id);
    });
  }

  /** A task is done: keeps the lab as the start of the next task. Where that fails, it is logged, and the point is missing. */
  async taskDone(session: Session, task: string): Promise<void> {
    const next = () => session.points.reachedBy(task, session.lab.tasks, session.done);
    const reachedBefore = next();
    if (reachedBefore !== null && session.points.has(reachedBefore)) {
      // This point was reached before a reset too. A page that hears of the task must not take the old point for the new one.
      session.points.remove(reachedBefore);
      session.tellPoints();
    }
    try {
      await session.lock.hold(async () => {
        const snapshot = next();
        if (snapshot !== null && session.active) await this.#keep(session, snapshot, null);
      });
    } catch (error) {
      if (this.#parts.isThere(session))
        this.#parts.log.warn(
          { session: session.id, task, error: messageOf(error) },
          'the start of a task was not kept',
        );
    }
  }

  /** Stops all that runs in the lab, unless a page has come. A failure is logged, and the next sweep tries again. */
  async freeze(session: Session): Promise<void> {
    await this.#rest(session, async () => {
      if (session.rest !== 'awake') return;
      this.#leave(session);
      await this.#parts.hosts.freeze(session.hosts);
      session.rest = 'frozen';
    });
  }

  /** Ends all that runs in the lab, unless a page has come. A failure is logged, and the next sweep tries again. */
  async store(session: Session): Promise<void> {
    await this.#rest(session, async () => {
      if (session.rest === 'stored' || session.hosts.size === 0) return;
      this.#leave(session);
      await this.#parts.hosts.store(session.hosts);
      session.rest = 'stored';
      this.#parts.log.info({ session: session.id }, 'session stored');
    });
  }

  /** Lets go of the hosts. `session.rest` changes only when the hosts are frozen or stored in fact. */
  #leave(session: Session): void {
    session.release();
    session.move({ phase: 'starting', why: 'return' });
  }

  async #rest(session: Session, work: () => Promise<void>): Promise<void> {
    try {
      await session.lock.hold(async () => {
        if (this.#parts.isThere(session) && session.pages === 0) await work();
      });
    } catch (error) {
      if (this.#parts.isThere(session) && kindOf(error) !== 'unavailable')
        this.#parts.log.warn({ session: session.id, error: messageOf(error) }, 'a lab was not put away');
    }
  }

  async #keep(session: Session, snapshot: string, title: string | null): Promise<void> {
    // A task that becomes done while the snapshot is taken may not be in it.
    const done = [...session.done];
    await this.#parts.hosts.keep(session.hosts, snapshot);
    if (!this.#parts.isThere(session)) return;
    session.points.add(snapshot, title, done);
    session.tellPoints();
  }
}
