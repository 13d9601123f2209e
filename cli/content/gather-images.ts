// What the page of images is made from: of each image that students can pull its name, summary and tags, whichever folder it is in.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { imageFoldersIn } from '../image-folders.ts';
import { type ContentFolder, ownCourse } from './content-folders.ts';

/** Writes `images/NAME/image.yaml` in `into`, where the site looks for the clone's own. */
export async function gatherImages(folders: readonly ContentFolder[], into: string): Promise<void> {
  const { offeredImages } = await import('@drydock/runtime/catalogue');
  for (const { repository, summary, tags, directory } of await offeredImages(imageFoldersIn(folders))) {
    const folder = path.join(into, 'images', repository);
    await mkdir(folder, { recursive: true });
    const own = path.dirname(path.dirname(directory)) === ownCourse.path;
    // JSON is YAML.
    await writeFile(path.join(folder, 'image.yaml'), `${JSON.stringify({ summary, tags, own })}\n`);
  }
}
