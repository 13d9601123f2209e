// Pseudo-terminals (pts(4)). The kernel has one store of them for all: kernel.pty.max. Of these it keeps kernel.pty.reserve for
// the devpts file systems that were mounted in the machine's first mount namespace. So those of the hosts' containers are mounted
// there, each with a most of its own. A student who is root can mount more of them, but only without the reserve, and what is
// mounted here is not theirs to change: nobody's terminals depend on what they take.
//
// Such a file system, and the terminals in it, last as long as a descriptor of it is open: longer than the container, where the
// student wants that. So a host has a certain number of them, and its containers use them one after the other.

import fs from 'node:fs';
import { callNumbers, checked, libcCalls } from './libc.ts';
import { mountPlaces } from './mounts.ts';
import { hasMachineMounts, insideMachineMounts, insideMountsOf } from './namespaces.ts';
import { attachTree } from './trees.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOUNT_ATTR_NOSUID = 2;
const MOUNT_ATTR_NOEXEC = 8;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
/** `tty`, in Docker's images. */
const terminalGroup = 5;

/** Whether the hosts' terminals come from the kernel's reserve. Else a student can leave the others without. */
export const terminalsAreReserved = hasMachineMounts;

export interface TerminalsPlan {
  /** Where they are mounted. */
  readonly directory: string;
  /** The machine's number of the container's root. */
  readonly owner: number;
  /** How many there may be. */
  readonly most: number;
}

/** Mounts a new devpts. Only inside `insideNewMountNamespace`. */
export function mountTerminals(plan: TerminalsPlan): void {
  const tree = newTree(plan);
  try {
    attachTree(tree, plan.directory);
  } finally {
    fs.closeSync(tree);
  }
  giveAway(plan);
}

/** The devpts file systems of a host's containers. */
export interface TerminalPlaces {
  /** A process of ours in whose mount namespace they are kept, and with which they go. */
  readonly keeper: number;
  /** A directory there. */
  readonly directory: string;
  /** The numbers of those that may be used now: as many as a host has, but for those that its other containers use. */
  readonly free: readonly number[];
}

/**
 * Mounts one of the host's: one that nobody has a terminal of, else a new one, else any that is free. Gives its number. Only inside
 * `insideNewMountNamespace`.
 */
export function mountTerminalsAt(places: TerminalPlaces, plan: TerminalsPlan): number {
  const found = insideMountsOf(places.keeper, () => findPlace(places));
  const tree = found.tree ?? fill(places, found.place, plan);
  try {
    attachTree(tree, plan.directory);
  } finally {
    fs.closeSync(tree);
  }
  giveAway(plan);
  return found.place;
}

const pathOf = ({ directory }: TerminalPlaces, place: number): string => `${directory}/${place}`;

/** In the keeper's mount namespace. `tree` is null where nothing is mounted at the place yet. */
function findPlace(places: TerminalPlaces): { readonly place: number; readonly tree: number | null } {
  if (!fs.existsSync(pathOf(places, 0))) {
    mountPlaces(places.directory);
    fs.mkdirSync(pathOf(places, 0));
  }
  let unused: number | null = null;
  let held: number | null = null;
  for (const place of places.free) {
    const directory = pathOf(places, place);
    // What is always in a devpts is ptmx.
    const there = fs.existsSync(directory) ? fs.readdirSync(directory).length : 0;
    if (there === 1) return { place, tree: copyMount(directory) };
    if (there === 0) unused ??= place;
    else held ??= place;
  }
  if (unused === null && held !== null) return { place: held, tree: copyMount(pathOf(places, held)) };
  const place = unused ?? 0;
  fs.mkdirSync(pathOf(places, place), { recursive: true });
  return { place, tree: null };
}

/** Mounts a new one at the place; gives a copy of the mount. */
function fill(places: TerminalPlaces, place: number, plan: TerminalsPlan): number {
  const made = newTree(plan);
  try {
    return insideMountsOf(places.keeper, () => {
      attachTree(made, pathOf(places, place));
      return copyMount(pathOf(places, place));
    });
  } finally {
    fs.closeSync(made);
  }
}

/** A descriptor of a copy of what is mounted at `directory`, which is mounted nowhere yet. */
function copyMount(directory: string): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  return checked('copy a mount', libcCalls.openTree(callNumbers.openTree, AT_FDCWD, directory, flags));
}

/** As it is in a new container, whatever root in the one before has done with it. */
function giveAway({ directory, owner }: TerminalsPlan): void {
  for (const [file, mode] of [
    [directory, 0o755],
    [`${directory}/ptmx`, 0o666],
  ] as const) {
    fs.chownSync(file, owner, owner);
    fs.chmodSync(file, mode);
  }
}

/** A descriptor of the mount of a new devpts that is mounted nowhere yet. */
function newTree({ owner, most }: TerminalsPlan): number {
  const options = { max: most, gid: owner + terminalGroup, mode: '0620', ptmxmode: '0666' };
  const context = insideMachineMounts(() => openContext(options));
  try {
    const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    return checked('mount devpts', libcCalls.fsmount(callNumbers.fsmount, context, FSMOUNT_CLOEXEC, attributes));
  } finally {
    fs.closeSync(context);
  }
}

/** Whose mount namespace the kernel looks at is who asks for the file system, on older kernels who makes it: both here. */
function openContext(options: Readonly<Record<string, string | number>>): number {
  const context = checked('open devpts', libcCalls.fsopen(callNumbers.fsopen, 'devpts', FSOPEN_CLOEXEC));
  const configure = (what: string, command: number, key: string | null, value: string | null): void => {
    checked(what, libcCalls.fsconfig(callNumbers.fsconfig, context, command, key, value, 0));
  };
  try {
    for (const [key, value] of Object.entries(options)) {
      configure(`set ${key} of devpts`, FSCONFIG_SET_STRING, key, String(value));
    }
    configure('make devpts', FSCONFIG_CMD_CREATE, null, null);
    return context;
  } catch (error) {
    fs.closeSync(context);
    throw error;
  }
}
