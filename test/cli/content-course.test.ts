// The lessons of several content folders as one course: what clashes, leads out of its folder or is wrong is left out and told with
// its place, and everything else is there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, test } from 'vitest';
import { labNew } from '../../cli/commands/lab-new.ts';
import { contentFoldersOf, ownCourse } from '../../cli/content/content-folders.ts';
import { gatherCourse, gatherLesson } from '../../cli/content/course.ts';
import { lessonsFolder, lessonsNamed, mustBeThere } from '../../cli/lab/lessons.ts';
import { loadSettings } from '../../cli/load-settings.ts';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { runDrydock } from '../support/command.ts';
import { testRun } from '../support/instance.ts';

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
let made = 0;

/** A content folder with these lessons. */
async function folderWith(...lessons: readonly string[]) {
  const place = path.join(folder, `course-${++made}`);
  await mkdir(place);
  for (const lesson of lessons) await labNew(lesson, place);
  return { path: place, isOwn: false };
}

const into = () => path.join(folder, `into-${++made}`);

test('the lessons of all folders are in the course, and what authors keep beside them is not', async () => {
  const [one, other] = [await folderWith('31-a/41-one'), await folderWith('31-a/42-two', '32-b/43-three')];
  const lesson = path.join(one.path, '31-a/41-one');
  await mkdir(path.join(lesson, 'files/bin'), { recursive: true });
  await writeFile(path.join(lesson, 'files/bin/start'), '#!/bin/sh\n', { mode: 0o700 });
  await writeFile(path.join(lesson, 'files/.profile'), 'x\n', { mode: 0o600 });
  await writeFile(path.join(lesson, 'ship.svg'), '<svg/>');
  await writeFile(path.join(lesson, 'draft.md'), 'later');
  await writeFile(path.join(lesson, 'astro.config.mjs'), 'throw 1');
  await mkdir(path.join(one.path, 'docs'));
  await mkdir(path.join(one.path, '.git'));
  const course = await gatherCourse([one, other], into());
  assert.deepEqual(course.problems, []);
  assert.deepEqual(await lessonIds(course.folder), ['31-a/41-one', '31-a/42-two', '32-b/43-three']);
  const there = await readdir(path.join(course.folder, '31-a/41-one'), { recursive: true });
  assert.deepEqual(there.sort(), [
    'files',
    'files/.profile',
    'files/bin',
    'files/bin/start',
    'lab.yaml',
    'lesson.mdx',
    'ship.svg',
  ]);
  assert.deepEqual((await readdir(course.folder)).sort(), ['31-a', '32-b', 'glossary.yaml']);
  assert.deepEqual(
    lessonsNamed(['41', 'two', path.join(other.path, '32-b/43-three')], course).map(({ id }) => id),
    ['31-a/41-one', '31-a/42-two', '32-b/43-three'],
  );
});

test('a lesson whose id, number or address another folder has is left out, and both places are told', async () => {
  const first = await folderWith('31-a/41-one', '31-a/42-two');
  const second = await folderWith('31-a/41-one', '33-c/42-other', '33-c/44-two', '33-c/45-five');
  const course = await gatherCourse([first, second], into());
  const [mine, theirs] = [first.path, second.path];
  assert.deepEqual(
    course.problems.map(({ file, message }) => `${file}: ${message}`),
    [
      `${theirs}/31-a/41-one/lesson.mdx: is there already, as ${mine}/31-a/41-one/lesson.mdx`,
      `${theirs}/33-c/42-other/lesson.mdx: has the number 42, as ${mine}/31-a/42-two/lesson.mdx has`,
      `${theirs}/33-c/44-two/lesson.mdx: has the address /lessons/two/, as ${mine}/31-a/42-two/lesson.mdx has`,
    ],
  );
  assert.deepEqual(await lessonIds(course.folder), ['31-a/41-one', '31-a/42-two', '33-c/45-five']);
  assert.throws(() => lessonsNamed(['two'], course), /two may mean .*course-\d+\/31-a\/42-two or .*\/33-c\/44-two\./);
  assert.throws(
    () => mustBeThere(lessonsNamed([path.join(theirs, '33-c/44-two')], course)),
    /44-two\/lesson\.mdx:1: has the address/,
  );
});

