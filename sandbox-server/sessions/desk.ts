// The front desk: opens sessions, lets them in as places become free, ends them. Independent of message transport.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { chooseParameters } from '../../lessons/schema.ts';
import { kindOf, messageOf, ServerError, sentences } from '../errors.ts';
import { type Lessons, playgroundLesson } from '../labs/lessons.ts';
import { hostSettleMs } from '../limits.ts';
import type { Drain } from '../operator/protocol.ts';
import type { Crowded } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { bookkeeping } from '../store/bookkeeping.ts';
import type { Size } from '../terminals/terminals.ts';
import { bringUp } from './bring-up.ts';
import { Changes } from './changes.ts';
import { type Comer, unknownComer } from './comer.ts';
import { Entrance } from './entrance.ts';
import { type GivesWay, givesWay } from './give-way.ts';
import { type SessionHosts, together } from './hosts.ts';
import type { SessionRecord, SessionRecords } from './records.ts';
import { dueOf, type RestTimes } from './rest.ts';
import { type Rest, Session, type SessionParts } from './session.ts';

export interface DeskParts extends Omit<SessionParts, 'lesson' | 'shellsEnded' | 'becameDone' | 'entered'> {
  readonly hosts: SessionHosts;
  readonly lessons: Lessons;
  readonly records: SessionRecords;
  readonly log: Logger;
  readonly capacity: number;
  readonly spareHosts: number;
  readonly maxPerNetwork: number;
  readonly yieldMs: number;
  readonly rest: RestTimes;
  /** A lab was brought up within so many seconds; null: it could not be. */
  readonly broughtUp: (seconds: number | null) => void;
}

