// Lessons outside the clone, in the browser: they are served beside Drydock's own, and taken over when they change, while a student
// works in one of them and notices nothing.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { labNew } from '../../cli/commands/lab-new.ts';
import { startDrydock, type TestDrydock } from '../support/drydock.ts';
import { testRun } from '../support/instance.ts';
import { newStudent, prompt, seen, taskIs, typeLine } from './browser.ts';

/** A build of the site, on a machine that does other things. */
const buildMs = 240_000;

let folder: string;
let drydock: TestDrydock;
const lesson = (name: string) => path.join(folder, '31-ours', name);
const image = async (name: string, files: Readonly<Record<string, string>>) => {
  await mkdir(path.join(folder, 'images', name), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, 'images', name, file), text);
};
const changeText = async (name: string, before: string, after: string) => {
  const file = path.join(lesson(name), 'lesson.mdx');
  const text = await readFile(file, 'utf8');
  assert.ok(text.includes(before));
  await writeFile(`${file}.new`, text.replace(before, after));
  await rename(`${file}.new`, file);
};

beforeAll(async () => {
  folder = await mkdtemp(`/tmp/${testRun}-`);
  for (const name of ['41-own-page', '42-in-use', '43-nobody', '44-broken', '02-clash'])
    await labNew(`31-ours/${name}`, folder);
  await symlink('/etc/passwd', path.join(lesson('44-broken'), 'ship.png'));
  await image('shop', { Dockerfile: 'FROM busybox\n', 'image.yaml': 'summary: Our shop.\ntags: [latest, "2"]\n' });
  await image('bare', { Dockerfile: 'FROM busybox\n' });
  await image('hidden', { Dockerfile: 'FROM busybox\n', 'image.yaml': 'offered: false\n' });
  await image('wrong', { Dockerfile: 'FROM busybox\n', 'image.yaml': 'summary: [\n' });
  drydock = await startDrydock({ DRYDOCK_LESSONS: folder });
});
afterAll(async () => {
  await drydock?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const status = async (page: string) => (await fetch(new URL(page, drydock.url))).status;

/** `since`: so many characters had been told before. */
async function told(what: RegExp, since = 0): Promise<void> {
  const deadline = performance.now() + buildMs;
  while (!what.test(drydock.notices().slice(since))) {
    if (performance.now() > deadline) assert.fail(`${what} is not told:\n${drydock.notices()}`);
    await delay(100);
  }
}

test('lessons of another folder are served beside Drydock’s own; what is wrong is left out, and told with its place', async () => {
  assert.equal(await status('/lessons/own-page/'), 200);
  assert.equal(await status('/lessons/first-container/'), 200);
  assert.equal(await status('/lessons/broken/'), 404);
  const first = path.join('lessons', '01-why-containers/02-first-container/lesson.mdx');
  await told(new RegExp(`Left out: ${lesson('02-clash')}/lesson\\.mdx:1: has the number 2, as ${first} has`));
  await told(new RegExp(`Left out: ${lesson('44-broken')}/ship\\.png:1: leads out of the folder`));
});

test('images of another folder are on the page of images, beside Drydock’s own', async () => {
  const html = await (await fetch(new URL('/images/', drydock.url))).text();
  const listed = [...html.matchAll(/<div id="([^"]+)">/g)].map(([, name]) => name);
  assert.deepEqual(listed.slice(0, 2), ['bare', 'shop']);
  assert.ok(listed.includes('busybox') && !listed.includes('hidden') && !listed.includes('wrong'), listed.join(' '));
  assert.match(html, /<div id="shop">.*?Our shop\..*?<code>latest<\/code>, <code>2<\/code>/s);
});

/** A burst of changes may come as two, where the machine stands still between them. */
async function served(what: string, fact: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + buildMs;
  while (!(await fact().catch(() => false))) {
    if (performance.now() > deadline) assert.fail(`waited until ${what}:\n${drydock.notices()}`);
    await delay(100);
  }
}

test('what changes is served, and a student who works in a lesson goes on, also in one that is gone, and after the server was killed', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/lessons/in-use/');
  await prompt(page);
  await typeLine(page, 'mine=kept; echo begun-$((1+1))');
  await seen(page, /begun-2/);

  // All at once, as git would: a text, a lesson that goes, another that nobody is in, and one that is mended.
  await changeText('41-own-page', 'A step says one thing', 'A step says another thing');
  await rename(lesson('42-in-use'), path.join(folder, '42-in-use'));
  await rm(lesson('43-nobody'), { recursive: true });
  await rm(path.join(lesson('44-broken'), 'ship.png'));
  await served('the text is new', async () => {
    const own = await fetch(new URL('/lessons/own-page/', drydock.url));
    return (await own.text()).includes('A step says another thing');
  });
  await served('the lesson is mended', async () => (await status('/lessons/broken/')) === 200);
  await served('the lesson that nobody is in is gone', async () => (await status('/lessons/nobody/')) === 404);
  await served('so is the other, for whoever has no lab of it', async () => (await status('/lessons/in-use/')) === 404);

  await typeLine(page, 'echo $mine-$((1+2))');
  await seen(page, /kept-3/);
  await page.reload();
  await prompt(page);
  await typeLine(page, 'docker run -d --name box busybox sleep 1000; echo $mine-$((1+3))');
  await seen(page, /kept-4/);
  await taskIs(page, 'run', 'done');

  const before = drydock.notices().length;
  const { server } = JSON.parse((await drydock.run('status', '--json')).stdout) as { server: { pid: number } };
  process.kill(server.pid, 'SIGKILL');
  await told(/Starting it again/, before);
  await served('the server is back', async () => (await status('/')) === 200);
  await page.reload();
  await prompt(page);
  await typeLine(page, 'echo $mine-$((1+4))');
  await seen(page, /kept-5/);
  await taskIs(page, 'run', 'done');
  assert.equal(await status('/lessons/in-use/'), 404);
  assert.deepEqual(complaints, []);

  await using other = await newStudent(drydock.url);
  await other.page.goto('/lessons/broken/');
  await prompt(other.page);
});

test('what a lab file says is new at once for who is in the lab; a mistake leaves that lesson out, and the others stay', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto('/lessons/own-page/');
  await prompt(page);
  await page.locator('.task', { hasText: 'A container named box, from the image busybox, runs.' }).waitFor();
  const before = drydock.notices().length;
  const lab = path.join(lesson('41-own-page'), 'lab.yaml');
  await writeFile(lab, (await readFile(lab, 'utf8')).replace('expected: A container', 'expected: One container'));
  await labNew('31-ours/45-wrong', folder);
  await changeText('45-wrong', '<Command run="docker images" />', '{process.env.HOME}');
  await page
    .locator('.task', { hasText: 'One container named box, from the image busybox, runs.' })
    .waitFor({ timeout: buildMs });
  await told(
    new RegExp(
      `The lesson 31-ours/45-wrong is left out until it is mended:\\n  ${lesson('45-wrong')}/lesson\\.mdx:16: `,
    ),
    before,
  );
  assert.equal(await status('/lessons/wrong/'), 404);
  assert.equal(await status('/lessons/own-page/'), 200);
});
