// Whether the server's user can get to Drydock's folders: below /root, or another's home, nobody but their owners can.

import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from '../settings.ts';
import { lookUpUser, type ServerUser } from '../supervisor/server-user.ts';
import { type Finding, good, lacking } from './finding.ts';

/** The folder and those above it, the outermost first. */
function wayTo(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [...wayTo(parent), folder];
}

/** `user` is null where it is not made yet. */
function mayPass(folder: string, user: ServerUser | null): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === user?.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === user?.gid ? 0o010 : 0o001)) !== 0;
}

/** The outermost folder on the way that the user may not go through; undefined where there is none. */
function barrier(folder: string, user: ServerUser | null): string | undefined {
  return wayTo(folder).find((part) => existsSync(part) && !mayPass(part, user));
}

/** Of the run directory the way to it counts: itself is opened at each start. */
export async function examineFolders({ data, run, user }: Pick<Settings, 'data' | 'run' | 'user'>): Promise<Finding> {
  const name = 'folders';
  const who = await lookUpUser(user);
  const [ofData, ofRun] = [barrier(data, who), barrier(path.dirname(run), who)];
  const [setting, place, closed] = ofData ? ['DRYDOCK_DATA', data, ofData] : ['DRYDOCK_RUN', run, ofRun];
  if (closed === undefined) return good(name, `${data} and ${run}: ${user} can get there`);
  return lacking(
    name,
    `${setting} is ${place}, and ${closed} keeps the user ${user} out`,
    `The server runs as that user and has files there. Set ${setting} to a folder elsewhere, or let others pass: chmod o+x ${closed}`,
  );
}
