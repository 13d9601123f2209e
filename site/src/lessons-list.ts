/** The lessons, in the order of the course, with what a list of them tells. */
import { lessonEntries } from './content-entries.ts';
import { labOf } from './lab-file.ts';
import { addressOf } from './lesson-address.ts';

export interface WrittenLesson {
  /** `01-why-containers/02-first-container` */
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly lede: string;
  /** The title of its track. */
  readonly track: string;
  readonly minutes: number;
  readonly goals: readonly string[];
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
      track: data.track,
      minutes: data.minutes,
      goals: data.goals,
      tasks: (await labOf(id)).tasks.filter(({ optional }) => !optional).map((task) => task.id),
      address: `/lessons/${addressOf(id)}/`,
    })),
  );
}
