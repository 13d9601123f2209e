// Makes a session ready: makes its hosts, or starts and thaws those that it has, and puts the lab's images and files into new ones.

import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf } from '../errors.ts';
import { fillHost } from '../labs/fill-host.ts';
import { monotonicMs } from '../rate-limit.ts';
import { type ReadyHost, type SessionHosts, settleAll } from './hosts.ts';
import { startSnapshot } from './reset-points.ts';
import type { Session } from './session.ts';

export interface BringUpParts {
  readonly hosts: SessionHosts;
  readonly link: EngineLink;
  readonly log: Logger;
  /** False once the session has ended, or the server ends. */
  readonly isThere: () => boolean;
}

/**
 * Throws what the engine throws, and Error where an image of the lab cannot be had; the caller drops the hosts that were made
 * then. Returns early where the session ends meanwhile.
 */
export async function bringUp(session: Session, { hosts, link, log, isThere }: BringUpParts): Promise<void> {
  if (!isThere()) return;
  const began = monotonicMs();
  session.rest = 'awake';
  const ready =
    session.hosts.size > 0
      ? await backOrOn(session, hosts, log)
      : await hosts.obtain(session.lab, session.size, (names) => {
          const before = session.hosts;
          if (isThere()) session.giveHosts(names);
          void hosts.removeAll(isThere() ? before : names);
        });
  if (isThere() && !session.points.hasStart) await prepare(session, ready, { hosts, link, isThere });
  if (!isThere()) return;
  session.points.arrived();
  session.activate(ready);
  const ms = Math.round(monotonicMs() - began);
  log.info({ session: session.id, hosts: [...session.hosts.values()], ms }, 'session ready');
}

/** The session's hosts, running. Where a reset was cut off, it is done again on all of them; else they are as they were. */
async function backOrOn(session: Session, hosts: SessionHosts, log: Logger): Promise<readonly ReadyHost[]> {
  const { size, lastTerminal, points } = session;
  const back = points.goingBackTo;
  if (back !== null) {
    try {
      return await hosts.takeBack(session.hosts, back.snapshot, size, lastTerminal);
    } catch (error) {
      if (kindOf(error) === 'unavailable') throw error;
      // The reset cannot be finished, so the lab goes on as it is. Tasks that are done in it turn done again by themselves.
      log.error({ session: session.id, to: back.snapshot, error: messageOf(error) }, 'lab not taken back');
    }
  }
  return hosts.revive(session.hosts, size, lastTerminal);
}

/** Fills the hosts and takes the snapshot of the lab's start, once for each session. Idempotent, so that it may be tried again. */
async function prepare(
  session: Session,
  ready: readonly ReadyHost[],
  { hosts, link, isThere }: Omit<BringUpParts, 'log'>,
): Promise<void> {
  const isPlain = session.lab.images.length === 0 && session.files.size === 0;
  if (!isPlain || !ready.every(({ hasStart }) => hasStart)) {
    const told = (step: string) => session.move({ phase: 'starting', step });
    const fill = (name: string, host: string) =>
      link.call((engine) => fillHost(engine, host, name, session, { told, isThere }));
    await settleAll(ready.map(({ name, host }) => fill(name, host.name)));
    if (!isThere()) return;
    await hosts.keep(session.hosts, startSnapshot);
  }
  session.points.add(startSnapshot, null, []);
  session.tellPoints();
}
