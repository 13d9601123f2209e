// What is done to a lab that is there: taken back to a point, kept as a copy, frozen and stored while nobody is in it. One
// thing at a time for each session. Independent of message transport.

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
  /** The session has not ended, nor the server. */
  readonly isThere: (session: Session) => boolean;
  /** Its hosts could not be made ready again; why is the error. */
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

  /** `to` as in the message `reset`. Throws notFound, and unavailable while the lab is not ready; resolves when it is again. */
  async reset(session: Session, to: string): Promise<void> {
    mustBeReady(session);
    const point = session.points.find(to, session.lab.tasks);
    // From now on nothing that happens in its hosts counts: it will not have happened.
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

  /** Makes a copy. Throws tooMany, and unavailable while the lab is not ready or where the machine has no room. */
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

  /** Throws notFound and tooMany. */
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

  /** A task is done: the start of the next is kept. What fails is logged; the point is missing then. */
  async taskDone(session: Session, task: string): Promise<void> {
    const next = () => session.points.reachedBy(task, session.lab.tasks, session.done);
    const reachedBefore = next();
    if (reachedBefore !== null && session.points.has(reachedBefore)) {
      // Reached before a reset: whoever hears that the task is done must not take the old one for the new.
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

  /** Stops all that runs in it, unless somebody has come. What fails is logged, and tried again with the next sweep. */
  async freeze(session: Session): Promise<void> {
    await this.#rest(session, async () => {
      if (session.rest !== 'awake') return;
      this.#leave(session);
      await this.#parts.hosts.freeze(session.hosts);
      session.rest = 'frozen';
    });
  }

  /** Ends all that runs in it, unless somebody has come, and keeps the rest. What fails is logged, and tried again with the next sweep. */
  async store(session: Session): Promise<void> {
    await this.#rest(session, async () => {
      if (session.rest === 'stored' || session.hosts.size === 0) return;
      this.#leave(session);
      await this.#parts.hosts.store(session.hosts);
      session.rest = 'stored';
      this.#parts.log.info({ session: session.id }, 'session stored');
    });
  }

  /** Its rest is still what it was: what runs goes on until it is put away in fact. */
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
    // As it is when the work begins: what is done meanwhile is not surely in it.
    const done = [...session.done];
    await this.#parts.hosts.keep(session.hosts, snapshot);
    if (!this.#parts.isThere(session)) return;
    session.points.add(snapshot, title, done);
    session.tellPoints();
  }
}
