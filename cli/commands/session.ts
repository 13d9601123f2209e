// `drydock session …`: the labs that students have open, and their end.

import { operatorPaths, sessionReport } from '@drydock/sandbox-server/operator';
import * as z from 'zod';
import { askServer, tellServer } from '../operator.ts';
import { formatSize } from '../sizes.ts';
import { formatTable } from '../table.ts';

/** `4 min`, `3 h`, `2 days` ago. */
function ago(time: string): string {
  const minutes = Math.max(0, (Date.now() - Date.parse(time)) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60 / 24)} days`;
}

export async function listSessions(options: { readonly json: boolean }): Promise<void> {
  const sessions = await askServer(z.array(sessionReport), 'GET', operatorPaths.sessions);
  if (options.json) {
    console.log(JSON.stringify(sessions, null, 2));
    return;
  }
  const rows = sessions.map((session) => [
    ...[session.id, `${session.student}`, session.network ?? '-', session.lesson],
    session.tasks === 0 ? '-' : `${session.tasksDone} of ${session.tasks}${session.task ? `, at ${session.task}` : ''}`,
    ...[session.state, String(session.pages), session.memoryBytes === null ? '-' : formatSize(session.memoryBytes)],
    ago(session.usedAt),
  ]);
  const head = ['ID', 'STUDENT', 'NETWORK', 'LESSON', 'TASKS', 'STATE', 'PAGES', 'MEMORY', 'USED'];
  console.log(formatTable([head, ...rows]));
}

/** The student's progress stays; the hosts go with all that is in them. */
export async function endSession(id: string): Promise<void> {
  await tellServer('DELETE', operatorPaths.session + encodeURIComponent(id));
  console.log(id);
}
