// The lessons' folders: which there are, and what of them a page shows. For Node; pages take nothing of it along.

import { copyFile, glob, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMedia } from './media-kinds.ts';

/** Not one entry more than a course can have; a link that leads to `/` is no track. */
const mostEntries = 1000;

async function foldersIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')).slice(0, mostEntries);
  // `stat`, not the entry: a track or a lesson may be a link to a folder elsewhere, and counts as one that is here.
  const all = await Promise.all(
    names.map(async (name) => ((await stat(path.join(folder, name)).catch(() => null))?.isDirectory() ? [name] : [])),
  );
  return all.flat().sort();
}

/**
 * Ids of all lessons below a folder, in order: `01-why-containers/02-first-container`. A folder with one of a lesson's two
 * files is one, so that the other is missed. Links are followed, so that a track can be kept elsewhere: whatever is served is
 * linted and tested, too.
 */
export async function lessonIds(lessons: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const track of await foldersIn(lessons))
    for (const name of await foldersIn(path.join(lessons, track))) {
      const files = await readdir(path.join(lessons, track, name));
      if (files.includes('lesson.mdx') || files.includes('lab.yaml')) ids.push(`${track}/${name}`);
    }
  return ids;
}

/** Copies a lesson's pictures and videos to where its page looks for them; `site` is the folder that is served. */
export async function copyLessonMedia(lessons: string, lesson: string, site: string): Promise<void> {
  const from = path.join(lessons, lesson);
  const to = path.join(site, 'lessons', path.basename(lesson).replace(/^\d+-/, ''));
  for await (const file of glob('**/*', { cwd: from, exclude: ['files/**'] })) {
    if (!isMedia(file)) continue;
    await mkdir(path.dirname(path.join(to, file)), { recursive: true });
    await copyFile(path.join(from, file), path.join(to, file));
  }
}
