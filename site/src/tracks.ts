/** The tracks of the course that have lessons, in order, each with its lessons. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOf } from '../../lessons/schema/lesson-id.ts';
import { type Track, track } from '../../lessons/schema/track.ts';
import { mistakesInWords, readYaml } from '../../lessons/schema.ts';
import { contentFolder } from './content-folder.ts';
import { type WrittenLesson, writtenLessons } from './lessons-list.ts';

export interface CourseTrack extends Track {
  /** `01-why-containers` */
  readonly id: string;
  /** Its page is at `/tracks/NAME/`. */
  readonly name: string;
  readonly address: string;
  readonly minutes: number;
  /** One at least. */
  readonly lessons: readonly WrittenLesson[];
}

/** What the track's file says; without one its lessons know its title. Throws Error with its place where it is wrong. */
async function fileOf(id: string, title: string): Promise<Track> {
  const text = await readFile(join(contentFolder, id, 'track.yaml'), 'utf8').catch(() => null);
  if (text === null) return { title, about: '', able: [] };
  const read = readYaml(text, track);
  if ('mistakes' in read) throw new Error(mistakesInWords(`lessons/${id}/track.yaml`, read.mistakes));
  return read.data;
}

const idOf = (lesson: WrittenLesson): string => lesson.id.split('/')[0] ?? '';

export async function tracks(): Promise<readonly CourseTrack[]> {
  const lessons = await writtenLessons();
  const ids = [...new Set(lessons.map(idOf))].sort();
  const names = ids.map(nameOf);
  return await Promise.all(
    ids.map(async (id, place) => {
      const own = lessons.filter((lesson) => idOf(lesson) === id);
      const plain = names[place] ?? id;
      // Tracks of two folders may have one name and two numbers.
      const name = names.indexOf(plain) === names.lastIndexOf(plain) ? plain : id;
      const minutes = own.reduce((sum, lesson) => sum + lesson.minutes, 0);
      const said = await fileOf(id, own[0]?.track ?? id);
      return { ...said, id, name, address: `/tracks/${name}/`, minutes, lessons: own };
    }),
  );
}

/** `5 lessons, 45 minutes` */
export function sizeOf({ lessons, minutes }: Pick<CourseTrack, 'lessons' | 'minutes'>): string {
  const time = minutes < 100 ? `${minutes} minutes` : `about ${Math.round(minutes / 30) / 2} hours`;
  return `${lessons.length} ${lessons.length === 1 ? 'lesson' : 'lessons'}, ${time}`;
}
