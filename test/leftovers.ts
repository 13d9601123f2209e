// What a test run left on the machine: mounts, namespaces, cgroups, loop devices, links, processes and files that carry its name.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Null where the process has just ended. */
function ofProcess<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** From /proc/PID/stat; null where there is no such process. */
function statOf(pid: string): { readonly parent: string; readonly isEnding: boolean } | null {
  const stat = ofProcess(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat === null) return null;
  // The second field, the name, may hold spaces and parentheses: count from the last one.
  const [, parent = '', , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent, isEnding: (Number(flags) & exitingFlag) !== 0 };
}

/** PF_EXITING of the kernel's include/linux/sched.h: from the first moment of a process's end until its parent heard of it. */
const exitingFlag = 0x4;

/** Who may have to bury what our processes left: the machine's init, and those that this process comes from. */
function undertakers(): ReadonlySet<string> {
  const above = new Set(['1']);
  for (let pid = String(process.ppid); pid !== '0' && !above.has(pid); pid = statOf(pid)?.parent ?? '0') above.add(pid);
  return above;
}

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

interface Found {
  readonly pid: string;
  readonly line: string;
}

/** By their arguments, or by what they are in the machine's cgroups. */
function processesNamed(name: string): Found[] {
  return pids()
    .filter((pid) => Number(pid) !== process.pid)
    .flatMap((pid) => {
      const argv =
        ofProcess(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
          ?.replaceAll('\0', ' ')
          .trim() ?? '';
      const cgroup = ofProcess(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '';
      if (!argv.includes(name) && !cgroup.includes(name)) return [];
      return [{ pid, line: `process ${pid}: ${argv.slice(0, 200)}` }];
    });
}

/** What has begun to end is given this long to be gone. */
const endingMs = 5_000;

async function processes(name: string): Promise<string[]> {
  const deadline = performance.now() + endingMs;
  for (;;) {
    const found = processesNamed(name);
    const isEnding = ({ pid }: Found) => statOf(pid)?.isEnding ?? true;
    if (!found.some(isEnding) || performance.now() > deadline) {
      const buriers = undertakers();
      // Dead, and waiting for one that is not ours to hear of it: nothing of ours can hasten that.
      return found
        .filter((one) => !isEnding(one) || !buriers.has(statOf(one.pid)?.parent ?? '1'))
        .map(({ line }) => line);
    }
    await delay(20);
  }
}

/**
 * Pinned namespaces are mounts of type nsfs, and so among these. Other namespaces are not looked into: those of the test's
 * processes are told by the processes, and those of another Drydock hold copies of whatever was mounted when it started.
 */
function mounts(name: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines
    .filter((line) => line.includes(name))
    .map((line) => `mount: ${line.split(' ').slice(3, 5).join(' at ')}`);
}

async function cgroups(name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const folder of glob(`/sys/fs/cgroup/**/*${name}*`)) found.push(`cgroup: ${folder}`);
  return found;
}

async function loopDevices(name: string): Promise<string[]> {
  const { stdout } = await run('losetup', ['--all', '--noheadings', '--output', 'NAME,BACK-FILE']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(name))
    .map((line) => `loop device: ${line.trim()}`);
}

async function links(name: string): Promise<string[]> {
  const { stdout } = await run('ip', ['-oneline', 'link']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(name))
    .map((line) => `network link: ${line.slice(0, 80)}`);
}

const folders = ['/tmp', '/run', '/var/lib', '/var/cache/drydock', '/run/netns'];

function files(name: string): string[] {
  return folders.flatMap((folder) =>
    (ofProcess(() => readdirSync(folder)) ?? [])
      .filter((file) => file.includes(name))
      .map((file) => `file: ${folder}/${file}`),
  );
}

/** What a program of ours writes where its working directory happens to be: conmon's word of an end for want of memory. */
const stray = ['/oom'];

/** Those that came since this process began; they carry no name. */
function strayFiles(): string[] {
  const isNew = (file: string) => (statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0) >= performance.timeOrigin;
  return stray.filter(isNew).map((file) => `file: ${file}`);
}

/** One line each; empty where nothing was left. The kernel takes namespaces and loop devices down a moment after their last user. */
export async function leftovers(name: string): Promise<string[]> {
  const deadline = performance.now() + endingMs;
  for (;;) {
    const running = await processes(name);
    const found = await Promise.all([cgroups(name), loopDevices(name), links(name)]);
    const left = [...running, ...mounts(name), ...found.flat(), ...files(name), ...strayFiles()];
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(20);
  }
}
