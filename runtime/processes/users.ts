// Resolves a container's `--user`: numbers, or names from the container's own /etc/passwd and /etc/group.

import { EngineError } from '../errors.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import type { UserIds } from '../oci/spec.ts';

/**
 * The container's two files, null where there is none. At most 64 KiB; links are followed inside the container only
 * (readBeneath).
 */
export interface UserFiles {
  readonly passwd: string | null;
  readonly group: string | null;
}

export interface ResolvedUser {
  readonly ids: UserIds;
  readonly home: string;
}

interface Entry {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly string[];
}

function entries(file: string | null, idField: number): Entry[] {
  return (file ?? '').split('\n').flatMap((line) => {
    const fields = line.split(':');
    const id = fields[idField];
    return id !== undefined && /^\d{1,10}$/.test(id) ? [{ name: fields[0] ?? '', id: Number(id), fields }] : [];
  });
}

function number(text: string, what: string): number | null {
  if (!/^\d+$/.test(text)) return null;
  const id = Number(text);
  if (text.length > 10 || id >= idsPerHost) {
    throw new EngineError('invalid', `${what} ${text} is out of range: this host has IDs 0 to ${idsPerHost - 1}`);
  }
  return id;
}

/**
 * Resolves `USER[:GROUP]`, as moby does: a name in /etc/passwd wins over a number; a number needs no entry.
 * Throws invalid, and for a name that is in no entry says that it is missing: `unable to find user X: no matching entries in passwd file`.
 */
export function resolveUser(spec: string, files: UserFiles, groupAdd: readonly string[]): ResolvedUser {
  const [userPart = '', groupPart, ...rest] = spec.split(':');
  if (rest.length > 0) throw new EngineError('invalid', `invalid user "${spec}": expected USER or USER:GROUP`);
  const users = entries(files.passwd, 2);
  const groups = entries(files.group, 2);
  const wanted = userPart === '' ? '0' : userPart;
  const user = users.find(({ name }) => name === wanted) ?? users.find(({ id }) => String(id) === wanted);
  const uid = user?.id ?? number(wanted, 'user ID');
  if (uid === null) {
    throw new EngineError('invalid', `unable to find user ${wanted}: no matching entries in passwd file`, {
      missing: 'user',
    });
  }
  const groupId = (group: string): number => {
    const id = groups.find(({ name }) => name === group)?.id ?? number(group, 'group ID');
    if (id === null) {
      throw new EngineError('invalid', `unable to find group ${group}: no matching entries in group file`, {
        missing: 'user',
      });
    }
    return id;
  };
  const own = number(user?.fields[3] ?? '0', 'group ID') ?? 0;
  const gid = groupPart ? groupId(groupPart) : own;
  const listed = groupPart
    ? []
    : groups.filter(({ fields }) => user && (fields[3] ?? '').split(',').includes(user.name)).map(({ id }) => id);
  // CVE-2022-36109: the primary group too. Otherwise a process could leave it, and open a file that shuts that group out.
  const additionalGids = [...new Set([gid, ...listed, ...groupAdd.map(groupId)])].filter((id) => id < idsPerHost);
  if (uid >= idsPerHost) number(String(uid), 'user ID');
  return { ids: { uid, gid, additionalGids }, home: user?.fields[5] || '/' };
}
