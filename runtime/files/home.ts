// The home directory of a host's workspace, opened from outside: through the root of the workspace's init, as it sees it.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { openBeneath, pathOf, withRightsOf } from '../kernel/beneath.ts';
import { isAlive } from '../kernel/processes.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import { fileFailure } from './failure.ts';
import { partsOf } from './path.ts';

const homeDirectory = 'home/student';

/** Whose home. */
export interface HomeOf {
  /** The workspace's init and when it started. */
  readonly pid: number;
  readonly startTicks: number;
  readonly uidBase: number;
}

/** An entry: the open folder that it is in, and its name there. */
export interface Place {
  readonly folder: number;
  readonly name: string;
  /** For Node's fs; its end is not followed. */
  readonly path: string;
}

export class Home {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Calls `act` with an O_PATH descriptor of what is at `path`. Throws as the system does. */
  open<T>(path: string, act: (fd: number) => T): T {
    const parts = partsOf(path);
    const fd = openBeneath(this.#fd, parts.length === 0 ? '.' : parts.join('/'));
    try {
      return act(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Calls `act` with the place of `path`, whose folder must be there, but not itself. Throws invalid for the home. */
  at<T>(path: string, act: (place: Place) => T): T {
    const parts = partsOf(path);
    const name = parts.at(-1);
    if (name === undefined) throw new EngineError('invalid', 'the home directory itself stays as it is');
    return this.open(parts.slice(0, -1).join('/'), (folder) =>
      act({ folder, name, path: `${pathOf(folder)}/${name}` }),
    );
  }
}

/**
 * Calls `act` with the home, and with the rights of whom it belongs to, a user of the host in any case. `act` must not await.
 * Throws unavailable where the workspace is gone, notFound where it has no home; `path` is for the messages.
 */
export function inHome<T>({ pid, startTicks, uidBase }: HomeOf, path: string, act: (home: Home) => T): T {
  const root = openRoot(pid, startTicks);
  let fd = -1;
  try {
    fd = openBeneath(root, homeDirectory);
    const { uid, gid } = fs.fstatSync(fd);
    const isTheirs = (id: number): boolean => id >= uidBase && id < uidBase + idsPerHost;
    if (!isTheirs(uid) || !isTheirs(gid))
      throw new EngineError('forbidden', 'the home directory belongs to nobody in this host');
    return withRightsOf(uid, gid, () => act(new Home(fd)));
  } catch (error) {
    throw fileFailure(path, error);
  } finally {
    if (fd >= 0) fs.closeSync(fd);
    fs.closeSync(root);
  }
}

function openRoot(pid: number, startTicks: number): number {
  let root = -1;
  try {
    root = fs.openSync(`/proc/${pid}/root`, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    // Looked at after opening: the number may have gone to another process, of the machine perhaps.
    if (isAlive(pid, startTicks)) return root;
  } catch {
    // falls through: it is gone
  }
  if (root >= 0) fs.closeSync(root);
  throw new EngineError('unavailable', 'the host has stopped; start it first');
}
