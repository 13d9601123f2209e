// When a session that nobody uses is frozen (after minutes), stored (after an hour) and ended (after days).

import { queueGraceMs, untypedIdleTimes } from '../limits.ts';
import type { Lock } from './lock.ts';
import type { Session } from './session.ts';

export interface RestTimes {
  /** Without a page for so long, it is frozen: nothing runs in it. */
  readonly freezeMs: number;
  /** Without a page for so long, or without typing for `untypedIdleTimes` as long, it is stored: it takes no memory. */
  readonly idleMs: number;
  /** Without a page for so long, it ends. */
  readonly keepMs: number;
}

/** `store`: pages that are open all the same are closed. */
export type Due = 'nothing' | 'freeze' | 'store' | 'leave the queue' | 'end';

/** The parts of a session that decide. */
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
  // `untypedMs` is for a page that stays open while nobody is there. All this holds for sessions too that failed or were not
  // taken up.
  if (withoutPageMs > idleMs || untypedMs > idleMs * untypedIdleTimes) return hasHosts ? 'store' : 'end';
  return hasHosts && session.rest === 'awake' && withoutPageMs > freezeMs ? 'freeze' : 'nothing';
}
