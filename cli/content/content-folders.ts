// The content folders: Drydock's own course, and those of instructors that DRYDOCK_LESSONS names.

import path from 'node:path';
import { cloneFolder } from '../paths.ts';
import type { Settings } from '../settings.ts';

export interface ContentFolder {
  /** Absolute. */
  readonly path: string;
  /** The clone's own: as trusted as its code, and links in it may lead elsewhere. */
  readonly isOwn: boolean;
}

export const ownCourse: ContentFolder = { path: path.join(cloneFolder, 'lessons'), isOwn: true };

/** In the order in which they are read: where two clash, the first stays. */
export function contentFoldersOf({ lessons }: Pick<Settings, 'lessons'>): readonly ContentFolder[] {
  const others = lessons.folders.map((folder) => ({ path: folder, isOwn: false }));
  return lessons.own ? [ownCourse, ...others] : others;
}

/** Where new lessons are made, and relative names are looked for: the folder that was named last. */
export function folderForNew(folders: readonly ContentFolder[]): ContentFolder {
  return folders.at(-1) ?? ownCourse;
}

/** A file of a content folder as operators and authors are told of it: `lessons/…` for the clone's, else its whole path. */
export function shownPath(folder: ContentFolder, file: string): string {
  return folder.isOwn ? path.join('lessons', file) : path.join(folder.path, file);
}
