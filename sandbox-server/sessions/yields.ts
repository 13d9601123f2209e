// Chooses the lab that gives up its place while others wait: one that its student does not use. It is stored, so nothing in it is
// lost, and its pages are told.

import { enterMs, queueGraceMs, typedYieldTimes } from '../limits.ts';
import { type Comer, countedFor } from './comer.ts';
import type { Lock } from './lock.ts';
import type { Session } from './session.ts';

/** The parts of a session that decide. */
export type Yielding = Pick<Session, 'active' | 'comer' | 'hasTyped' | 'wasEntered' | 'pages' | 'idle'> & {
  readonly lock: Pick<Lock, 'busy'>;
};

export interface YieldParts {
  /** A lab that was never typed into keeps its place for so long. */
  readonly yieldMs: number;
  readonly waiting: Comer;
  /** How many labs the newcomers of a network hold. */
  readonly held: (comer: Comer) => number;
}

/** The newcomers of its network hold more labs than those of the student who waits would hold. Such a lab yields sooner. */
function isCrowded({ comer }: Yielding, { waiting, held }: YieldParts): boolean {
  const network = countedFor(comer);
  return network !== null && network !== waiting.network && held(comer) > held(waiting) + 1;
}

/** How long a lab may be unused while others wait. */
function patienceMs(session: Yielding, parts: YieldParts): number {
  const { yieldMs } = parts;
  if (!session.wasEntered) return Math.min(enterMs, yieldMs);
  const share = isCrowded(session, parts) ? 1 / 2 : 1;
  if (session.hasTyped) return yieldMs * typedYieldTimes * share;
  // A page that reloads is there again within seconds.
  return session.idle.withoutPageMs > queueGraceMs ? Math.min(queueGraceMs, yieldMs) : yieldMs * share;
}

/** The lab that is furthest past the time that it may be unused; undefined where none is past it. */
export function whoYields<T extends Yielding>(sessions: Iterable<T>, parts: YieldParts): T | undefined {
  let found: T | undefined;
  let most = 1;
  for (const session of sessions) {
    if (!session.active || session.lock.busy) continue;
    const overdue = session.idle.unusedForMs / patienceMs(session, parts);
    if (overdue <= most) continue;
    most = overdue;
    found = session;
  }
  return found;
}
