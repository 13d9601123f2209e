// That the pictures and videos which a lesson shows are there.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { captionKinds, kindOf, pictureKinds, videoKinds } from '../../lessons/schema/media-kinds.ts';
import { type LessonText, type Place, textAttribute, withThoseInside } from './lesson-text.ts';

/** What a page loads; larger ones make a class wait for one machine's network. */
const maxMediaBytes = 50 * 1024 * 1024;

async function whyNot(folder: string, file: string, kinds: readonly string[]): Promise<string | null> {
  if (/^[a-z][a-z0-9+.-]*:|^\//i.test(file))
    return `${file} lies elsewhere: put it into the lesson’s folder, as there may be no network`;
  if (path.relative(folder, path.join(folder, file)).startsWith('..'))
    return `${file} lies outside the lesson’s folder`;
  if (/^(\.\/)?files\//.test(file)) return `${file} is a file of the student’s home: put it beside lesson.mdx`;
  if (!kinds.includes(kindOf(file))) return `${file} is none of ${kinds.join(', ')}`;
  const found = await stat(path.join(folder, file)).catch(() => null);
  if (found === null || !found.isFile()) return `there is no ${file} in the lesson’s folder`;
  return found.size > maxMediaBytes ? `${file} has more than 50 MB` : null;
}

export async function lintMedia(
  folder: string,
  text: LessonText,
  say: (place: Place, message: string) => void,
): Promise<void> {
  const look = async (place: Place, file: string, kinds: readonly string[]) => {
    const why = await whyNot(folder, decodeURI(file), kinds);
    if (why !== null) say(place, why);
  };
  for (const { src, alt, ...place } of text.pictures) {
    await look(place, src, pictureKinds);
    if (alt.trim() === '') say(place, `the picture ${src} needs words that say what it shows: ![A ship](${src})`);
  }
  for (const video of withThoseInside(text.components).filter(({ name }) => name === 'Video')) {
    const [src, captions, poster] = ['src', 'captions', 'poster'].map((name) => textAttribute(video, name));
    if (src !== undefined) await look(video, src, videoKinds);
    if (captions !== undefined) await look(video, captions, captionKinds);
    if (poster !== undefined) await look(video, poster, pictureKinds);
  }
}
