// The front desk: opens sessions, lets them in as places become free, and ends them. Independent of message transport.

import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { chooseParameters } from '../../lessons/schema.ts';
import { ServerError, sentences } from '../errors.ts';
import { type Lessons, playgroundLesson } from '../labs/lessons.ts';
import type { Drain } from '../operator/protocol.ts';
import type { Crowded } from '../protocol.ts';
import { bookkeeping } from '../store/bookkeeping.ts';
import type { Size } from '../terminals/terminals.ts';
import { Changes } from './changes.ts';
import { type Comer, unknownComer } from './comer.ts';
import { Entrance } from './entrance.ts';
import type { SessionHosts } from './hosts.ts';
import type { SessionRecord, SessionRecords } from './records.ts';
import { dueOf, type RestTimes } from './rest.ts';
import { type Rest, Session, type SessionParts } from './session.ts';
import { Starts, sayFailed } from './starts.ts';
import { StudentLabs } from './student-labs.ts';

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
  /** Called when a lab has started, with the seconds that it took; with null when it could not be started. */
  readonly broughtUp: (seconds: number | null) => void;
}

export class Desk {
  /** Resets, copies, freezing and storing. */
  readonly changes: Changes;
  readonly #parts: DeskParts;
  readonly #sessions = new Map<string, Session>();
  readonly #starts: Starts;
  readonly #entrance: Entrance;
  readonly #studentLabs: StudentLabs;
  #closed = false;
  #draining: Drain | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const isThere = (session: Session) => this.#isThere(session);
    this.changes = new Changes({ hosts: parts.hosts, log: parts.log, isThere, failed: sayFailed });
    this.#starts = new Starts({
      hosts: parts.hosts,
      link: parts.link,
      log: parts.log,
      isThere,
      isClosed: () => this.#closed,
      waitsAgain: (session, why) => this.#entrance.comesBack(session, why),
      lost: (session) => this.end(session, 'replaced'),
      broughtUp: parts.broughtUp,
      over: () => this.admit(),
    });
    this.#entrance = new Entrance({
      ...parts,
      changes: this.changes,
      sessions: () => this.#sessions.values(),
      isStarting: (session) => this.isStarting(session),
      start: (session) => this.#starts.start(session),
      end: (session) => this.end(session, 'idle'),
    });
    this.#studentLabs = new StudentLabs({
      sessions: () => this.#sessions.values(),
      isQueued: ({ id }) => this.#entrance.queue.has(id),
      isDown: (session) => this.#isDown(session),
      end: (session) => this.end(session, 'replaced'),
      putAway: (session) => this.#putAway(session, 'crowded'),
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

  /** Throws notFound where there is no such session, or it is another student's. */
  find(id: string, student: number): Session {
    const session = this.#sessions.get(id);
    if (session === undefined || session.student !== student) throw new ServerError('notFound', sentences.noSession);
    return session;
  }

  /** This student's session of a lesson, if there is one. */
  existing(student: number, lesson: string): Session | undefined {
    return this.#studentLabs.find(student, lesson);
  }

  /** Throws notFound where there is no such lesson, or no longer; who has a lab of it may go on. */
  mustHaveLesson(lesson: string, student: number | null): void {
    const known = this.#parts.lessons.get(lesson);
    if (known !== undefined && known.removed !== true) return;
    if (student !== null && this.existing(student, lesson) !== undefined) return;
    throw new ServerError('notFound', 'There is no such lesson. Choose one from the list of lessons.');
  }

  /** The student's session of a lesson: a new one, or the one there is, which is woken. Throws notFound and unavailable. */
  open(student: number, lesson: string, size: Size | null, comer: Comer = unknownComer): Session {
    this.mustHaveLesson(lesson, student);
    const existing = this.existing(student, lesson);
    if (existing !== undefined) {
      existing.comer = comer;
      if (size !== null) existing.size = size;
      this.wake(existing);
      return existing;
    }
    this.mustTake(comer);
    this.#studentLabs.makeWay(student, null);
    const id = randomBytes(16).toString('base64url');
    const parameters = chooseParameters(this.#lesson(lesson).lab.parameters, id);
    const record = { id, student, lesson, parameters, hosts: new Map<string, string>(), usedAtMs: Date.now() };
    this.#parts.records.add(record);
    const session = this.#addSession(record);
    session.comer = comer;
    if (size !== null) session.size = size;
    this.#entrance.join(session);
    this.admit();
    return session;
  }

  /** Which labs that were typed into would give way if this student opened a lab of `lesson` now; null where none would. */
  wouldGiveWay(student: number, lesson: string): Crowded | null {
    return this.#studentLabs.wouldGiveWay(student, lesson);
  }

  /** Throws unavailable where a new student from there can neither have a lab nor wait for one. */
  mustTake(comer: Comer): void {
    if (this.#draining !== null) throw draining();
    this.#entrance.mustTake(comer);
  }

  /** Starts a session that has failed, has stopped, is frozen or is stored; it waits where there is no room. Idempotent. */
  wake(session: Session): void {
    if (!this.#isDown(session)) return;
    if (session.hosts.size === 0 && this.#draining !== null) throw draining();
    this.#studentLabs.makeWay(session.student, session);
    if (this.#entrance.places.holds(session)) {
      this.#starts.start(session);
      return;
    }
    this.#entrance.join(session);
    this.admit();
  }

  /** Ends a session and removes its hosts; then the next in the queue is let in. Idempotent. */
  end(session: Session, reason: 'idle' | 'request' | 'replaced' | 'operator'): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#entrance.ended(session);
    // Where the record cannot be removed, the next start of the server finds no hosts for it, and ends the session then.
    bookkeeping(this.#parts.log, 'the end of a session', () => this.#parts.records.remove(session.id));
    session.end(reason);
    this.#parts.log.info({ session: session.id, hosts: [...session.hosts.values()], reason }, 'session ended');
    void this.#parts.hosts.removeAll(session.hosts).then(() => this.admit());
  }

  /**
   * One of the session's hosts is not running, or differs from what the session expects. Where a page is open, the session is
   * started again at once; else when its student comes, and until then it rests as `rest` says. Idempotent.
   */
  stopped(session: Session, rest: Rest): void {
    session.release();
    if (session.pages > 0) {
      this.#starts.start(session);
      return;
    }
    session.rest = rest;
    session.move({ phase: 'starting', why: 'return' });
  }

  isStarting(session: Session): boolean {
    return this.#starts.isStarting(session);
  }

  /** Takes up a session of an earlier run of the server. It is started when its student comes, or by `reconcile`. */
  restore(record: SessionRecord): Session {
    const session = this.#addSession(record);
    if (record.hosts.size === 0) this.#entrance.queue.join(session);
    return session;
  }

  /** Lets in sessions that wait, while there are places; then makes spare hosts. */
  admit(): void {
    this.#entrance.admit();
  }

  /** Null while the server is not being drained: then new labs are started. */
  get draining(): Drain | null {
    return this.#draining;
  }

  /**
   * Starts no new labs from now on, and tells all pages; null ends that. Labs that are there go on, and their students can come
   * back to them. Students who wait for a new lab are told that they will not get one. Idempotent.
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

  /** `maxHosts` is how many hosts the engine says it can hold. */
  engineHolds(maxHosts: number): void {
    this.#entrance.places.engineHolds = maxHosts;
  }

  /**
   * Freezes and stores labs that nobody is in, ends those that were kept long enough, and clears the queue of pages that have
   * gone.
   */
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
    void this.#parts.hosts.retryRemovals().then((gone) => (gone ? this.admit() : undefined));
    this.admit();
  }

  /** Lets go of all sessions; their shells and hosts go on. Resolves once nothing is under way in the engine any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#entrance.close();
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.abandon();
    await Promise.all([this.#starts.settled(), ...sessions.map(({ lock }) => lock.settled())]);
    await this.#parts.hosts.settled();
  }

  #isThere(session: Session): boolean {
    return !this.#closed && this.#sessions.has(session.id);
  }

  #lesson(id: string) {
    return this.#parts.lessons.get(id) ?? playgroundLesson;
  }

  /** The session has failed, has stopped, is frozen or is stored, and is not being started. */
  #isDown(session: Session): boolean {
    const { phase } = session.phase;
    const isDown = phase === 'failed' || (phase === 'starting' && session.hosts.size > 0 && !session.active);
    return isDown && !this.isStarting(session);
  }

  /** Stores a session, or takes it out of the queue. Its pages are told. */
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

  #addSession(record: SessionRecord): Session {
    const session = new Session(record, {
      ...this.#parts,
      lesson: this.#lesson(record.lesson),
      shellsEnded: (one) => void this.#starts.restartStopped(one),
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
}

function draining(): ServerError {
  return new ServerError('unavailable', sentences.draining, { retryAfterSeconds: 60 });
}
