// The unprivileged user that the server runs as.

import { Failure } from '../failure.ts';
import { tryProgram } from '../run-program.ts';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Null where there is no such user. */
export async function lookUpUser(name: string): Promise<ServerUser | null> {
  const { exitCode, stdout } = await tryProgram('getent', ['passwd', name]);
  const [, , uid, gid] = stdout.trim().split(':');
  return exitCode === 0 && uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
}

/** Makes the user, and a group of the same name, where it is missing. Throws Failure, also where the name is root's. */
export async function ensureServerUser(name: string): Promise<ServerUser> {
  const existing = await lookUpUser(name);
  if (existing?.uid === 0)
    throw new Failure(`DRYDOCK_USER=${name} is root. The server must run as a user without power.`);
  if (existing) return existing;
  const added = await tryProgram('useradd', [
    ...['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'],
    ...['--shell', '/usr/sbin/nologin', '--comment', 'Drydock server', name],
  ]);
  const made = await lookUpUser(name);
  if (made) return made;
  throw new Failure(
    `The user ${name}, whom the server runs as, cannot be made: ${added.stderr.trim()}. Add it by hand.`,
  );
}
