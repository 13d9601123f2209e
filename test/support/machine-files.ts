// The machine's own files that a student must never change: all of its /dev. Compared before and after an attack, and by
// test/setup.ts before and after everything.

import { type Dirent, lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';

/** A path, and what lstat(2) says of it that somebody could have changed. */
export type FileFacts = ReadonlyMap<string, string>;

/** Terminals, shared memory and queues are other programs', and come and go with them. */
const notOurs = ['/dev/pts', '/dev/shm', '/dev/mqueue', '/dev/hugepages'];

function told(found: Stats): string {
  const { mode, uid, gid, ino, rdev } = found;
  return `mode ${mode.toString(8)}, owner ${uid}:${gid}, device ${rdev >> 8}:${rdev & 0xff}, inode ${ino}`;
}

/** Of `folder` and all below it, links not followed. What goes meanwhile is left out. */
export function factsBelow(folder: string, skip: readonly string[] = []): FileFacts {
  const facts = new Map<string, string>();
  const visit = (file: string): void => {
    if (skip.includes(file)) return;
    let found: Stats;
    let entries: Dirent[] = [];
    try {
      found = lstatSync(file);
      if (found.isDirectory()) entries = readdirSync(file, { withFileTypes: true });
    } catch {
      return;
    }
    facts.set(file, told(found));
    for (const entry of entries) visit(path.join(file, entry.name));
  };
  visit(folder);
  return facts;
}

/** The machine's device nodes, as the process `pid` sees them, or this one. */
export function machineDevices(pid?: number): FileFacts {
  const root = pid === undefined ? '' : `/proc/${pid}/root`;
  const facts = factsBelow(
    `${root}/dev`,
    notOurs.map((folder) => root + folder),
  );
  return new Map(Array.from(facts, ([file, fact]) => [file.slice(root.length), fact]));
}

/** Whoever else uses the machine may attach loop devices, and the kernel makes nodes for them. */
const mayComeOrGo = /^\/dev\/(loop\d+|mapper\/.*|dm-\d+|block\/.*|disk\/.*|vfio.*|net\/.*)$/;

/** A line for each file that was changed, was taken away, or is new. */
export function changesOf(before: FileFacts, after: FileFacts): string[] {
  const changes: string[] = [];
  for (const [file, was] of before) {
    const is = after.get(file);
    if (is === was || (is === undefined && mayComeOrGo.test(file))) continue;
    changes.push(`${file}: ${was} before, ${is ?? 'gone'} now`);
  }
  for (const [file, is] of after) {
    if (!before.has(file) && !mayComeOrGo.test(file)) changes.push(`${file}: new, ${is}`);
  }
  return changes;
}
