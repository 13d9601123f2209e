// The course that students see: the lessons of all content folders in one folder, copied there. What is wrong is left out and told.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GlossaryWord } from '../../lessons/schema/glossary.ts';
import { addressOf, numberOf } from '../../lessons/schema/lesson-id.ts';
import { track as trackForm } from '../../lessons/schema/track.ts';
import { readYaml } from '../../lessons/schema.ts';
import { type ContentFolder, shownPath } from './content-folders.ts';
import { Budget, ContentError, copyFolder, copyOpened, ofLesson } from './copy-lesson.ts';
import { wordsOf } from './glossary.ts';
import { LeadsOut, type Opened, openRoot, openWithin, type Root } from './within.ts';

export interface Problem {
  /** As authors are told of it. */
  readonly file: string;
  /** 0: the file or folder as a whole. */
  readonly line: number;
  readonly message: string;
}

export interface CourseLesson {
  readonly id: string;
  readonly folder: ContentFolder;
  /** Why it is not in the course. */
  readonly problem?: Problem;
}

export interface Course {
  /** `TRACK/LESSON/…`, `TRACK/track.yaml`, `glossary.yaml`. */
  readonly folder: string;
  /** Those that are left out too. */
  readonly all: readonly CourseLesson[];
  readonly problems: readonly Problem[];
}

const trackName = /^\d\d-[a-z0-9-]{1,60}$/;
const lessonName = trackName;
/** A glossary or a track's file is read whole. */
const mostTextBytes = 1024 ** 2;

/** What of a file or folder cannot be used is told by this. */
type Say = (file: string, message: string, line?: number) => Problem;

interface Gathering {
  readonly into: string;
  readonly all: CourseLesson[];
  readonly problems: Problem[];
  readonly words: Map<string, { readonly word: GlossaryWord; readonly place: () => string }>;
}

/** `into` is made, or added to where it is there. Throws what the file system throws while it is written. */
export async function gatherCourse(folders: readonly ContentFolder[], into: string): Promise<Course> {
  const gathering: Gathering = { into, all: [], problems: [], words: new Map() };
  await mkdir(into, { recursive: true });
  for (const folder of folders) await gatherFolder(folder, gathering);
  const words = [...gathering.words.values()].map(({ word }) => word);
  // JSON is YAML.
  await writeFile(path.join(into, 'glossary.yaml'), `${JSON.stringify(words, null, 1)}\n`);
  return { folder: into, all: gathering.all, problems: gathering.problems };
}

