// Where the catalogue's images are described: in the clone, and in the content folders beside it.

import path from 'node:path';
import { type ContentFolder, contentFoldersOf, ownCourse } from './content/content-folders.ts';
import type { Settings } from './settings.ts';

/** Each has a folder for each image. The clone's are always there: no host can be made without some of them. */
export function imageFolders(settings: Pick<Settings, 'lessons'>): string[] {
  return imageFoldersIn(contentFoldersOf(settings));
}

export function imageFoldersIn(folders: readonly ContentFolder[]): string[] {
  const others = folders.filter(({ isOwn }) => !isOwn);
  return [ownCourse, ...others].map((folder) => path.join(folder.path, 'images'));
}