test('C links lead to what is in the folder, or the lesson is left out and the link told: nothing outside is read', async () => {
  const outside = path.join(folder, 'outside');
  await mkdir(outside, { recursive: true });
  await writeFile(path.join(outside, 'secret.png'), 'secret');
  const lessons = ['41-a', '42-b', '43-c', '44-d', '45-e', '46-f'].map((name) => `31-a/${name}`);
  const place = await folderWith(...lessons);
  const at = (number: number) => path.join(place.path, lessons[number] ?? '');
  await mkdir(path.join(place.path, 'pictures'));
  await writeFile(path.join(place.path, 'pictures/ship.png'), 'ship');
  await symlink('../../pictures/ship.png', path.join(at(0), 'ship.png'));
  await symlink(path.join(outside, 'secret.png'), path.join(at(1), 'ship.png'));
  await symlink(outside, path.join(at(2), 'files'));
  await rm(path.join(at(3), 'lesson.mdx'));
  await symlink('/etc/passwd', path.join(at(3), 'lesson.mdx'));
  await mkdir(path.join(at(4), 'files'));
  await promisify(execFile)('mkfifo', [path.join(at(4), 'files/pipe')]);
  await mkdir(path.join(at(5), 'files'));
  await symlink('..', path.join(at(5), 'files/circle'));
  await symlink(outside, path.join(place.path, '32-out'));
  // As long as the folder's own path, and no more of it.
  await mkdir(`${place.path}-beside`);
  await symlink(`${place.path}-beside`, path.join(place.path, '33-beside'));
  const course = await gatherCourse([place], into());
  const out = 'leads out of the folder: links may only lead to what is in it';
  const told = course.problems.map(({ file, message }) => `${path.relative(place.path, file)}: ${message}`);
  assert.deepEqual(told.slice(0, 4), [
    `${lessons[1]}/ship.png: ${out}`,
    `${lessons[2]}/files: ${out}`,
    `${lessons[3]}/lesson.mdx: ${out}`,
    `${lessons[4]}/files/pipe: is neither a file nor a folder`,
  ]);
  assert.match(told[4] ?? '', /circle.*: has too many folders in each other$/);
  assert.deepEqual(told.slice(5), [`32-out: ${out}`, `33-beside: ${out}`]);
  assert.deepEqual(await lessonIds(course.folder), [lessons[0]]);
  assert.equal(await readFile(path.join(course.folder, lessons[0] ?? '', 'ship.png'), 'utf8'), 'ship');
});

test('what a track is stands in its file; one that is wrong, or says another thing than an earlier folder’s, is told', async () => {
  const [first, second] = [await folderWith('31-a/41-one'), await folderWith('31-a/42-two', '32-b/43-three')];
  await writeFile(path.join(first.path, '31-a/track.yaml'), 'title: A\n');
  await writeFile(path.join(second.path, '31-a/track.yaml'), 'title: B\n');
  await writeFile(path.join(second.path, '32-b/track.yaml'), 'title: B\nabuot: x\n');
  const course = await gatherCourse([first, second], into());
  assert.deepEqual(
    course.problems.map(({ file, line, message }) => `${path.relative(second.path, file)}:${line}: ${message}`),
    [
      '31-a/track.yaml:1: another folder before this one says already what the track 31-a is',
      '32-b/track.yaml:2: abuot: means nothing here; did you mean about?',
    ],
  );
  assert.equal(await readFile(path.join(course.folder, '31-a/track.yaml'), 'utf8'), 'title: A\n');
  assert.deepEqual(await lessonIds(course.folder), ['31-a/41-one', '31-a/42-two', '32-b/43-three']);
});

test('a file that is larger than any of its kind is told, and its lesson left out', async () => {
  const place = await folderWith('31-a/41-one', '31-a/42-two', '31-a/43-three');
  const at = (file: string) => path.join(place.path, '31-a', file);
  await writeFile(at('41-one/lesson.mdx'), 'x'.repeat(1024 ** 2 + 1));
  await writeFile(at('42-two/ship.svg'), '');
  await truncate(at('42-two/ship.svg'), 64 * 1024 ** 2 + 1);
  const course = await gatherCourse([place], into());
  assert.deepEqual(
    course.problems.map(({ file, message }) => `${path.relative(place.path, file)}: ${message}`),
    ['31-a/41-one/lesson.mdx: has more than 1 MiB', '31-a/42-two/ship.svg: has more than 64 MiB'],
  );
  assert.deepEqual(await lessonIds(course.folder), ['31-a/43-three']);
});

