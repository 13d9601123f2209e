/** Copies the pictures and videos of the lessons' folders to where their pages look for them. */
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { copyLessonMedia, lessonIds } from '../lessons/schema/folders.ts';
import { contentFolder } from './src/content-folder.ts';

export function lessonMediaFiles(): AstroIntegration {
  return {
    name: 'lesson-media-files',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        for (const lesson of await lessonIds(contentFolder))
          await copyLessonMedia(contentFolder, lesson, fileURLToPath(dir));
      },
    },
  };
}
