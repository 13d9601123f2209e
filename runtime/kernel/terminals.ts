// Pseudo-terminals (pts(4)). The kernel has one store of them for all: kernel.pty.max. Of these it keeps kernel.pty.reserve for
// the devpts file systems that were mounted in the machine's first mount namespace. So those of the hosts' containers are mounted
// there, each with a most of its own. A student who is root can mount more of them, but only without the reserve, and what is
// mounted here is not theirs to change: nobody's terminals depend on what they take.

import fs from 'node:fs';
import { callNumbers, checked, libcCalls } from './libc.ts';
import { insideMachineMounts } from './namespaces.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOUNT_ATTR_NOSUID = 2;
const MOUNT_ATTR_NOEXEC = 8;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;
/** `tty`, in Docker's images. */
const terminalGroup = 5;

/**
 * Mounts a devpts of one container's own on `directory`, with room for `most` terminals. `owner` is the machine's number of the
 * container's root. Only inside `insideNewMountNamespace`.
 */
export function mountTerminals(directory: string, owner: number, most: number): void {
  const options = { max: most, gid: owner + terminalGroup, mode: '0620', ptmxmode: '0666' };
  const context = insideMachineMounts(() => openContext(options));
  try {
    const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    const mount = libcCalls.fsmount(callNumbers.fsmount, context, FSMOUNT_CLOEXEC, attributes);
    const tree = checked('mount devpts', mount);
    try {
      const move = libcCalls.moveMount(callNumbers.moveMount, tree, '', AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH);
      checked(`attach devpts to ${directory}`, move);
    } finally {
      fs.closeSync(tree);
    }
  } finally {
    fs.closeSync(context);
  }
  fs.chownSync(directory, owner, owner);
  fs.chownSync(`${directory}/ptmx`, owner, owner);
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
