// Whether anything of a Drydock still runs: processes in its mount namespace, or that keep its containers.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { namespaceFile } from './run-directory.ts';

const unreadable = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null; // it ended while we looked
  }
};

/** PIDs, without our own. conmon is known by the paths in its arguments, all others by their mount namespace. */
export function processesOf(run: string): number[] {
  const pinned = unreadable(() => statSync(namespaceFile(run)).ino);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      if (pinned !== null && unreadable(() => statSync(`/proc/${pid}/ns/mnt`).ino) === pinned) return true;
      const [program = '', ...args] = (unreadable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split(
        '\0',
      );
      return /(^|\/)conmon$/.test(program) && args.some((arg) => arg.startsWith(`${run}/`));
    })
    .map(Number);
}
