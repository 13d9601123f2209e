// What an operator sees of the sessions: who, where, how far, how much memory, since when.

import { createHash } from 'node:crypto';
import type { EngineLink } from '../engine-link.ts';
import { maxUsageAtOnce } from '../limits.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionReport } from './protocol.ts';

/** The same for as long as there is the session. */
export function handleOf({ id }: Pick<Session, 'id'>): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 8);
}

function stateOf({ phase, rest, pages }: Session): SessionReport['state'] {
  if (phase.phase === 'queued' || phase.phase === 'failed' || phase.phase === 'ready') return phase.phase;
  if (rest !== 'awake') return rest;
  return phase.phase === 'starting' && phase.why === 'return' && pages === 0 ? 'waiting' : 'starting';
}

/** Null where the engine does not say; a host that is stopped uses nothing. */
async function memoryOf(session: Session, link: EngineLink): Promise<number | null> {
  if (session.hosts.size === 0 || session.rest === 'stored') return 0;
  try {
    let bytes = 0;
    for (const host of session.hosts.values())
      bytes += (await link.call((engine) => engine.usage(host), 0)).memoryBytes;
    return bytes;
  } catch {
    return null;
  }
}

async function reportOf(session: Session, link: EngineLink): Promise<SessionReport> {
  const done = session.lab.tasks.filter(({ id }) => session.done.has(id));
  return {
    id: handleOf(session),
    student: session.student,
    network: session.comer.network,
    lesson: session.lesson,
    task: session.lab.tasks.find(({ id }) => !session.done.has(id))?.id ?? null,
    tasksDone: done.length,
    tasks: session.lab.tasks.length,
    state: stateOf(session),
    pages: session.pages,
    memoryBytes: await memoryOf(session, link),
    usedAt: new Date(Date.now() - session.idle.unusedMs).toISOString(),
    hosts: [...session.hosts.values()],
  };
}

/** The one used last comes first. The engine is asked about a few at a time, because it has students to serve. */
export async function reportsOf(sessions: Iterable<Session>, link: EngineLink): Promise<readonly SessionReport[]> {
  const left = [...sessions];
  const reports: SessionReport[] = [];
  const work = async (): Promise<void> => {
    for (let session = left.shift(); session !== undefined; session = left.shift())
      reports.push(await reportOf(session, link));
  };
  await Promise.all(Array.from({ length: maxUsageAtOnce }, work));
  return reports.sort((one, other) => other.usedAt.localeCompare(one.usedAt));
}
