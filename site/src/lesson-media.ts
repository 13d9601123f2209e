/** Pictures and videos of a lesson's folder: where the page finds them. The build copies them there (lesson-media-files.ts). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageMetadata } from 'astro/assets/utils';
import { contentFolder } from './content-folder.ts';
import { addressOf } from './lesson-address.ts';

/** `lesson` is an id, `file` a path in its folder. */
export function mediaAddress(lesson: string, file: string): string {
  return `/lessons/${addressOf(lesson)}/${file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/')}`;
}

/** So that the text below does not jump when the picture comes. Throws where the picture is not there. */
export async function pictureSize(lesson: string, file: string): Promise<{ width?: number; height?: number }> {
  const bytes = await readFile(join(contentFolder, lesson, file));
  const { width, height } = await imageMetadata(bytes, file).catch(() => ({ width: undefined, height: undefined }));
  return width === undefined || height === undefined ? {} : { width, height };
}
