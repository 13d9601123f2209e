// The front desk: opens sessions, lets them in as places become free, ends them. Independent of message transport.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { emptyLab } from '../../lessons/schema.ts';
import { kindOf, messageOf, ServerError, sentences } from '../errors.ts';
import type { Lessons } from '../labs/lessons.ts';
import { hostSettleMs, maxQueue, maxSessionsPerStudent, queueGraceMs, sweepMs, untypedIdleTimes } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import type { Size } from '../terminals/terminals.ts';
import type { SessionHosts } from './hosts.ts';
import { Queue } from './queue.ts';
import type { SessionRecord, SessionRecords } from './records.ts';
import { Session, type SessionParts } from './session.ts';

export interface DeskParts extends Omit<SessionParts, 'lab' | 'shellsEnded'> {
  readonly hosts: SessionHosts;
  readonly lessons: Lessons;
  readonly records: SessionRecords;
  readonly log: Logger;
  readonly capacity: number;
  readonly spareHosts: number;
  readonly idleMs: number;
}

export class Desk {
  readonly #parts: DeskParts;
  readonly #sessions = new Map<string, Session>();
  readonly #queue = new Queue<Session>();
  readonly #starting = new Set<string>();
  /** The engine's own bound, where it is lower than the setting; learnt from `status`. */
  #engineCapacity = Number.POSITIVE_INFINITY;
  /** The engine said that it has no room: not asked again before this time, or before a session ends. */
  #fullUntilMs = 0;
  #filling = false;
  #closed = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }
  get counts(): { readonly sessions: number; readonly queued: number } {
    return { sessions: this.#sessions.size - this.#queue.length, queued: this.#queue.length };
  }
  get #holding(): number {
    return this.#sessions.size - this.#queue.length + this.#parts.hosts.removing;
  }
  get #hasRoom(): boolean {
    return this.#holding < this.#capacity && monotonicMs() >= this.#fullUntilMs;
  }
  get #capacity(): number {
    return Math.min(this.#parts.capacity, this.#engineCapacity);
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
  open(student: number, lesson: string, size: Size | null): Session {
    this.mustHaveLesson(lesson);
    const existing = this.existing(student, lesson);
    if (existing !== undefined) {
      if (size !== null) existing.size = size;
      this.wake(existing);
      return existing;
    }
    if (this.#queue.length >= maxQueue) {
      throw new ServerError('unavailable', 'Too many students wait for a lab already. Try again in a few minutes.', {
        retryAfterSeconds: 120,
      });
    }
    const others = this.#of(student);
    if (others.length >= maxSessionsPerStudent) {
      const [stalest] = others.sort((a, b) => b.idle.untypedMs - a.idle.untypedMs);
      if (stalest !== undefined) this.end(stalest, 'replaced');
    }
    const record = { id: randomBytes(16).toString('base64url'), student, lesson, host: null };
    this.#parts.records.add(record);
    const session = this.#take(record);
    if (size !== null) session.size = size;
    this.#queue.join(session);
    this.admit();
    return session;
  }

  /** Starts what of a session has failed or stopped. Idempotent. */
  wake(session: Session): void {
    const { phase } = session.phase;
    if (phase === 'failed' || (phase === 'starting' && session.host !== null && !session.active))
      void this.#start(session);
  }

  /** Ends a session; its host goes, and the next in the queue comes. Idempotent. */
  end(session: Session, reason: 'idle' | 'request' | 'replaced'): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#queue.leave(session.id);
    this.#parts.records.remove(session.id);
    session.end(reason);
    this.#fullUntilMs = 0;
    this.#parts.log.info({ session: session.id, host: session.host, reason }, 'session ended');
    if (session.host === null) this.admit();
    else void this.#parts.hosts.remove(session.host).then(() => this.admit());
  }

  /** Its host has stopped: it is started again at once for a page that looks, else when its student comes. Idempotent. */
  stopped(session: Session): void {
    session.release();
    if (session.pages > 0) void this.#start(session);
    else session.move({ phase: 'starting' });
  }

  isStarting(session: Session): boolean {
    return this.#starting.has(session.id);
  }

  /** Takes up a session of an earlier run. It is started when its student comes, or by `reconcile`. */
  restore(record: SessionRecord): Session {
    const session = this.#take(record);
    if (record.host === null) this.#queue.join(session);
    return session;
  }

  /** Lets in who waits, while there are places; then sees that there are spare hosts. */
  admit(): void {
    while (!this.#closed && this.#queue.length > 0 && this.#hasRoom) {
      const session = this.#queue.next();
      if (session !== undefined) void this.#start(session);
    }
    void this.#fill();
  }

  /** What the engine says of itself. */
  engineHolds(maxHosts: number): void {
    this.#engineCapacity = maxHosts;
  }

  /** Ends sessions that nobody uses, and gives up places in the queue of pages that went. */
  sweep(): void {
    for (const session of [...this.#sessions.values()]) {
      const { withoutPageMs, untypedMs } = session.idle;
      const { idleMs } = this.#parts;
      const limitMs = session.phase.phase === 'queued' ? Math.min(queueGraceMs, idleMs) : idleMs;
      const waits = session.phase.phase === 'queued';
      if (withoutPageMs > limitMs || (!waits && untypedMs > idleMs * untypedIdleTimes)) this.end(session, 'idle');
    }
    this.admit();
  }

  /** Lets go of everything; shells and hosts go on. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.release();
  }

  #of(student: number): Session[] {
    return [...this.#sessions.values()].filter((session) => session.student === student);
  }

  #take(record: SessionRecord): Session {
    const lab = this.#parts.lessons.get(record.lesson)?.lab ?? emptyLab;
    const shellsEnded = (session: Session) => void this.#look(session);
    const session = new Session(record, { ...this.#parts, lab, shellsEnded });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Its last shell has ended: a host that has stopped is started again, after `exit` nothing is done. */
  async #look(session: Session): Promise<void> {
    const name = session.host;
    if (name === null || this.#closed) return;
    try {
      // An engine that is being shut down, or that still clears away after a host that died, is not disturbed.
      await delay(hostSettleMs);
      if (this.#closed || !this.#sessions.has(session.id)) return;
      const { state } = await this.#parts.link.call((engine) => engine.host(name));
      if (state === 'stopped' && this.#sessions.has(session.id)) await this.#start(session);
    } catch (error) {
      if (this.#sessions.has(session.id) && kindOf(error) === 'notFound') this.end(session, 'replaced');
      else this.#parts.log.warn({ session: session.id, error: messageOf(error) }, 'a host was not asked for');
    }
  }

  async #start(session: Session): Promise<void> {
    if (this.#starting.has(session.id) || this.#closed) return;
    this.#starting.add(session.id);
    const { hosts, log } = this.#parts;
    const began = monotonicMs();
    const had = session.host;
    try {
      session.move({ phase: 'starting' });
      const ready =
        had === null
          ? await hosts.take(session.size, (name) => this.#named(session, name))
          : await hosts.revive(had, session.size);
      if (this.#closed) return;
      if (!this.#sessions.has(session.id)) {
        // Ended meanwhile, perhaps before its host was there to be removed.
        await hosts.remove(ready.host.name);
        return;
      }
      session.activate(ready.host, ready.terminals);
      log.info({ session: session.id, host: ready.host.name, ms: Math.round(monotonicMs() - began) }, 'session ready');
    } catch (error) {
      if (this.#sessions.has(session.id)) this.#failed(session, error, had === null);
      else if (session.host !== null) await hosts.remove(session.host);
    } finally {
      this.#starting.delete(session.id);
      void this.#fill();
    }
  }

  /** Called again with another name where the first host could not be made. */
  #named(session: Session, name: string): void {
    const before = session.host;
    if (before !== null) void this.#parts.hosts.remove(before);
    if (this.#sessions.has(session.id)) session.giveHost(name);
    else void this.#parts.hosts.remove(name);
  }

  #failed(session: Session, error: unknown, wasNew: boolean): void {
    const kind = kindOf(error);
    this.#parts.log.error({ session: session.id, host: session.host, error: messageOf(error) }, 'session not started');
    if (wasNew) {
      // Half a host is none: the next attempt begins with another.
      if (session.host !== null) void this.#parts.hosts.remove(session.host);
      session.dropHost();
      if (kind === 'exhausted') {
        this.#fullUntilMs = monotonicMs() + sweepMs;
        this.#queue.rejoin(session);
        return;
      }
    } else if (kind === 'notFound') {
      // Its host is gone (removed by an operator): nothing of it is left to go on with.
      this.end(session, 'replaced');
      return;
    }
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

  /** Spare hosts take places that no session needs. */
  async #fill(): Promise<void> {
    if (this.#filling || this.#closed) return;
    this.#filling = true;
    const { hosts, link, spareHosts } = this.#parts;
    try {
      while (
        !this.#closed &&
        link.up &&
        this.#starting.size === 0 &&
        hosts.spares < spareHosts &&
        this.#holding + hosts.spares < this.#capacity &&
        this.#hasRoom
      ) {
        if (!(await hosts.addSpare())) return;
      }
    } finally {
      this.#filling = false;
    }
  }
}
