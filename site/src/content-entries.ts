/** The collections of content.config.ts, with their types: Astro writes its own only while it builds. */
import { getCollection } from 'astro:content';

export interface LessonEntry {
  /** `01-why-containers/02-first-container` */
  readonly id: string;
  /** The text, without its front matter. */
  readonly body?: string;
  readonly data: {
    readonly title: string;
    readonly lede: string;
    readonly track: string;
    readonly number: number;
    readonly minutes: number;
    readonly goals: readonly string[];
  };
}

export interface GlossaryEntry {
  readonly id: string;
  readonly data: { readonly name: string; readonly says: string; readonly lesson: number };
}

/** In the order of the course. */
export async function lessonEntries(): Promise<readonly LessonEntry[]> {
  const entries: readonly LessonEntry[] = await getCollection('lessons');
  return entries.toSorted((a, b) => a.data.number - b.data.number);
}

/** In the order of the alphabet. */
export async function glossaryEntries(): Promise<readonly GlossaryEntry[]> {
  const entries: readonly GlossaryEntry[] = await getCollection('glossary');
  return entries.toSorted((a, b) => a.data.name.localeCompare(b.data.name, 'en'));
}