export class Desk {
  /** What is done to labs that are there. */
  readonly changes: Changes;
  readonly #parts: DeskParts;
  readonly #sessions = new Map<string, Session>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #entrance: Entrance;
  #closed = false;
  #draining: Drain | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.changes = new Changes({
      hosts: parts.hosts,
      log: parts.log,
      isThere: (session) => this.#isThere(session),
      failed: (session, error) => this.#sayFailed(session, error),
    });
    this.#entrance = new Entrance({
      ...parts,
      changes: this.changes,
      sessions: () => this.#sessions.values(),
      isStarting: (session) => this.isStarting(session),
      start: (session) => this.#start(session),
      end: (session) => this.end(session, 'idle'),
    });
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }
  get counts(): Record<'sessions' | 'queued' | 'stored' | 'spareHosts', number> {
    const { queue, places } = this.#entrance;
    const sessions = [...this.#sessions.values()].filter((session) => places.holds(session)).length;
    const stored = this.#sessions.size - queue.length - sessions;
    return { sessions, queued: queue.length, stored, spareHosts: this.#parts.hosts.spares };
  }

  /** Throws notFound where there is none, or another student has it. */
  find(id: string, student: number): Session {
    const session = this.#sessions.get(id);
    if (session === undefined || session.student !== student) throw new ServerError('notFound', sentences.noSession);
    return session;
  }

  /** This student's session of a lesson, if there is one. */
  existing(student: number, lesson: string): Session | undefined {
    return this.#of(student).find((session) => session.lesson === lesson);
  }

  /** Throws notFound. */
  mustHaveLesson(lesson: string): void {
    if (this.#parts.lessons.has(lesson)) return;
    throw new ServerError('notFound', 'There is no such lesson. Choose one from the list of lessons.');
  }

  /** Opens a session, or finds the one there is and starts what of it has stopped. Throws notFound and unavailable. */
  open(student: number, lesson: string, size: Size | null, comer: Comer = unknownComer): Session {
    this.mustHaveLesson(lesson);
    const existing = this.existing(student, lesson);
    if (existing !== undefined) {
      existing.comer = comer;
      if (size !== null) existing.size = size;
      this.wake(existing);
      return existing;
    }
    this.mustTake(comer);
    this.#limit(student, null);
    const id = randomBytes(16).toString('base64url');
    const parameters = chooseParameters(this.#lesson(lesson).lab.parameters, id);
    const record = { id, student, lesson, parameters, hosts: new Map<string, string>(), usedAtMs: Date.now() };
    this.#parts.records.add(record);
    const session = this.#take(record);
    session.comer = comer;
    if (size !== null) session.size = size;
    this.#entrance.join(session);
    this.admit();
    return session;
  }

  /**
   * Which labs would be put away or end if this student opened a lab of `lesson` now, as far as they have typed in them: who has
   * not loses nothing. Null where none would.
   */
  wouldGiveWay(student: number, lesson: string): Crowded | null {
    const existing = this.existing(student, lesson);
    if (existing !== undefined && !this.#isDown(existing)) return null;
    const { ends, goesToRest } = this.#givesWay(student, existing ?? null);
    const lessonsOf = (sessions: readonly Session[]) =>
      sessions.filter(({ hasTyped }) => hasTyped).map((session) => session.lesson);
    const crowded = { givesWay: lessonsOf(goesToRest), ends: lessonsOf(ends) };
    return crowded.givesWay.length + crowded.ends.length > 0 ? crowded : null;
  }

  /** Throws unavailable where no new student of there can have a lab, nor wait for one. */
  mustTake(comer: Comer): void {
    if (this.#draining !== null) throw draining();
    this.#entrance.mustTake(comer);
  }

  /** Starts what of a session has failed or stopped, or rests; where there is no room for that, it waits. Idempotent. */
  wake(session: Session): void {
    if (!this.#isDown(session)) return;
    if (session.hosts.size === 0 && this.#draining !== null) throw draining();
    this.#limit(session.student, session);
    if (this.#entrance.places.holds(session)) {
      this.#start(session);
      return;
    }
    this.#entrance.join(session);
    this.admit();
  }

  /** Ends a session; its hosts go, and the next in the queue comes. Idempotent. */
  end(session: Session, reason: 'idle' | 'request' | 'replaced' | 'operator'): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#entrance.ended(session);
    // Where it stays written down, it is found without hosts after a restart, and ends then.
    bookkeeping(this.#parts.log, 'the end of a session', () => this.#parts.records.remove(session.id));
    session.end(reason);
    this.#parts.log.info({ session: session.id, hosts: [...session.hosts.values()], reason }, 'session ended');
    void this.#parts.hosts.removeAll(session.hosts).then(() => this.admit());
  }

  /**
   * A host of it does not run, or is not what it is to be: it is started again at once for a page that looks, else when its
   * student comes. Until then `rest` is what it is. Idempotent.
   */
  stopped(session: Session, rest: Rest): void {
    session.release();
    if (session.pages > 0) {
      this.#start(session);
      return;
    }
    session.rest = rest;
    session.move({ phase: 'starting', why: 'return' });
  }

  isStarting(session: Session): boolean {
    return this.#starting.has(session.id);
  }

  /** Takes up a session of an earlier run. It is started when its student comes, or by `reconcile`. */
  restore(record: SessionRecord): Session {
    const session = this.#take(record);
    if (record.hosts.size === 0) this.#entrance.queue.join(session);
    return session;
  }

  /** Lets in who waits, while there are places; then sees that there are spare hosts. */
  admit(): void {
    this.#entrance.admit();
  }

  /** Null while new labs are started. */
  get draining(): Drain | null {
    return this.#draining;
  }

  /**
   * From now on no new labs are started, and all pages are told; null: they are again. Labs that are there go on, and can be come
   * back to; newcomers who wait for one are told that they will not have it. Idempotent.
   */
  drain(drain: Drain | null): void {
    this.#draining = drain;
    this.#entrance.takesNew = drain === null;
    for (const session of [...this.#sessions.values()]) {
      session.drainingIs(drain);
      if (drain === null || session.hosts.size > 0 || !this.#entrance.queue.has(session.id)) continue;
      this.#entrance.queue.leave(session.id);
      session.move({ phase: 'failed', message: sentences.draining });
    }
    this.admit();
  }

  /** What the engine says of itself. */
  engineHolds(maxHosts: number): void {
    this.#entrance.places.engineHolds = maxHosts;
  }

  /** Puts away labs that nobody is in, ends those that were kept long enough, and gives up places in the queue of pages that went. */
  sweep(): void {
    for (const session of [...this.#sessions.values()]) {
      switch (dueOf(session, this.#parts.rest)) {
        case 'freeze':
          void this.changes.freeze(session);
          break;
        case 'store':
          this.#putAway(session, 'left');
          break;
        case 'leave the queue':
          this.#leaveQueue(session);
          break;
        case 'end':
          this.end(session, 'idle');
      }
    }
    void this.#parts.hosts.removeAgain().then((gone) => (gone ? this.admit() : undefined));
    this.admit();
  }

  /** Lets go of everything; shells and hosts go on. Resolves once nothing is under way in the engine any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#entrance.close();
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.abandon();
    await Promise.allSettled([...this.#starting.values(), ...sessions.map(({ turns }) => turns.settled())]);
    await this.#parts.hosts.settled();
  }

  #isThere(session: Session): boolean {
    return !this.#closed && this.#sessions.has(session.id);
  }

  #lesson(id: string) {
    return this.#parts.lessons.get(id) ?? playgroundLesson;
  }

  #of(student: number): Session[] {
    return [...this.#sessions.values()].filter((session) => session.student === student);
  }

  /** It has failed, has stopped, or rests, and is not being started. */
  #isDown(session: Session): boolean {
    const { phase } = session.phase;
    const isDown = phase === 'failed' || (phase === 'starting' && session.hosts.size > 0 && !session.active);
    return isDown && !this.isStarting(session);
  }

  /** Which labs of the student give way to `opened`; null: to one that is new. */
  #givesWay(student: number, opened: Session | null): GivesWay<Session> {
    const others = this.#of(student).filter((session) => session !== opened);
    return givesWay(others, opened === null, ({ id }) => this.#entrance.queue.has(id));
  }

  /** Before `opened`, or one that is new, is opened for a student, others of theirs give way. */
  #limit(student: number, opened: Session | null): void {
    const { ends, goesToRest } = this.#givesWay(student, opened);
    for (const session of ends) this.end(session, 'replaced');
    for (const session of goesToRest) this.#putAway(session, 'crowded');
  }

  /** Gives up its place, or that it waits for one; who is in it is told. */
  #putAway(session: Session, reason: 'left' | 'crowded'): void {
    const isQueued = this.#entrance.queue.has(session.id);
    if (isQueued && session.hosts.size === 0) {
      this.end(session, 'replaced');
      return;
    }
    session.sendAway(reason);
    if (isQueued) this.#leaveQueue(session);
    else void this.changes.store(session).then(() => this.admit());
  }

  #leaveQueue(session: Session): void {
    this.#entrance.queue.leave(session.id);
    session.move({ phase: 'starting', why: 'return' });
  }

  #take(record: SessionRecord): Session {
    const session = new Session(record, {
      ...this.#parts,
      lesson: this.#lesson(record.lesson),
      shellsEnded: (one) => void this.#look(one),
      becameDone: (one, task) => {
        one.comer = { ...one.comer, known: true };
        void this.changes.taskDone(one, task);
      },
      entered: (one) => {
        if (this.#entrance.queue.has(one.id)) this.admit();
      },
    });
    if (this.#draining !== null) session.drainingIs(this.#draining);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Its last shell has ended: what has stopped is started again and gets a shell, after `exit` nothing is done. */
  async #look(session: Session): Promise<void> {
    if (session.hosts.size === 0 || this.#closed) return;
    try {
      // An engine that is being shut down, or that still clears away after a host that died, is not disturbed.
      await delay(hostSettleMs);
      // Put away or taken back meanwhile: that is looked after already.
      if (!this.#isThere(session) || !session.active) return;
      const hosts = await together(
        [...session.hosts.values()].map((name) => this.#parts.link.call((engine) => engine.host(name))),
      );
      if (!this.#isThere(session) || !session.active) return;
      if (hosts.some((host) => host.state === 'stopped' || session.startedAgain(host))) {
        // What the start makes of it is no work of its student's, and is not looked at.
        session.release();
        this.#start(session);
      }
    } catch (error) {
      if (!this.#isThere(session)) return;
      if (kindOf(error) === 'notFound') this.end(session, 'replaced');
      else this.#parts.log.warn({ session: session.id, error: messageOf(error) }, 'a host was not asked for');
    }
  }

  #start(session: Session): void {
    if (this.#starting.has(session.id) || this.#closed) return;
    const { phase } = session;
    const returns = session.rest !== 'awake' || (phase.phase === 'starting' && phase.why === 'return');
    session.move(returns ? { phase: 'starting', why: 'return' } : { phase: 'starting' });
    const isNew = session.hosts.size === 0;
    const { hosts } = this.#parts;
    const isThere = () => this.#isThere(session);
    const beganMs = monotonicMs();
    const started = session.turns
      .take(() => bringUp(session, { ...this.#parts, isThere }))
      .then(() => {
        if (session.active) this.#parts.broughtUp((monotonicMs() - beganMs) / 1000);
      })
      .catch((error: unknown) => {
        this.#parts.broughtUp(null);
        if (isThere()) this.#failed(session, error, isNew);
      })
      .then(async () => {
        // Ended meanwhile, perhaps before its hosts were there to be removed.
        if (!this.#closed && !isThere()) await hosts.removeAll(session.hosts);
      })
      .finally(() => {
        this.#starting.delete(session.id);
        this.admit();
      });
    this.#starting.set(session.id, started);
  }

  #failed(session: Session, error: unknown, wasNew: boolean): void {
    const kind = kindOf(error);
    this.#parts.log.error({ session: session.id, error: messageOf(error) }, 'session not started');
    if (wasNew) {
      // Half a lab is none: the next attempt begins with other hosts.
      const made = session.hosts;
      session.dropHosts();
      // Room may come: of a lab that was put away, now, or when somebody goes.
      const waits = (kind === 'exhausted' || kind === 'noSpace') && this.#entrance.comesBack(session, kind);
      void this.#parts.hosts.removeAll(made);
      if (waits) return;
    } else if (kind === 'notFound') {
      // Its host is gone (removed by an operator): nothing of it is left to go on with.
      this.end(session, 'replaced');
      return;
    }
    this.#sayFailed(session, error);
  }

  #sayFailed(session: Session, error: unknown): void {
    const kind = kindOf(error);
    session.move({
      phase: 'failed',
      message:
        kind === 'unavailable'
          ? sentences.engineAway
          : kind === 'noSpace'
            ? 'The machine has no room for another lab right now. Try again when others have finished.'
            : 'The lab could not be started; the server’s log says why. Try again.',
    });
  }
}

function draining(): ServerError {
  return new ServerError('unavailable', sentences.draining, { retryAfterSeconds: 60 });
}
