// What is due with a session that is left alone: frozen after a short time, stored after a longer one, ended after days.

import { queueGraceMs, untypedIdleTimes } from '../limits.ts';
import type { Lock } from './lock.ts';
import type { Session } from './session.ts';

export interface RestTimes {
  /** Without a page, until nothing runs in it any more. */
  readonly freezeMs: number;
  /** Without a page, or `untypedIdleTimes` as long without typing, until it holds no memory either. */
  readonly idleMs: number;
  /** Without a page, until it ends. */
  readonly keepMs: number;
}

/** `store` sends pages away that are open all the same. */
export type Due = 'nothing' | 'freeze' | 'store' | 'leave the queue' | 'end';

/** What of a session it hangs on. */
export type Resting = Pick<Session, 'idle' | 'hosts' | 'phase' | 'rest'> & { readonly lock: Pick<Lock, 'busy'> };

export function dueOf(session: Resting, { freezeMs, idleMs, keepMs }: RestTimes): Due {
  const { withoutPageMs, untypedMs, unusedMs } = session.idle;
  const hasHosts = session.hosts.size > 0;
  const { phase } = session.phase;
  if (phase === 'queued') {
    if (withoutPageMs <= Math.min(queueGraceMs, idleMs)) return 'nothing';
    return hasHosts ? 'leave the queue' : 'end';
  }
  if (session.lock.busy) return 'nothing';
  if (session.rest === 'stored') return unusedMs > keepMs ? 'end' : 'nothing';
  // The second: a page that stays open in an empty room. What failed or was not taken up holds its place no longer either.
  if (withoutPageMs > idleMs || untypedMs > idleMs * untypedIdleTimes) return hasHosts ? 'store' : 'end';
  return hasHosts && session.rest === 'awake' && withoutPageMs > freezeMs ? 'freeze' : 'nothing';
}
