// Starts sessions, one attempt at a time for each, with one of these results: ready, waiting for room again, failed, ended.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf, ServerError, sentences } from '../errors.ts';
import { hostSettleMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import { bringUp } from './bring-up.ts';
import { type SessionHosts, settleAll } from './hosts.ts';
import type { Session } from './session.ts';

export interface StartsParts {
  readonly hosts: SessionHosts;
  readonly link: EngineLink;
  readonly log: Logger;
  /** False once the session has ended, or the server ends. */
  readonly isThere: (session: Session) => boolean;
  /** The server ends. Hosts that were made stay, for the server that is started next. */
  readonly isClosed: () => boolean;
  /** There was no room for a new lab. Answers whether it waits in the queue again. */
  readonly waitsAgain: (session: Session, kind: 'exhausted' | 'noSpace') => boolean;
  /** A host of the session is gone, so the session cannot go on. */
  readonly lost: (session: Session) => void;
  /** Called when a lab has started, with the seconds that it took; with null when it could not be started. */
  readonly broughtUp: (seconds: number | null) => void;
  /** An attempt is over: there may be room for others. */
  readonly over: () => void;
}

export class Starts {
  readonly #parts: StartsParts;
  readonly #starting = new Map<string, Promise<void>>();

  constructor(parts: StartsParts) {
    this.#parts = parts;
  }

  isStarting({ id }: Session): boolean {
    return this.#starting.has(id);
  }

  /** Resolves once every attempt that is under way is over. Never throws. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#starting.values());
  }

  /** Does nothing where the session is being started already, or has ended. */
  start(session: Session): void {
    const { hosts, log, link, isThere, isClosed, broughtUp, over } = this.#parts;
    if (this.isStarting(session) || !isThere(session)) return;
    const { phase } = session;
    const returns = session.rest !== 'awake' || (phase.phase === 'starting' && phase.why === 'return');
    session.move(returns ? { phase: 'starting', why: 'return' } : { phase: 'starting' });
    const isNew = session.hosts.size === 0;
    const beganMs = monotonicMs();
    const started = session.lock
      .hold(() => bringUp(session, { hosts, link, log, isThere: () => isThere(session) }))
      .then(() => {
        if (session.active) broughtUp((monotonicMs() - beganMs) / 1000);
      })
      .catch((error: unknown) => {
        broughtUp(null);
        if (isThere(session)) this.#failed(session, error, isNew);
      })
      .then(async () => {
        // The session ended meanwhile, perhaps before its hosts were made.
        if (!isClosed() && !isThere(session)) await hosts.removeAll(session.hosts);
      })
      .finally(() => {
        this.#starting.delete(session.id);
        over();
      });
    this.#starting.set(session.id, started);
  }

  /** The session's last shell has ended. Where a host has stopped, it is started again; after a mere `exit` nothing is done. */
  async restartStopped(session: Session): Promise<void> {
    const { link, log, isThere, lost } = this.#parts;
    if (session.hosts.size === 0 || !isThere(session)) return;
    try {
      // The engine may be shutting down, or still be clearing away after the host.
      await delay(hostSettleMs);
      // The session was stored or reset meanwhile, which starts what is needed by itself.
      if (!isThere(session) || !session.active) return;
      const hosts = await settleAll(
        [...session.hosts.values()].map((name) => link.call((engine) => engine.host(name))),
      );
      if (!isThere(session) || !session.active) return;
      if (hosts.some((host) => host.state === 'stopped' || session.startedAgain(host))) {
        // The checks must not take what the start does for the student's work.
        session.release();
        this.start(session);
      }
    } catch (error) {
      if (!isThere(session)) return;
      if (kindOf(error) === 'notFound') lost(session);
      else log.warn({ session: session.id, error: messageOf(error) }, 'a host was not asked for');
    }
  }

  #failed(session: Session, error: unknown, wasNew: boolean): void {
    const { hosts, log, waitsAgain, lost } = this.#parts;
    const kind = kindOf(error);
    log.error({ session: session.id, error: messageOf(error) }, 'session not started');
    if (wasNew) {
      // Half a lab is of no use. The next attempt begins with other hosts.
      const made = session.hosts;
      session.dropHosts();
      // There may be room soon: a stored lab ends for it now, or a student leaves.
      const waits = (kind === 'exhausted' || kind === 'noSpace') && waitsAgain(session, kind);
      void hosts.removeAll(made);
      if (waits) return;
    } else if (kind === 'notFound') {
      // An operator has removed its host.
      lost(session);
      return;
    }
    sayFailed(session, error);
  }
}

/** Tells the session's pages that it could not be started, or taken back, and why. */
export function sayFailed(session: Session, error: unknown): void {
  session.move({ phase: 'failed', message: failureOf(error) });
}

function failureOf(error: unknown): string {
  if (error instanceof ServerError) return error.message;
  const kind = kindOf(error);
  if (kind === 'unavailable') return sentences.engineAway;
  return kind === 'noSpace'
    ? 'The machine has no room for another lab right now. Try again when others have finished.'
    : 'The lab could not be started; the server’s log says why. Try again.';
}
