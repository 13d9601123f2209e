// Compares sessions with the engine's hosts: after a start of the server, and whenever the engine comes back.

import type { HostInfo } from '@drydock/runtime';
import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { messageOf } from '../errors.ts';
import { maxCreating } from '../limits.ts';
import type { Desk } from './desk.ts';
import { isSessionHost, type ReadyHost, type SessionHosts } from './hosts.ts';
import type { Rest, Session } from './session.ts';

type There = ReadonlyMap<string, HostInfo>;

/** A session's hosts as the engine has them, by the lab's names; null if one of them is gone. */
function hostsOf(session: Session, there: There): readonly { readonly name: string; readonly info: HostInfo }[] | null {
  const found = [...session.hosts].flatMap(([name, host]) => {
    const info = there.get(host);
    return info === undefined ? [] : [{ name, info }];
  });
  return found.length === session.hosts.size ? found : null;
}

/** How a session rests, by its hosts' states, if at least one of them does not run. */
function restOf(states: readonly HostInfo['state'][]): Rest {
  if (states.every((state) => state === 'stopped')) return 'stored';
  // It is about to run again by itself, and has its place.
  return states.includes('starting') ? 'awake' : 'frozen';
}

/**
 * Takes up every session whose hosts run, ends those of which a host is gone, and removes hosts that no session has but for
 * `kept`. Hosts that are frozen or stopped are left so until their student comes. Idempotent. Throws unavailable where the engine
 * stays away.
 */
export async function reconcile(
  desk: Desk,
  hosts: SessionHosts,
  kept: ReadonlySet<string>,
  link: EngineLink,
  log: Logger,
): Promise<void> {
  const { maxHosts } = await link.call((engine) => engine.status());
  desk.engineHolds(maxHosts);
  const there: There = new Map((await link.call((engine) => engine.hosts())).map((host) => [host.name, host]));
  const toTakeUp: Session[] = [];
  for (const session of [...desk.sessions]) {
    // Most likely it failed because the engine was away, and its student waits.
    if (session.phase.phase === 'failed' && session.pages > 0) desk.wake(session);
    if (session.hosts.size === 0 || session.lock.busy) continue;
    const found = hostsOf(session, there);
    if (found === null) desk.end(session, 'replaced');
    else if (found.some(({ info }) => info.state !== 'running')) {
      if (session.phase.phase !== 'queued') desk.stopped(session, restOf(found.map(({ info }) => info.state)));
    } else if (
      !session.points.hasStart ||
      session.points.goingBackTo !== null ||
      found.some(({ info }) => session.startedAgain(info))
    )
      desk.stopped(session, 'awake');
    else if (!session.active) toTakeUp.push(session);
  }
  const owned = new Set([...desk.sessions].flatMap((session) => [...session.hosts.values()]));
  for (const name of there.keys()) {
    if (!isSessionHost(name) || owned.has(name) || kept.has(name) || hosts.isBusy(name)) continue;
    log.info({ host: name }, 'removing a host that no session has');
    void hosts.remove(name);
  }
  const takeUp = async (): Promise<void> => {
    for (let session = toTakeUp.shift(); session !== undefined; session = toTakeUp.shift()) {
      const found = hostsOf(session, there);
      if (found === null || session.active || session.lock.busy) continue;
      try {
        const ready = await Promise.all(
          found.map(async ({ name, info }): Promise<ReadyHost> => {
            return { name, host: info, terminals: await link.call((engine) => engine.terminals(info.name)) };
          }),
        );
        // The student may have come meanwhile, and the session is being started for them.
        if (session.active || session.lock.busy || session.phase.phase === 'ended') continue;
        // Without a shell: the engine has restarted the hosts by itself.
        const hasShell = ready.some(({ terminals }) => terminals.some(({ running }) => running));
        if (hasShell) session.activate(ready);
        else desk.stopped(session, 'awake');
      } catch (error) {
        log.warn({ session: session.id, error: messageOf(error) }, 'a session was not taken up');
        // Where a page is open, it is tried again now. Else the session is started when its student comes.
        if (session.pages > 0) desk.wake(session);
      }
    }
  };
  await Promise.all(Array.from({ length: maxCreating }, takeUp));
  desk.admit();
}
