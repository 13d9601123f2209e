// Doing something inside other namespaces from this one process, and starting programs in them.
//
// The main thread enters, acts and returns without ever awaiting: nothing else of the process can run in between. A
// program that is started meanwhile is born there. So no helper program is spawned to enter a namespace.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { checked, libcCalls, type SystemCallError } from './libc.ts';
import { bindMount, makePrivate, mountProcOf } from './mounts.ts';
import { isKernelThread } from './processes.ts';
import { type Program, type SpawnPlan, start } from './spawn.ts';

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const CLONE_NEWNET = 0x40000000;
const CLONE_NEWPID = 0x20000000;

const own = {
  mount: fs.openSync('/proc/self/ns/mnt', 'r'),
  net: fs.openSync('/proc/self/ns/net', 'r'),
  pid: fs.openSync('/proc/self/ns/pid', 'r'),
};

function entering<T>(kind: string, path: string, type: number, back: number, act: () => T): T {
  const there = fs.openSync(path, 'r');
  try {
    return between(kind, there, type, back, act);
  } finally {
    fs.closeSync(there);
  }
}

function between<T>(kind: string, there: number, type: number, back: number, act: () => T): T {
  checked(`enter ${kind} namespace`, libcCalls.setns(there, type));
  try {
    return act();
  } finally {
    checked(`leave ${kind} namespace`, libcCalls.setns(back, type));
  }
}

/** NS_MNT_GET_PREV of linux/nsfs.h, since Linux 6.12. */
const NS_MNT_GET_PREV = 0x8010b70c;
const bytesOfMountNamespaceInfo = 16;
/** kthreadd, the kernel's own, in the machine's first PID namespace. */
const kthreadd = 2;

/**
 * The machine's first mount namespace, or null where it cannot be entered. The engine has a mount namespace of its own, and so may
 * have who started it; they may have ended since, too. So neither is asked, but the kernel: by a thread of its own, or by all
 * namespaces, the oldest of which is the first.
 */
function openMachineMounts(): number | null {
  try {
    if (isKernelThread(kthreadd)) return fs.openSync(`/proc/${kthreadd}/ns/mnt`, 'r');
  } catch {
    // not ours to enter by it
  }
  let found = fs.openSync('/proc/self/ns/mnt', 'r');
  for (;;) {
    try {
      const info = Buffer.alloc(bytesOfMountNamespaceInfo);
      const older = checked('find an older namespace', libcCalls.ioctl(found, NS_MNT_GET_PREV, info));
      fs.closeSync(found);
      found = older;
    } catch (error) {
      if ((error as SystemCallError).code === 'ENOENT') return found;
      fs.closeSync(found);
      return null;
    }
  }
}
const machineMounts = openMachineMounts();

/** Whether `insideMachineMounts` gets there. */
export const hasMachineMounts = machineMounts !== null;

/** Calls `act` inside the network namespace of the process `pid`. Sockets made there stay there. `act` must not await. */
export function insideNetworkOf<T>(pid: number, act: () => T): T {
  return entering('network', `/proc/${pid}/ns/net`, CLONE_NEWNET, own.net, act);
}

/** As `insideNetworkOf`, in a namespace that is pinned at `file`. */
export function insideNetworkAt<T>(file: string, act: () => T): T {
  return entering('network', file, CLONE_NEWNET, own.net, act);
}

/** Puts this thread, which is none of the engine's first, into the network namespace pinned at `file` for good. */
export function stayInNetworkAt(file: string): void {
  const there = fs.openSync(file, 'r');
  try {
    checked('enter network namespace', libcCalls.setns(there, CLONE_NEWNET));
  } finally {
    fs.closeSync(there);
  }
}

const nsfsMagic = 0x6e736673;

/** True where a namespace is pinned at `file`. */
export function isPinned(file: string): boolean {
  return fs.existsSync(file) && fs.statfsSync(file).type === nsfsMagic;
}

/**
 * Makes a network namespace, calls `prepare` in it, and only then pins it at `file`, so that one that is pinned is whole. It lasts
 * until the pin is detached. `prepare` must not await.
 */
export function pinNewNetwork(file: string, prepare: () => void): void {
  fs.writeFileSync(file, '', { mode: 0o600 });
  checked('unshare network namespace', libcCalls.unshare(CLONE_NEWNET));
  try {
    prepare();
    bindMount('/proc/thread-self/ns/net', file);
  } finally {
    checked('leave network namespace', libcCalls.setns(own.net, CLONE_NEWNET));
  }
}

/**
 * Calls `act` in a new mount namespace that starts as a private copy of the engine's own. Programs that `act` starts stay
 * in it, and with the last of them it goes, and every mount that was made in it. `act` must not await.
 */
export function insideNewMountNamespace<T>(act: () => T): T {
  checked('unshare mount namespace', libcCalls.unshare(CLONE_NEWNS));
  try {
    makePrivate('/');
    return act();
  } finally {
    // A thread that was born meanwhile would share our root directory, and setns refuses that.
    checked('unshare root directory', libcCalls.unshare(CLONE_FS));
    checked('leave mount namespace', libcCalls.setns(own.mount, CLONE_NEWNS));
  }
}

/**
 * Calls `act` in the machine's first mount namespace, or in this one where that cannot be entered. Only inside `insideNewMountNamespace`, where
 * this thread shares its root directory with no other. `act` must not await.
 */
export function insideMachineMounts<T>(act: () => T): T {
  if (machineMounts === null) return act();
  const here = fs.openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    return between('mount', machineMounts, CLONE_NEWNS, here, act);
  } finally {
    fs.closeSync(here);
  }
}

/**
 * Calls `act` in the mount namespace of process `pid`, whose root directory is this thread's meanwhile. Only inside
 * `insideNewMountNamespace`, as the above. The paths in there are a stranger's: `act` works with descriptors that it had before, or
 * opens the root (`openThreadRoot`) and goes on from there. It must not await, and makes system calls alone.
 */
export function insideMountsOf<T>(pid: number, act: () => T): T {
  const here = fs.openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    return entering('mount', `/proc/${pid}/ns/mnt`, CLONE_NEWNS, here, act);
  } finally {
    fs.closeSync(here);
  }
}

/** The same in a mount namespace that `fd` is a descriptor of. */
export function insideMountsAt<T>(fd: number, act: () => T): T {
  const here = fs.openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    return between('mount', fd, CLONE_NEWNS, here, act);
  } finally {
    fs.closeSync(here);
  }
}

/**
 * Starts `argv` in the PID namespace of process `pid`, with a /proc that shows it. Only inside `insideNewMountNamespace`,
 * whose /proc it may replace.
 */
export function startInPidNamespaceOf(pid: number, argv: readonly string[], plan: SpawnPlan): Program {
  return entering('pid', `/proc/${pid}/ns/pid`, CLONE_NEWPID, own.pid, () => {
    if (mountProcOf(pid, '/proc')) return start(argv, plan);
    return start(['unshare', '--mount-proc=/proc', '--propagation', 'unchanged', ...argv], plan);
  });
}

const kinds = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'] as const;

/**
 * Throws where the process `pid` shares a namespace with the engine. A container joins others by the number of a process in
 * its host, and a number may belong to another process by then: to one of ours, that stands in the machine's namespaces.
 */
export function checkApart(pid: number): void {
  for (const kind of kinds) {
    const theirs = fs.readlinkSync(`/proc/${pid}/ns/${kind}`);
    if (theirs === fs.readlinkSync(`/proc/self/ns/${kind}`)) {
      throw new EngineError('internal', `process ${pid} has the engine's own ${kind} namespace; it is not let run`);
    }
  }
}
