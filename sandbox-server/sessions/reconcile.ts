// Compares sessions with the engine's hosts: after a start of the server, and whenever the engine comes back.

import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { messageOf } from '../errors.ts';
import { maxCreating } from '../limits.ts';
import type { Desk } from './desk.ts';
import { isSessionHost, type SessionHosts } from './hosts.ts';
import type { Session } from './session.ts';

/**
 * Takes up every session whose host runs, ends those whose host is gone, and removes hosts that no session has. A host
 * that is stopped is started when its student comes. Idempotent. Throws unavailable where the engine stays away.
 */
export async function reconcile(desk: Desk, hosts: SessionHosts, link: EngineLink, log: Logger): Promise<void> {
  const { maxHosts } = await link.call((engine) => engine.status());
  desk.engineHolds(maxHosts);
  const there = new Map((await link.call((engine) => engine.hosts())).map((host) => [host.name, host]));
  const toTakeUp: Session[] = [];
  for (const session of [...desk.sessions]) {
    // It failed because the engine was away, most likely, and its student waits.
    if (session.phase.phase === 'failed' && session.pages > 0) desk.wake(session);
    if (session.host === null || desk.isStarting(session)) continue;
    const host = there.get(session.host);
    if (host === undefined) desk.end(session, 'replaced');
    else if (host.state === 'running' && !session.active) toTakeUp.push(session);
    else if (host.state === 'stopped') desk.stopped(session);
  }
  const owned = new Set([...desk.sessions].map(({ host }) => host));
  for (const name of there.keys()) {
    if (!isSessionHost(name) || owned.has(name) || hosts.isBusy(name)) continue;
    log.info({ host: name }, 'removing a host that no session has');
    void hosts.remove(name);
  }
  const takeUp = async (): Promise<void> => {
    for (let session = toTakeUp.shift(); session !== undefined; session = toTakeUp.shift()) {
      const { host } = session;
      const info = host === null ? undefined : there.get(host);
      if (host === null || info === undefined || session.active || desk.isStarting(session)) continue;
      try {
        const terminals = await link.call((engine) => engine.terminals(host));
        session.activate(info, terminals);
      } catch (error) {
        log.warn({ session: session.id, host, error: messageOf(error) }, 'a session was not taken up');
      }
    }
  };
  await Promise.all(Array.from({ length: maxCreating }, takeUp));
  desk.admit();
}
