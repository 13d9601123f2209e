/** Copies the pictures and videos of the lessons' folders to where their pages look for them. */
import { copyFile, glob, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { isMedia } from '../lessons/schema/media-kinds.ts';
import { addressOf } from './src/lesson-address.ts';

const lessonsFolder = fileURLToPath(new URL('../lessons', import.meta.url));

/** Of one lesson, by its folder's path in `lessons`; `siteFolder` is what is served. */
export async function copyLessonMedia(lesson: string, siteFolder: string, from = lessonsFolder): Promise<void> {
  for await (const file of glob('**/*', { cwd: path.join(from, lesson), exclude: ['files/**'] })) {
    if (!isMedia(file)) continue;
    const to = path.join(siteFolder, 'lessons', addressOf(lesson), file);
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(path.join(from, lesson, file), to);
  }
}

export function lessonMediaFiles(): AstroIntegration {
  return {
    name: 'lesson-media-files',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        for await (const text of glob('*/*/lesson.mdx', { cwd: lessonsFolder }))
          await copyLessonMedia(path.dirname(text), fileURLToPath(dir));
      },
    },
  };
}
