// Which labs of a student give way when one more is opened: a few may take memory at once, and a few more are kept.

import { maxOpenPerStudent, maxSessionsPerStudent } from '../limits.ts';
import type { Lock } from './lock.ts';
import type { Session } from './session.ts';

/** The parts of a session that decide. */
export type Opened = Pick<Session, 'id' | 'active' | 'rest'> & {
  readonly idle: Pick<Session['idle'], 'untypedMs'>;
  readonly lock: Pick<Lock, 'busy'>;
};

export interface GivesWay<T> {
  readonly ends: readonly T[];
  readonly goesToRest: readonly T[];
}

/** Which of a student's `others` give way: those used longest ago. `isNew`: the lab that is opened does not exist yet. */
export function givesWay<T extends Opened>(
  others: readonly T[],
  isNew: boolean,
  isQueued: (one: T) => boolean,
): GivesWay<T> {
  const stalestFirst = [...others].sort((a, b) => b.idle.untypedMs - a.idle.untypedMs);
  const ends = stalestFirst.splice(0, isNew ? Math.max(0, others.length - maxSessionsPerStudent + 1) : 0);
  // A lab that is being changed counts as open, also where it is just being stored: storing it once more does no harm. A lab that
  // was not taken up yet after a start of the server does not count.
  const isOpen = (one: T) =>
    isQueued(one) || (one.rest !== 'stored' && (one.active || one.lock.busy || one.rest === 'frozen'));
  const open = stalestFirst.filter(isOpen);
  return { ends, goesToRest: open.slice(0, Math.max(0, open.length - maxOpenPerStudent + 1)) };
}
