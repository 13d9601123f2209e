// What a Drydock serves of its content folders, in its data directory: `current` leads to a folder with the lessons and the pages
// that were built from them. Another one takes its place at once and whole, or not at all.

import {
  chmod,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Step } from '../../bin/progress.mjs';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { nameOf } from '../../lessons/schema/lesson-id.ts';
import { Failure } from '../failure.ts';
import { contentFolder } from '../paths.ts';
import { buildPages } from '../supervisor/build-pages.ts';
import { buildOwnSite, hashOfSources, ownSite } from '../supervisor/site.ts';
import { type ContentFolder, ownCourse } from './content-folders.ts';
import type { Course } from './course.ts';
import { gatherImages } from './gather-images.ts';

const stampSchema = z.object({
  /** Of the sources; null where it is not known, so that the next start builds. */
  hash: z.string().nullable(),
  notices: z.array(z.string()),
  /** Names in `_astro` that this build made itself, not those that were kept for pages that are open. */
  assets: z.array(z.string()),
});
type Stamp = z.infer<typeof stampSchema>;

/** The running server, as far as it is told of content. */
export interface ContentServer {
  /** Ids of the lessons that students have a lab of. */
  lessonsInUse(): Promise<readonly string[]>;
  /** It gives out the lessons of this folder from now on; those of labs that are open stay. */
  takeLessons(folder: string): Promise<void>;
}

export interface Update {
  readonly step: () => Step;
  readonly signal: AbortSignal;
  /** Students work meanwhile. */
  readonly behind: boolean;
  /** Null before the server runs: whatever may be in use is kept then. */
  readonly server: ContentServer | null;
}

export interface Updated {
  readonly changed: boolean;
  /** What is left out, and why. */
  readonly notices: readonly string[];
}

/** Lessons that are gone, for students who are in them. Hidden, so that no list of lessons has them. */
const removed = '.removed';

export class ServedContent {
  readonly #folder: string;
  readonly #folders: readonly ContentFolder[];

  constructor(data: string, folders: readonly ContentFolder[]) {
    this.#folder = contentFolder(data);
    this.#folders = folders;
  }

  get #current(): string {
    return path.join(this.#folder, 'current');
  }