test('words of all glossaries are there; one that is wrong, or there already, is told with its line', async () => {
  const place = await folderWith('31-a/41-one');
  const word = (id: string) => `- id: ${id}\n  name: Ship\n  says: It swims.\n  lesson: 41\n`;
  await writeFile(path.join(place.path, 'glossary.yaml'), `${word('ship')}${word('image')}- id: no\n${word('ship')}`);
  const course = await gatherCourse([ownCourse, place], into());
  const glossary = `${place.path}/glossary.yaml`;
  assert.deepEqual(
    course.problems.map(({ file, line }) => `${file}:${line}`),
    [`${glossary}:5`, `${glossary}:9`, `${glossary}:10`],
  );
  assert.match(course.problems[0]?.message ?? '', /^explains image, as lessons\/glossary\.yaml:\d+ does$/);
  const ids = (JSON.parse(await readFile(path.join(course.folder, 'glossary.yaml'), 'utf8')) as { id: string }[]).map(
    ({ id }) => id,
  );
  assert.ok(ids.includes('image') && ids.filter((id) => id === 'ship').length === 1);
});

test('a folder that is not there is told, and the others are read', async () => {
  const place = await folderWith('31-a/41-one');
  const course = await gatherCourse([{ path: '/nonexistent/course', isOwn: false }, place], into());
  assert.deepEqual(course.problems, [{ file: '/nonexistent/course', line: 0, message: 'there is no such folder' }]);
  assert.deepEqual(await lessonIds(course.folder), ['31-a/41-one']);
});

test('a lesson that is copied again has what changed, and loses what went', async () => {
  const place = await folderWith('31-a/41-one');
  const source = path.join(place.path, '31-a/41-one');
  await writeFile(path.join(source, 'old.svg'), '<svg/>');
  const course = await gatherCourse([place], into());
  const copy = path.join(course.folder, '31-a/41-one');
  await rm(path.join(source, 'old.svg'));
  await writeFile(path.join(source, 'new.svg'), '<svg/>');
  await writeFile(path.join(source, 'lab.yaml'), 'tasks: []\n');
  const [lesson] = course.all;
  assert.ok(lesson);
  await gatherLesson(lesson, course.folder);
  assert.deepEqual((await readdir(copy)).sort(), ['lab.yaml', 'lesson.mdx', 'new.svg']);
  assert.equal(await readFile(path.join(copy, 'lab.yaml'), 'utf8'), 'tasks: []\n');
});

test('DRYDOCK_LESSONS adds folders to Drydock’s course, leaves that out behind only:, and is refused where it is no list of paths', () => {
  const foldersOf = (text: string) =>
    contentFoldersOf(loadSettings({ DRYDOCK_CONFIG: '/dev/null', DRYDOCK_LESSONS: text }).settings).map(
      (one) => one.path,
    );
  assert.deepEqual(foldersOf(''), [lessonsFolder]);
  assert.deepEqual(foldersOf('/srv/one:/srv/two/'), [lessonsFolder, '/srv/one', '/srv/two']);
  assert.deepEqual(foldersOf('only:/srv/one'), ['/srv/one']);
  for (const wrong of ['srv/one', 'only:', '/srv/one:/srv/one/', '/srv/../etc', '/srv/one only:'])
    assert.throws(() => foldersOf(wrong), /DRYDOCK_LESSONS/, wrong);
});

test('lab new and lab lint work in a folder outside the clone, and tell its mistakes by their whole path', async () => {
  const place = path.join(folder, 'authors');
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DRYDOCK_CONFIG: '/dev/null',
    DRYDOCK_LESSONS: `only:${place}`,
  };
  const fresh = await runDrydock(env, 'lab', 'new', '31-ours/41-own-page');
  assert.equal(fresh.exitCode, 0, fresh.stderr);
  const lesson = path.join(place, '31-ours/41-own-page');
  assert.match(fresh.stdout, new RegExp(`^Made ${lesson}/lesson\\.mdx and ${lesson}/lab\\.yaml\\.`));
  const taken = await runDrydock(env, 'lab', 'new', '31-ours/41-other');
  assert.match(taken.stderr, /31-ours\/41-own-page has the number 41\. Take another\./);
  assert.match((await runDrydock(env, 'lab', 'lint')).stdout, /^31-ours\/41-own-page: nothing to mend\.\n$/);
  const lab = path.join(lesson, 'lab.yaml');
  await writeFile(lab, (await readFile(lab, 'utf8')).replace('check:', 'chekc:'));
  await chmod(lab, 0o600);
  const broken = await runDrydock(env, 'lab', 'lint', 'own-page');
  assert.equal(broken.exitCode, 1);
  assert.match(broken.stdout, new RegExp(`^${lab}:6:5: tasks\\[0\\]\\.chekc: means nothing here`));
});
