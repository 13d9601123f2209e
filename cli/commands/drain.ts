// `drydock drain`: no new labs from now on, so that Drydock can be taken down when those that are open have ended.

import { operatorPaths, operatorStatus, sessionReport } from '@drydock/sandbox-server/operator';
import * as z from 'zod';
import { exitUsage, Failure } from '../failure.ts';
import { askServer, tellServer } from '../operator.ts';

/** `18:00` of today, or of tomorrow where that is over; `30m`, `2h` from now. Throws Failure where it is neither. */
export function timeOf(text: string, now: Date): Date {
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  const span = /^(\d{1,4})(m|min|h)$/.exec(text);
  if (clock && Number(clock[1]) < 24 && Number(clock[2]) < 60) {
    const at = new Date(now);
    at.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    if (at <= now) at.setDate(at.getDate() + 1);
    return at;
  }
  if (span) return new Date(now.getTime() + Number(span[1]) * (span[2] === 'h' ? 3_600_000 : 60_000));
  throw new Failure(`"${text}" is no time. Write 18:00, 30m or 2h.`, { exitCode: exitUsage });
}

/** Without a time the pages say that it is soon. */
export async function startDrain(time: string | undefined): Promise<void> {
  const at = time === undefined ? null : timeOf(time, new Date());
  await tellServer('PUT', operatorPaths.drain, { at: at === null ? null : at.toISOString() });
  const sessions = await askServer(z.array(sessionReport), 'GET', operatorPaths.sessions);
  const used = sessions.filter(({ pages }) => pages > 0).length;
  const when = at === null ? 'soon' : `at ${at.toTimeString().slice(0, 5)}`;
  console.log(
    `No new labs are started, and every page says that Drydock will be taken down ${when}. ` +
      `${sessions.length === 1 ? '1 lab is' : `${sessions.length} labs are`} there, ${used} of them in use. drydock drain --end undoes this.`,
  );
}

export async function endDrain(): Promise<void> {
  const { drain } = await askServer(operatorStatus, 'GET', operatorPaths.status);
  await tellServer('DELETE', operatorPaths.drain);
  console.log(drain === null ? 'It was not drained.' : 'New labs are started again.');
}
