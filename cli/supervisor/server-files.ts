// Whose the server's records are. Another DRYDOCK_USER may have had them before, or the same name with another number, as on the
// machine that a backup is from: the server could read them then, and write nothing down.

import { lchown, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ServerUser } from './server-user.ts';

/**
 * Gives the user the folder and all that is in it. Follows no links. Looks at the folder and what lies right in it, and where that is the
 * user's already does nothing. Those come last, so that one that was cut off is done again. Throws what the file system throws.
 */
export async function giveToUser(folder: string, user: ServerUser): Promise<void> {
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  const owners = await Promise.all([folder, ...files].map((file) => lstat(file)));
  if (owners.every(({ uid, gid }) => uid === user.uid && gid === user.gid)) return;
  await giveTree(folder, user);
}

async function giveTree(file: string, user: ServerUser): Promise<void> {
  if ((await lstat(file)).isDirectory())
    for (const name of await readdir(file)) await giveTree(path.join(file, name), user);
  await lchown(file, user.uid, user.gid);
}
