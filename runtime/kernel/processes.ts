// Processes by PID and start time, so that a PID that was given to another process is never taken for ours.

import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { callNumbers, libcCalls } from './libc.ts';

/** The fields of /proc/PID/stat from the third on, read once; null where there is no such process. */
function statOf(pid: number): { readonly name: string; readonly fields: readonly string[] } | null {
  if (pid <= 0) return null;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name, may hold spaces and parentheses: count from the last one.
    const end = stat.lastIndexOf(')');
    return { name: stat.slice(stat.indexOf('(') + 1, end), fields: stat.slice(end + 2).split(' ') };
  } catch {
    return null;
  }
}

/** Places in `fields`: of field N in proc_pid_stat(5), N - 3. */
const at = { state: 0, parent: 1, flags: 6, startTicks: 19 };

/** Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot; 0 where there is none. */
export function startTicksOf(pid: number): number {
  return Number(statOf(pid)?.fields[at.startTicks] ?? 0);
}

/** The fields of that very process, where it has not ended; a zombie has. */
function fieldsWhileAlive(pid: number, startTicks: number): readonly string[] | null {
  const fields = statOf(pid)?.fields;
  if (fields === undefined || startTicks === 0 || Number(fields[at.startTicks]) !== startTicks) return null;
  return ['Z', 'X'].includes(fields[at.state] ?? '') ? null : fields;
}

/** True where `pid` is still the process that started at `startTicks`. A zombie counts as gone. */
export function isAlive(pid: number, startTicks: number): boolean {
  return fieldsWhileAlive(pid, startTicks) !== null;
}

/** True where some process has that number, perhaps another one by now, or a zombie. Ten times as cheap as `isAlive`. */
export function isNumberTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Numbers of poll(2) and ppoll(2). */
const pollCalls: readonly (string | undefined)[] = process.arch === 'arm64' ? ['73'] : ['7', '271'];

/** True where a process that is stopped was waiting in poll(2), with nothing in hand. proc_pid_syscall(5). */
export function isStoppedInPoll(pid: number): boolean {
  try {
    return pollCalls.includes(fs.readFileSync(`/proc/${pid}/syscall`, 'latin1').split(' ')[0]);
  } catch {
    return false;
  }
}

/** PF_KTHREAD (linux/sched.h), in field 9 of /proc/PID/stat. */
const kernelThread = 0x20_0000;

export function isKernelThread(pid: number): boolean {
  return (Number(statOf(pid)?.fields[at.flags] ?? 0) & kernelThread) !== 0;
}

/** PF_EXITING (linux/sched.h), in field 9 of /proc/PID/stat. */
const exiting = 0x4;

/**
 * True where the process has ended, or has begun to: the init of a PID namespace ends only once every process in it has been ended
 * by the kernel, and a frozen one keeps it waiting.
 */
export function isEnding(pid: number, startTicks: number): boolean {
  const fields = fieldsWhileAlive(pid, startTicks);
  return fields === null || (Number(fields[at.flags]) & exiting) !== 0;
}

/** The parent of that very process, a zombie too, and the parent's name (comm); null where the process is gone. */
export function parentOf({ pid, startTicks }: KnownProcess): (KnownProcess & { readonly name: string }) | null {
  const fields = statOf(pid)?.fields;
  if (fields === undefined || Number(fields[at.startTicks]) !== startTicks) return null;
  const parent = Number(fields[at.parent]);
  const found = statOf(parent);
  return found && { pid: parent, startTicks: Number(found.fields[at.startTicks]), name: found.name };
}

export interface KnownProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

/**
 * Sends a signal to that very process; false where it is gone, or a zombie. It is held by a descriptor (pidfd_open(2)) while
 * it is looked at, so that its number cannot become another's in between.
 */
export function signalProcess({ pid, startTicks }: KnownProcess, name: NodeJS.Signals | number): boolean {
  const number = typeof name === 'number' ? name : os.constants.signals[name];
  const fd = pid > 0 ? libcCalls.pidfdOpen(callNumbers.pidfdOpen, pid, 0) : -1;
  if (fd < 0) return false;
  try {
    return (
      isAlive(pid, startTicks) && libcCalls.pidfdSendSignal(callNumbers.pidfdSendSignal, fd, number, null, 0) === 0
    );
  } finally {
    fs.closeSync(fd);
  }
}

/** Sends a signal to whoever has that number now; false where nobody has. For a number that was looked up this moment. */
export function signal(pid: number, name: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Resolves true when the process has gone, false after `timeoutMs`. */
export async function untilGone(pid: number, startTicks: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid, startTicks)) {
    if (performance.now() > deadline) return false;
    await delay(5);
  }
  return true;
}

/** This process's own hard limit of open files; nothing that it starts can have more. */
export function hardLimitOfOpenFiles(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** The words of a process's command line; none where it has gone. */
export function argumentsOf(pid: number): string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Which program a process executes, as a device and inode; null where the process is gone. */
export function programOf(pid: number): string | null {
  try {
    const { dev, ino } = fs.statSync(`/proc/${pid}/exe`);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

const executeTimeoutMs = 2000;

/**
 * Resolves when the process has gone over from the program `before` to its own, or has ended. `start` of an OCI runtime
 * returns a moment earlier, and until then nobody may join its namespaces: the runtime's last part is not dumpable.
 */
export async function untilExecutes(pid: number, before: string | null): Promise<void> {
  const deadline = performance.now() + executeTimeoutMs;
  while (before !== null && programOf(pid) === before && performance.now() < deadline) await delay(1);
}

/**
 * proc(5), `oom_score_adj`: the higher, the sooner the kernel ends the process when memory is short. Set by the machine's root it is
 * also the lowest that the process, and all it starts, can give itself. One that has ended, or that is higher where this root
 * may not lower any (no CAP_SYS_RESOURCE), is left as it is.
 */
export function setOomScore(pid: number, score: number): void {
  try {
    fs.writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'ENOENT' && code !== 'ESRCH') throw error;
  }
}
