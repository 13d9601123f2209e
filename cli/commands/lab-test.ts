// `drydock lab test [LESSON…]`: tries lessons as students would, against a Drydock of its own.

import { showProgress } from '../../bin/progress.mjs';
import { counted } from '../counted.ts';
import { refuseUnfitMachine } from '../doctor/doctor.ts';
import { Failure } from '../failure.ts';
import { lessonsNamed, mustBeThere, openCourse, playground } from '../lab/lessons.ts';
import { startOwnDrydock } from '../lab/own-drydock.ts';
import { type LessonTried, tryLesson } from '../lab/try-lesson.ts';
import { loadSettings } from '../load-settings.ts';

/** Lessons at once: each is two students, who mostly wait for the engine. */
const atOnce = 3;

/** Runs `work` over all, a few at once; results in the order of `all`. */
export async function severalAtOnce<T, R>(
  all: readonly T[],
  most: number,
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const left = [...all.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}

function print(tried: LessonTried): void {
  const { lesson, ok, ms, tasks, commands, mistakes } = tried;
  const wrong = tasks.reduce((sum, task) => sum + task.wrong, 0);
  const slowest = tasks.length === 0 ? '' : `, done after ${Math.max(...tasks.map(({ doneMs }) => doneMs))} ms at most`;
  const counts = `${counted(tasks.length, 'task')}, ${counted(wrong, 'wrong attempt')}, ${counted(commands, 'command')} of the text, twice${slowest}`;
  console.log(`${ok ? '✔' : '✖'} ${lesson} (${(ms / 1000).toFixed(0)} s): ${counts}`);
  for (const mistake of mistakes) console.log(`    ${mistake.replaceAll('\n', '\n    ')}`);
}

/** Throws Failure, after printing, where a lesson is not as it should be. */
export async function labTest(names: readonly string[], options: { readonly json: boolean }): Promise<void> {
  const { settings } = loadSettings(process.env);
  await using course = await openCourse(settings);
  const named = names.filter((name) => name !== playground);
  const chosen = names.length > 0 && named.length === 0 ? [] : lessonsNamed(named, course);
  // What is left out is told by lint; where all are tried, it keeps none of the others from that.
  const lessons = [...mustBeThere(names.length === 0 ? chosen.filter(({ problem }) => !problem) : chosen)];
  if (names.length === 0 || names.includes(playground)) lessons.push(playground);
  await refuseUnfitMachine(settings);
  const progress = showProgress();
  const step = progress.step('Starting a Drydock for the test');
  const ending = new AbortController();
  const stop = () => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  const began = performance.now();
  try {
    await using drydock = await startOwnDrydock({
      settings,
      lessonsFolder: course.folder,
      progress: (detail) => step.update(detail),
      signal: ending.signal,
    });
    step.done();
    const told = (lesson: string, what: string) => {
      if (!options.json) console.log(`  ${lesson.split('/').at(-1)}: ${what}`);
    };
    const interrupted = new Promise<never>((_, reject) => {
      const end = () => reject(new Failure('Interrupted.'));
      ending.signal.addEventListener('abort', end, { once: true });
      if (ending.signal.aborted) end();
    });
    const tried = await Promise.race([
      severalAtOnce(lessons, atOnce, async (lesson) => {
        const one = await tryLesson(drydock, course.folder, lesson, told);
        if (!options.json) print(one);
        return one;
      }),
      interrupted,
    ]);
    const ms = Math.round(performance.now() - began);
    const failed = tried.filter(({ ok }) => !ok);
    if (options.json) console.log(JSON.stringify({ ok: failed.length === 0, ms, lessons: tried }, null, 2));
    else console.log(`${tried.length - failed.length} of ${tried.length} passed in ${(ms / 1000).toFixed(0)} s.`);
    if (failed.length > 0) throw new Failure(`${failed.map(({ lesson }) => lesson).join(', ')}: not as it should be.`);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    progress.close();
  }
}
