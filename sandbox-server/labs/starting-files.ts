// The files that a lab's hosts have from the start: what lies in `files/` beside the lab file, or in `files/HOST/` where the
// lab has several hosts.

import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Lab } from '../../lessons/schema.ts';
import { maxStartingFiles } from '../limits.ts';
import { maxFileBytes } from '../protocol.ts';

export interface StartingFile {
  /** Below the home directory, with `/` between its parts. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** By the lab's name of the host; in the order of their paths. */
export type StartingFiles = ReadonlyMap<string, readonly StartingFile[]>;

/** An entry of `files/` that is not allowed: its absolute `path`, and why. */
export class StartingFilesError extends Error {
  readonly path: string;
  readonly why: string;

  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
    this.name = 'StartingFilesError';
    this.path = path;
    this.why = why;
  }
}

const executableByOwner = 0o100;

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
    if (odd !== undefined)
      throw new StartingFilesError(join(odd.parentPath, odd.name), 'only files and folders may stand here');
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Throws StartingFilesError where there are too many, one is too large, or a folder of `files/` is none of the lab's hosts. */
export async function readStartingFiles(folder: string, lab: Lab): Promise<StartingFiles> {
  const files = await filesBelow(folder);
  if (files.length > maxStartingFiles) throw new StartingFilesError(folder, `has more than ${maxStartingFiles} files`);
  const hosts = lab.hosts.map(({ name }) => name);
  const byHost = new Map<string, StartingFile[]>();
  for (const file of files) {
    const parts = relative(folder, file).split(sep);
    const host = hosts.length > 1 ? parts.shift() : hosts[0];
    if (host === undefined || !hosts.includes(host) || parts.length === 0) {
      const why = `the lab has several hosts, so its files stand in folders named ${hosts.join(', ')}`;
      throw new StartingFilesError(file, why);
    }
    const { size, mode } = await lstat(file);
    if (size > maxFileBytes) throw new StartingFilesError(file, `is larger than ${maxFileBytes} bytes`);
    const those = byHost.get(host) ?? [];
    byHost.set(host, those);
    those.push({ path: parts.join('/'), bytes: await readFile(file), executable: (mode & executableByOwner) !== 0 });
  }
  return byHost;
}
