// What a test run left on the machine: mounts, namespaces, cgroups, loop devices, links, processes and files that carry its name.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
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

/** Dead, and waiting for the machine's init to hear of it: nothing of ours can hasten that. */
function isBeingBuried(pid: string): boolean {
  const stat = ofProcess(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  return / Z 1 /.test(stat.slice(stat.lastIndexOf(')')));
}

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** By their arguments, or by what they are in the machine's cgroups. */
function processes(name: string): string[] {
  return pids()
    .filter((pid) => Number(pid) !== process.pid && !isBeingBuried(pid))
    .flatMap((pid) => {
      const argv =
        ofProcess(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
          ?.replaceAll('\0', ' ')
          .trim() ?? '';
      const cgroup = ofProcess(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '';
      return argv.includes(name) || cgroup.includes(name) ? [`process ${pid}: ${argv.slice(0, 200)}`] : [];
    });
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

/** One line each; empty where nothing was left. */
export async function leftovers(name: string): Promise<string[]> {
  const found = await Promise.all([cgroups(name), loopDevices(name), links(name)]);
  return [...processes(name), ...mounts(name), ...found.flat(), ...files(name)];
}
