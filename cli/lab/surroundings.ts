// What lessons may name that stands elsewhere: components, images, words, pages, other lessons.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
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

/** `01-why-containers/02-first-container` -> 2 */
export function numberOf(lesson: string): number {
  return Number(/^\d+/.exec(path.basename(lesson))?.[0]);
}

/** `01-why-containers/02-first-container` -> `/lessons/first-container/` */
export function addressOf(lesson: string): string {
  return `/lessons/${path.basename(lesson).replace(/^\d+-/, '')}/`;
}

/** `folder` holds the lessons; images, components and words are the clone's. */
export async function surroundings(folder: string): Promise<Surroundings> {
  const words = await readFile(path.join(cloneFolder, 'lessons/glossary.yaml'), 'utf8').catch(() => '');
  const lessons = await allLessons(folder);
  return {
    components: await lessonComponents(path.join(cloneFolder, 'site/src/lesson-components')),
    recipes: await readRecipes(path.join(cloneFolder, 'lessons/images')),
    terms: new Set([...words.matchAll(/^- id: (\S+)$/gm)].map(([, id = '']) => id)),
    pages: new Set(['/', '/playground/', '/glossary/', '/images/', '/hub/', ...lessons.map(addressOf)]),
    lessons,
  };
}