/** Copies one lesson again, after a change: the files that differ, one by one and each whole. Throws ContentError. */
export async function gatherLesson({ id, folder }: CourseLesson, into: string): Promise<void> {
  const root = await openRoot(folder.path, folder.isOwn);
  await using _ = root.handle;
  const [trackPart = '', namePart = ''] = id.split('/');
  const track = await openPart(root, root.handle, trackPart, trackPart);
  if (track === null) throw new ContentError(trackPart, 'is not there');
  await using __ = track.handle;
  const lesson = await openPart(root, track.handle, namePart, id);
  if (lesson === null) throw new ContentError(id, 'is not there');
  await using ___ = lesson.handle;
  const fresh = path.join(into, `.fresh-${process.pid}`);
  try {
    await copyFolder({ root, budget: new Budget(), wanted: ofLesson }, lesson, fresh, id);
    await replaceFiles(fresh, path.join(into, id));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Makes `to` what `from` is, which is used up. */
async function replaceFiles(from: string, to: string): Promise<void> {
  const filesOf = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  };
  const files = await filesOf(from);
  for (const file of files) {
    const there = await readFile(path.join(to, file)).catch(() => null);
    if (there?.equals(await readFile(path.join(from, file)))) continue;
    await mkdir(path.dirname(path.join(to, file)), { recursive: true });
    await rename(path.join(from, file), path.join(to, file));
  }
  for (const file of await filesOf(to)) if (!files.includes(file)) await rm(path.join(to, file));
}

async function openPart(root: Root, parent: Root['handle'], name: string, file: string): Promise<Opened | null> {
  try {
    return await openWithin(root, parent, name);
  } catch (error) {
    throw error instanceof LeadsOut ? new ContentError(file, error.message) : error;
  }
}

async function gatherFolder(folder: ContentFolder, gathering: Gathering): Promise<void> {
  const say: Say = (file, message, line = 1) => {
    const problem = { file: shownPath(folder, file), line, message };
    gathering.problems.push(problem);
    return problem;
  };
  const root = await openRoot(folder.path, folder.isOwn).catch((error: NodeJS.ErrnoException) => {
    const none = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    say('', none ? 'there is no such folder' : `the folder cannot be read: ${error.message}`, 0);
    return null;
  });
  if (root === null) return;
  await using _ = root.handle;
  const budget = new Budget();
  // Of the folders before: two of one folder that clash are both wrong, and lint tells so.
  const before = gathering.all.filter(({ problem }) => problem === undefined);
  for await (const track of partsOf(root, root.handle, '', say))
    if (track.entry.kind === 'folder' && track.name !== 'images')
      await gatherTrack({ folder, root, budget, before, say, gathering }, track.name, track.entry);
  await gatherWords(root, folder, say, gathering);
}

/** The entries of a folder, hidden ones left out; what leads out of the content folder is told, and left out. */
async function* partsOf(
  root: Root,
  parent: Root['handle'],
  below: string,
  say: Say,
): AsyncGenerator<{ readonly name: string; readonly entry: Opened }> {
  const names = (await readdir(`/proc/self/fd/${parent.fd}`)).filter((name) => !name.startsWith('.')).sort();
  for (const name of names.slice(0, 1000)) {
    try {
      const entry = await openPart(root, parent, name, path.join(below, name));
      if (entry === null) continue;
      await using _ = entry.handle;
      yield { name, entry };
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      say(error.file, error.why);
    }
  }
}

interface InFolder {
  readonly folder: ContentFolder;
  readonly root: Root;
  readonly budget: Budget;
  readonly before: readonly CourseLesson[];
  readonly say: Say;
  readonly gathering: Gathering;
}

async function gatherTrack(around: InFolder, track: string, from: Opened): Promise<void> {
  const { root, say, gathering } = around;
  for await (const { name, entry } of partsOf(root, from.handle, track, say)) {
    if (name === 'track.yaml' && entry.kind === 'file' && entry.bytes <= mostTextBytes && trackName.test(track)) {
      const to = path.join(gathering.into, track, name);
      await mkdir(path.dirname(to), { recursive: true });
      const taken = await readFile(to).catch(() => null);
      const read = readYaml(await readFile(entry.path, 'utf8'), trackForm);
      if ('mistakes' in read) {
        for (const { line, message } of read.mistakes) say(path.join(track, name), message, line);
      } else if (taken === null) await copyOpened(entry, to);
      else if (!taken.equals(await readFile(entry.path)))
        say(path.join(track, name), `another folder before this one says already what the track ${track} is`);
    }
    if (entry.kind === 'folder') await gatherOne(around, `${track}/${name}`, entry);
  }
}

async function gatherOne(around: InFolder, id: string, from: Opened): Promise<void> {
  const { folder, root, budget, before, say, gathering } = around;
  const files = await readdir(from.path);
  if (!files.includes('lesson.mdx') && !files.includes('lab.yaml')) return;
  const text = path.join(id, 'lesson.mdx');
  const leaveOut = (problem: Problem) => void gathering.all.push({ id, folder, problem });
  const [track = '', name = ''] = id.split('/');
  if (!trackName.test(track) || !lessonName.test(name))
    return leaveOut(
      say(id, 'is no name of a lesson: track and lesson are two digits, -, and a name of a-z, 0-9 and -'),
    );
  for (const other of before) {
    const there = shownPath(other.folder, path.join(other.id, 'lesson.mdx'));
    if (other.id === id) return leaveOut(say(text, `is there already, as ${there}`));
    if (numberOf(other.id) === numberOf(id))
      return leaveOut(say(text, `has the number ${numberOf(id)}, as ${there} has`));
    if (addressOf(other.id) === addressOf(id))
      return leaveOut(say(text, `has the address ${addressOf(id)}, as ${there} has`));
  }
  const to = path.join(gathering.into, id);
  try {
    await copyFolder({ root, budget, wanted: ofLesson }, from, to, id);
    gathering.all.push({ id, folder });
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    await rm(to, { recursive: true, force: true });
    leaveOut(say(error.file, error.why));
  }
}

async function gatherWords(root: Root, folder: ContentFolder, say: Say, { words }: Gathering): Promise<void> {
  const file = 'glossary.yaml';
  try {
    const entry = await openPart(root, root.handle, file, file);
    if (entry === null) return;
    await using _ = entry.handle;
    if (entry.kind !== 'file' || entry.bytes > mostTextBytes) return void say(file, 'is no file of 1 MiB at most');
    for (const { word, line, mistake } of wordsOf(await readFile(entry.path, 'utf8'))) {
      const known = word === null ? undefined : words.get(word.id);
      if (word === null) say(file, mistake, line());
      else if (known !== undefined) say(file, `explains ${word.id}, as ${known.place()} does`, line());
      else words.set(word.id, { word, place: () => `${shownPath(folder, file)}:${line()}` });
    }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    say(error.file, error.why);
  }
}
