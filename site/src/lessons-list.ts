/** The lessons whose text is there, in the order of the course, with what a list of them tells. */
import { lessonEntries } from './content-entries.ts';
import { course } from './course.ts';
import { labOf } from './lab-file.ts';
import { addressOf } from './lesson-address.ts';

export interface WrittenLesson {
  /** `01-why-containers/02-first-container` */
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly lede: string;
  readonly minutes: number;
  /** Ids of the tasks that it is done with. */
  readonly tasks: readonly string[];
  /** `/lessons/first-container/` */
  readonly address: string;
}

export async function writtenLessons(): Promise<readonly WrittenLesson[]> {
  return await Promise.all(
    (await lessonEntries()).map(async ({ id, data }) => ({
      id,
      number: data.number,
      title: data.title,
      lede: data.lede,
      minutes: data.minutes,
      tasks: (await labOf(id)).tasks.filter(({ optional }) => !optional).map((task) => task.id),
      address: `/lessons/${addressOf(id)}/`,
    })),
  );
}

export interface PlannedLesson {
  readonly number: number;
  readonly title: string;
  readonly track: string;
}

/** Every lesson of the course, written or not, in order. */
export const planned: readonly PlannedLesson[] = course
  .flatMap((track) => track.lessons.map((title) => ({ title, track: track.name })))
  .map((lesson, index) => ({ ...lesson, number: index + 1 }));