  /**
   * Takes over what the folders hold now. What is wrong is left out; where no pages can be built, all stays as it was. Throws
   * Failure where there is nothing to serve, and what the file system throws where a file goes meanwhile: there is a change to come.
   */
  async update(options: Update): Promise<Updated> {
    await mkdir(this.#folder, { recursive: true });
    await this.#removeOthers();
    const version = path.join(this.#folder, `v-${process.pid}-${Date.now().toString(36)}`);
    try {
      const isOwn = this.#folders.every(({ isOwn }) => isOwn);
      const made = isOwn ? await this.#ownVersion(version, options) : await this.#builtVersion(version, options);
      if ('kept' in made) return { changed: false, notices: made.kept };
      await this.#keepRemoved(version, options.server);
      await this.#keepAssets(version, made.assets);
      await writeFile(path.join(version, 'stamp.json'), JSON.stringify(made));
      await this.#serve(version, options.server);
      return { changed: true, notices: made.notices };
    } finally {
      await this.#removeOthers();
    }
  }

  /** Drydock's own course alone: every Drydock of the clone shares one build of it. */
  async #ownVersion(
    version: string,
    { step, signal, behind }: Update,
  ): Promise<Stamp | { readonly kept: readonly string[] }> {
    const { hash, leftOut, notices } = await buildOwnSite(step, signal, behind);
    const current = await this.#stamp();
    if (current !== null && (current.hash === hash || hash === null)) return { kept: notices };
    const course = await gather(this.#folders, path.join(version, 'lessons'));
    await dropLessons(course, leftOut);
    // Another Drydock may put a new build in its place at this moment; it is whole the second time.
    await copyTree(ownSite, path.join(version, 'site')).catch(() => copyTree(ownSite, path.join(version, 'site')));
    return { hash, notices: [...problemsOf(course), ...notices], assets: await assetsOf(version) };
  }

  async #builtVersion(
    version: string,
    { step, signal, behind }: Update,
  ): Promise<Stamp | { readonly kept: readonly string[] }> {
    const lessons = path.join(version, 'lessons');
    const course = await gather(this.#folders, lessons);
    await gatherImages(this.#folders, lessons);
    const problems = problemsOf(course);
    const hash = await hashOfSources(lessons);
    const current = await this.#stamp();
    // The same lessons with other problems: what is wrong is left out either way.
    if (current?.hash === hash) return { kept: [...problems, ...current.notices.filter((one) => !isProblem(one))] };
    const shown = step();
    try {
      const folderOf = (id: string) =>
        course.all.find((lesson) => lesson.id === id && lesson.problem === undefined)?.folder ?? ownCourse;
      const out = path.join(version, 'site');
      const built = await buildPages({ lessons, folderOf, out, behind }, signal);
      const notices = [...problems, ...built.notices];
      if (built.failure !== null) {
        if (current === null) throw new Failure([...notices, built.failure].join('\n'));
        shown.failed();
        return { kept: [...notices, `${built.failure}\nThe pages as they were built before are served.`] };
      }
      await dropLessons(course, built.leftOut);
      await readableByAll(version);
      shown.done();
      return { hash, notices, assets: await assetsOf(version) };
    } catch (error) {
      shown.failed();
      throw error;
    }
  }

  async #stamp(): Promise<Stamp | null> {
    const text = await readFile(path.join(this.#current, 'stamp.json'), 'utf8').catch(() => '');
    try {
      return stampSchema.parse(JSON.parse(text));
    } catch {
      return null; // there is none, or one of another Drydock
    }
  }

  /** Labs and pages of lessons that are gone, as long as a student is in one. */
  async #keepRemoved(version: string, server: ContentServer | null): Promise<void> {
    const lessons = path.join(this.#current, 'lessons');
    const there = new Set(await lessonIds(path.join(version, 'lessons')));
    const inUse = await server?.lessonsInUse().catch(() => null);
    for (const from of [lessons, path.join(lessons, removed)])
      for (const id of await lessonIds(from)) {
        if (there.has(id) || (inUse && !inUse.includes(id))) continue;
        const page = path.join('site/lessons', nameOf(id));
        // Its address is another lesson's now.
        if (await exists(path.join(version, page))) continue;
        await copyTree(path.join(from, id), path.join(version, 'lessons', removed, id));
        await copyTree(path.join(this.#current, page), path.join(version, page)).catch(() => undefined);
      }
  }

  /** A page that is open may load a script of the build that it is from: it is kept for one build more. */
  async #keepAssets(version: string, own: readonly string[]): Promise<void> {
    const [from, to] = [this.#current, version].map((folder) => path.join(folder, 'site/_astro')) as [string, string];
    for (const name of (await this.#stamp())?.assets ?? [])
      if (!own.includes(name)) await linkOrCopy(path.join(from, name), path.join(to, name)).catch(() => undefined);
  }

  /** The labs first: a page that has no lab would be worse than a lab that has no page yet. */
  async #serve(version: string, server: ContentServer | null): Promise<void> {
    const told = await server?.takeLessons(path.join(version, 'lessons')).then(
      () => true,
      () => false,
    );
    const link = path.join(this.#folder, 'next');
    await rm(link, { force: true });
    await symlink(path.basename(version), link);
    await rename(link, this.#current);
    // A server that was just starting has read what was there before, or reads what is there now.
    if (told === false) await server?.takeLessons(path.join(this.#current, 'lessons')).catch(() => undefined);
  }

  /** What `current` does not lead to. */
  async #removeOthers(): Promise<void> {
    const current = await stat(this.#current).catch(() => null);
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith('v-')) continue;
      const folder = path.join(this.#folder, name);
      if ((await stat(folder)).ino !== current?.ino) await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Loaded here alone: a start that finds all as it was needs no YAML. */
async function gather(folders: readonly ContentFolder[], into: string): Promise<Course> {
  const { gatherCourse } = await import('./course.ts');
  return await gatherCourse(folders, into);
}

const problemStart = 'Left out: ';
const isProblem = (notice: string): boolean => notice.startsWith(problemStart);

function problemsOf({ problems }: Course): readonly string[] {
  return problems.map(
    ({ file, line, message }) => `${problemStart}${line === 0 ? file : `${file}:${line}`}: ${message}`,
  );
}

async function dropLessons({ folder }: Course, leftOut: readonly string[]): Promise<void> {
  for (const id of leftOut) await rm(path.join(folder, id), { recursive: true, force: true });
}

async function assetsOf(version: string): Promise<string[]> {
  return await readdir(path.join(version, 'site/_astro')).catch(() => []);
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** A file that the server may not read, as umask 077 leaves them, is copied with another mode. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const { mode } = await stat(from);
  const linked =
    (mode & 0o004) !== 0 &&
    (await link(from, to).then(
      () => true,
      () => false,
    ));
  if (linked) return;
  await copyFile(from, to);
  await chmod(to, mode | 0o444);
}

/** Links the files, where the file system can; the files of a version never change. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [file, copy] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(file, copy);
    else await linkOrCopy(file, copy);
  }
}

/** The server is another user. */
async function readableByAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isDirectory()) await chmod(path.join(entry.parentPath, entry.name), 0o755);
}
