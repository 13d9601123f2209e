// Makes a session ready: makes its hosts, or starts and thaws those that it has, and puts the lab's images and files into new ones.

import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf } from '../errors.ts';
import { fillHost } from '../labs/fill-host.ts';
import { type WaitOptions, workspaceBuilt } from '../labs/wait-for-image.ts';
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
  const waits = { told: (step: string) => session.move({ phase: 'starting', step }), isThere };
  if (session.hosts.size === 0) await workspacesBuilt(session, link, waits);
  if (!isThere()) return;
  const ready =
    session.hosts.size > 0
      ? await backOrOn(session, hosts, log)
      : await hosts.obtain(session.lab, session.size, (names) => {
          const before = session.hosts;
          if (isThere()) session.giveHosts(names);
          void hosts.removeAll(isThere() ? before : names);
        });
  if (isThere() && !session.points.hasStart) await prepare(session, ready, hosts, link, waits);
  if (!isThere()) return;
  session.points.arrived();
  session.activate(ready);
  const ms = Math.round(monotonicMs() - began);
  log.info({ session: session.id, hosts: [...session.hosts.values()], ms }, 'session ready');
}

/** Waits for the images that the lab's machines are made from: on a machine's first start students are faster than the catalogue. */
async function workspacesBuilt({ lab }: Session, link: EngineLink, waits: WaitOptions): Promise<void> {
  // A host of the plain workspace is made as soon as that is there.
  const workspaces = new Set(lab.hosts.map(({ workspace }) => workspace).filter((name) => name !== 'workspace'));
  await settleAll([...workspaces].map((name) => link.call((engine) => workspaceBuilt(engine, name, waits))));
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
  hosts: SessionHosts,
  link: EngineLink,
  waits: WaitOptions,
): Promise<void> {
  const isPlain = session.lab.images.length === 0 && session.files.size === 0;
  if (!isPlain || !ready.every(({ hasStart }) => hasStart)) {
    const fill = (name: string, host: string) => link.call((engine) => fillHost(engine, host, name, session, waits));
    await settleAll(ready.map(({ name, host }) => fill(name, host.name)));
    if (!waits.isThere()) return;
    await hosts.keep(session.hosts, startSnapshot);
  }
  session.points.add(startSnapshot, null, []);
  session.tellPoints();
}
