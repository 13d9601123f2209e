// Copies what is served of a lesson's folder, or of an image's: files of their own, so that what was checked is what is built.

import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isMedia } from '../../lessons/schema/media-kinds.ts';
import { LeadsOut, type Opened, openWithin, type Root } from './within.ts';

/** Far past what a course has; a link in a circle ends here. */
const mostFiles = 20_000;
const mostFolders = 12;
const mostBytes = 4 * 1024 ** 3;
/** What a page or a home directory shows at most is checked by lint; this is for what nobody means. */
const mostBytesOfFile = 64 * 1024 ** 2;
/** Of a text or a lab file, which are read whole, and judged. */
const mostBytesOfText = 1024 ** 2;

/** What is wrong with a file, by its path in the folder. */
export class ContentError extends Error {
  readonly file: string;
  readonly why: string;

  constructor(file: string, why: string) {
    super(`${file}: ${why}`);
    this.name = 'ContentError';
    this.file = file;
    this.why = why;
  }
}

/** How much may still be copied of one content folder. */
export class Budget {
  #files = mostFiles;
  #bytes = mostBytes;

  /** Throws ContentError. */
  take(file: string, bytes: number): void {
    if (bytes > mostBytesOfFile) throw new ContentError(file, `has more than ${mostBytesOfFile / 1024 ** 2} MiB`);
    this.#files -= 1;
    this.#bytes -= bytes;
    if (this.#files < 0) throw new ContentError(file, `is past the ${mostFiles} files that a folder may have`);
    if (this.#bytes < 0)
      throw new ContentError(file, `is past the ${mostBytes / 1024 ** 3} GiB that a folder may have`);
  }
}

/** What is asked of each file: `relative` to the lesson's folder. */
export type Wanted = (relative: string) => boolean;

/** The text, the lab, what pages show, and the files of the hosts. Drafts, `.git` and what else lies there stay. */
export const ofLesson: Wanted = (file) =>
  file === 'lesson.mdx' || file === 'lab.yaml' || file.startsWith('files/') || isMedia(file);

export interface Copying {
  readonly root: Root;
  readonly budget: Budget;
  readonly wanted: Wanted;
}

/** `shown` is the folder's path in the content folder, for what is told. Throws ContentError. */
export async function copyFolder(copying: Copying, from: Opened, to: string, shown: string): Promise<void> {
  await copyEntries(copying, from, to, shown, '', mostFolders);
}

async function copyEntries(
  copying: Copying,
  from: Opened,
  to: string,
  shown: string,
  below: string,
  depth: number,
): Promise<void> {
  if (depth === 0) throw new ContentError(shown, 'has too many folders in each other');
  await mkdir(to, { recursive: true });
  for (const name of (await readdir(from.path)).sort()) {
    const relative = path.join(below, name);
    const file = path.join(shown, name);
    if (name.startsWith('.') && !relative.startsWith('files/')) continue;
    const entry = await openEntry(copying.root, from, name, file);
    if (entry === null) {
      if (copying.wanted(relative)) throw new ContentError(file, 'is a link that leads nowhere');
      continue;
    }
    await using _ = entry.handle;
    if (entry.kind === 'folder') await copyEntries(copying, entry, path.join(to, name), file, relative, depth - 1);
    else if (copying.wanted(relative)) {
      if (entry.kind === 'other') throw new ContentError(file, 'is neither a file nor a folder');
      if (/\.(mdx|yaml)$/.test(relative) && !relative.startsWith('files/') && entry.bytes > mostBytesOfText)
        throw new ContentError(file, `has more than ${mostBytesOfText / 1024 ** 2} MiB`);
      copying.budget.take(file, entry.bytes);
      await copyOpened(entry, path.join(to, name));
    }
  }
}

async function openEntry(root: Root, from: Opened, name: string, file: string): Promise<Opened | null> {
  try {
    return await openWithin(root, from.handle, name);
  } catch (error) {
    throw error instanceof LeadsOut ? new ContentError(file, error.message) : error;
  }
}

/** Readable by all: the server is another user than whoever wrote it. */
export async function copyOpened({ path: from, executable }: Opened, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, executable ? 0o755 : 0o644);
}
