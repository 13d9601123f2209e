// What lessons may name that stands elsewhere: components, images, words, pages, other lessons.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { addressOf } from '../../lessons/schema/lesson-id.ts';
import { wordsOf } from '../content/glossary.ts';
import { imageFolders } from '../image-folders.ts';
import { loadSettings } from '../load-settings.ts';
import { cloneFolder } from '../paths.ts';
import { type ComponentForm, lessonComponents } from './lesson-components.ts';
import { allLessons } from './lessons.ts';
import { type Recipes, readRecipes } from './recipes.ts';

export interface Surroundings {
  readonly components: ReadonlyMap<string, ComponentForm>;
  readonly recipes: Recipes;
  readonly terms: ReadonlySet<string>;
  /** Addresses of pages: `/lessons/first-container/`. */
  readonly pages: ReadonlySet<string>;
  /** Ids of all lessons. */
  readonly lessons: readonly string[];
}

/** `folder` holds the lessons, and their words, or else the clone's are theirs; images and components are the clone's. */
export async function surroundings(folder: string): Promise<Surroundings> {
  const words = await readFile(path.join(folder, 'glossary.yaml'), 'utf8').catch(() =>
    readFile(path.join(cloneFolder, 'lessons/glossary.yaml'), 'utf8').catch(() => '[]'),
  );
  const lessons = await allLessons(folder);
  const { settings } = loadSettings(process.env);
  return {
    components: await lessonComponents(path.join(cloneFolder, 'site/src/lesson-components')),
    recipes: await readRecipes(imageFolders(settings), settings.cache),
    terms: new Set(wordsOf(words).flatMap(({ word }) => (word === null ? [] : [word.id]))),
    pages: new Set(['/', '/playground/', '/glossary/', '/images/', '/hub/', ...lessons.map(addressOf)]),
    lessons,
  };
}
