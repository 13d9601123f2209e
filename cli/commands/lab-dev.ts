// `drydock lab dev LESSON`: a Drydock of its own with the lesson open in it; what is saved is shown within a second, and the
// host stays as it is.

import { watch } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { showProgress } from '../../bin/progress.mjs';
import { copyLessonMedia } from '../../lessons/schema/folders.ts';
import { isMedia } from '../../lessons/schema/media-kinds.ts';
import { shownPath } from '../content/content-folders.ts';
import { ContentError } from '../content/copy-lesson.ts';
import { gatherLesson } from '../content/course.ts';
import { refuseUnfitMachine } from '../doctor/doctor.ts';
import { exitUsage, Failure } from '../failure.ts';
import { copySite, DevPages, siteOf } from '../lab/dev-pages.ts';
import { lessonsNamed, mustBeThere, openCourse, sourceOf } from '../lab/lessons.ts';
import { lintLesson } from '../lab/lint.ts';
import { freePort, startOwnDrydock } from '../lab/own-drydock.ts';
import { fromHere } from '../lab/shown.ts';
import { surroundings } from '../lab/surroundings.ts';
import { loadSettings } from '../load-settings.ts';
import { whyTaken } from '../supervisor/port.ts';

/** An editor writes a file in several steps. */
const settleMs = 40;

const inWords = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Runs until Ctrl-C. Throws Failure. */
export async function labDev(name: string): Promise<void> {
  const { settings } = loadSettings(process.env);
  await using course = await openCourse(settings);
  const [chosen] = lessonsNamed([name], course);
  if (chosen === undefined) return;
  const [lesson = ''] = mustBeThere([chosen]);
  const source = sourceOf(chosen);
  const folder = path.join(course.folder, lesson);
  const isCopy = folder !== source;
  const around = await surroundings(course.folder);
  const relative = fromHere(source);
  const look = async () => {
    // Of another folder than the clone's, what is in it is taken as it is for students.
    const told = (error: unknown) =>
      error instanceof ContentError ? `${shownPath(chosen.folder, error.file)}:1:1: ${error.why}` : inWords(error);
    const whyNot = isCopy ? await gatherLesson(chosen, course.folder).then(() => null, told) : null;
    if (whyNot !== null) return [whyNot];
    const findings = await lintLesson(folder, around);
    return findings.map(
      ({ file, line, column, message }) => `${path.join(relative, file)}:${line}:${column}: ${message}`,
    );
  };
  const broken = await look();
  if (broken.length > 0)
    throw new Failure(`The lesson cannot be shown yet:\n${broken.join('\n')}`, { exitCode: exitUsage });
  process.umask(0o022);
  await refuseUnfitMachine(settings);

  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  const progress = showProgress();
  try {
    await using site = await siteOf(course, () => progress.step('Building the site'), ending.signal);
    for (const notice of site.notices) console.log(notice);
    const step = progress.step('Starting a Drydock');
    const port = (await whyTaken('127.0.0.1', settings.port)) === null ? settings.port : await freePort();
    await using drydock = await startOwnDrydock({
      settings,
      lessonsFolder: course.folder,
      port,
      site: (to) => copySite(site.folder, to),
      early: true,
      signal: ending.signal,
      progress: (detail) => step.update(detail),
    });
    step.done();
    const drawing = progress.step('Drawing the page');
    const address = `/lessons/${path.basename(lesson).replace(/^\d+-/, '')}/`;
    await using pages = await DevPages.start(drydock.siteFolder, address, await freePort(), course.folder);
    drawing.done();
    // A terminal makes a link of the address, and of what stands at it.
    console.log(`${lesson} is open at ${drydock.origin}${address} (Ctrl-C ends it)`);

    const follow = async (files: ReadonlySet<string>, isOld: () => boolean) => {
      const began = performance.now();
      const mistakes = await look();
      const ofLab = [...files].some((file) => file === 'lab.yaml' || file.startsWith('files/'));
      let learnt = false;
      if (ofLab) {
        await drydock.server.readLessonAgain(lesson).then(
          () => {
            learnt = true;
          },
          (error: unknown) => {
            // The lab file's own mistakes are told with their places already.
            if (mistakes.length === 0) mistakes.push(inWords(error));
          },
        );
      }
      // Mistakes are told at once, and that there are none any more; drawing may take a moment.
      await pages.show(mistakes, false);
      for (const mistake of mistakes) console.log(mistake);
      const ofMedia = [...files].some(isMedia);
      if (ofMedia) await copyLessonMedia(course.folder, lesson, drydock.siteFolder);
      const drawn = await pages.redraw(files.has('lesson.mdx'), isOld);
      await pages.show(mistakes, drawn || learnt || ofMedia);
      const ms = Math.round(performance.now() - began);
      if (drawn || learnt || ofMedia) console.log(`${[...files].sort().join(', ')}: shown after ${ms} ms.`);
      if ([...files].some((file) => file.startsWith('files/')))
        console.log('What lies in files/ is put into labs that are opened from now on; start the lab over to have it.');
    };
    await followChanges(source, ending.signal, follow);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    progress.close();
  }
}

/** Calls `follow` with the files that have changed, one call at a time, until `signal` aborts. `isOld`: more have changed since, or it is to end. */
async function followChanges(
  folder: string,
  signal: AbortSignal,
  follow: (files: ReadonlySet<string>, isOld: () => boolean) => Promise<void>,
): Promise<void> {
  let changed = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const watcher = watch(folder, { recursive: true, signal }, (_, file) => {
    // Editors make files of their own beside: `.lab.yaml.swp`, `lab.yaml~`, `4913`.
    if (file === null || !(isMedia(file) || /^(lesson\.mdx|lab\.yaml|files\/.+)$/.test(file))) return;
    changed.add(file);
    wake.resolve();
  });
  watcher.on('error', () => undefined);
  signal.addEventListener('abort', () => wake.resolve(), { once: true });
  while (!signal.aborted) {
    await wake.promise;
    await delay(settleMs);
    const files = changed;
    changed = new Set();
    wake = Promise.withResolvers<void>();
    if (!signal.aborted && files.size > 0) await follow(files, () => changed.size > 0 || signal.aborted);
  }
}
