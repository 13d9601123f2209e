// `drydock lab dev` as an instructor has it, in a clone of this one: what is saved is shown, the lab and its host go on, and
// mistakes are told with their place while the old lab stays.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, test } from 'vitest';
import { withText } from '../../cli/lab/dev-pages.ts';
import { Student } from '../../cli/lab/student.ts';
import { parseLab } from '../../lessons/schema.ts';
import { freePort, makeInstance } from '../support/instance.ts';
import { until } from '../support/until.ts';

const clone = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const lesson = '01-why-containers/02-first-container';
/** The site is built, the engine started, the first page compiled. */
const readyMs = 240_000;

const instance = await makeInstance();
afterAll(() => instance[Symbol.asyncDispose]());
const copy = path.join(instance.folder, 'clone');

/** A clone with its packages, and with the site as it was built. */
async function copyClone(): Promise<void> {
  const left = ['site/.astro', 'site/node_modules'].map((folder) => path.join(clone, folder));
  for (const entry of [
    'bin',
    'cli',
    'runtime',
    'sandbox-server',
    'lessons',
    'site',
    'package.json',
    'package-lock.json',
  ]) {
    const filter = (file: string) => !left.includes(file);
    await cp(path.join(clone, entry), path.join(copy, entry), { recursive: true, filter });
  }
  // What is kept among the packages is of one clone alone.
  await mkdir(path.join(copy, 'node_modules'));
  for (const name of await readdir(path.join(clone, 'node_modules')))
    if (!['.cache', '.vite', '.astro'].includes(name))
      await symlink(path.join(clone, 'node_modules', name), path.join(copy, 'node_modules', name));
  // Which sources it was built from; without it, it is built again.
  const stamp = 'node_modules/.cache/drydock/site.json';
  if (existsSync(path.join(clone, stamp))) await cp(path.join(clone, stamp), path.join(copy, stamp));
}
await copyClone();
const file = (name: string) => path.join(copy, 'lessons', lesson, name);

const port = await freePort();
const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: instance.folder,
  DRYDOCK_CONFIG: '/dev/null',
  DRYDOCK_PORT: String(port),
  DRYDOCK_CACHE: instance.cache,
};
const child = spawn(path.join(copy, 'bin/drydock'), ['lab', 'dev', 'first-container'], { cwd: copy, env });
let said = '';
for (const stream of [child.stdout, child.stderr])
  stream.on('data', (chunk: Buffer) => {
    said += chunk;
  });
const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGINT');
  await ended;
});
await new Promise<void>((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`not ready after ${readyMs} ms: ${said}`)), readyMs);
  child.stdout.on('data', () => {
    if (!said.includes('is open at')) return;
    clearTimeout(timer);
    resolve();
  });
  void ended.then((code) => reject(new Error(`ended with ${code}: ${said}`)));
});

const url = `http://127.0.0.1:${port}`;
const page = async () => (await fetch(`${url}/lessons/first-container/`)).text();
/** As the page asks: again, where the file was replaced while it was read. */
const told = async (): Promise<{ version: number; mistakes: string[] }> => {
  const text = await fetch(`${url}/dev.json`)
    .then((answer) => answer.text())
    .catch(() => '');
  return text.endsWith('}') ? JSON.parse(text) : told();
};
const labText = await readFile(file('lab.yaml'), 'utf8');
const student = await Student.enter({ url, origin: `http://localhost:${port}` }, lesson, parseLab(labText, 'lab.yaml'));
afterAll(() => student.leave());

test('the page is the built one with the text as it is saved, and says itself when that has changed', async () => {
  const before = await told();
  assert.deepEqual(before.mistakes, []);
  const built = await readFile(path.join(copy, 'site/dist/lessons/first-container/index.html'), 'utf8');
  const scripts = (html: string) => [...html.matchAll(/<script[^>]*src="([^"]+)"/g)].map(([, src]) => src);
  assert.deepEqual(scripts(await page()), [...scripts(built), '/dev.js']);
  assert.match(await (await fetch(`${url}/dev.js`)).text(), /location\.reload/);
  const text = await readFile(file('lesson.mdx'), 'utf8');
  const began = performance.now();
  await writeFile(file('lesson.mdx'), text.replace('## Run something', '## Run whatever you like'));
  await until('the page has the new heading', async () => (await page()).includes('Run whatever you like'));
  await until('open pages are told', async () => (await told()).version > before.version);
  // Within a second where nothing else runs; a busy machine is no reason to fail.
  assert.ok(performance.now() - began < 10_000);
});

test('a lab file that is saved is the lab of pages that are open, and the host stays as it is', async () => {
  await student.runLine('echo still-here > kept');
  const before = await told();
  await writeFile(
    file('lab.yaml'),
    labText.replace('expected: The container web has been removed.', 'expected: The web is gone.'),
  );
  assert.ok(await student.becomes('remove', ({ expected }) => expected === 'The web is gone.'));
  await until('open pages are told', async () => (await told()).version > before.version);
  assert.match((await student.runLine('cat kept')).shown, /still-here/);
  await student.runLine('docker run hello-world');
  assert.ok(await student.becomes('hello', ({ done }) => done), 'and its checks go on');
});

test('mistakes are told with their place, on the terminal and in the page, and the old lab stays', async () => {
  const before = student.task('remove').expected;
  await writeFile(
    file('lab.yaml'),
    labText.replace('    expected: The container web has been removed.', '    expcted: Nothing.'),
  );
  const place =
    /lessons\/01-why-containers\/02-first-container\/lab\.yaml:\d+:5: tasks\[4\]\.expcted: means nothing here/;
  await until('the page is told', async () => (await told()).mistakes.some((mistake) => place.test(mistake)));
  await until('the terminal shows it', () => place.test(said));
  assert.equal(student.task('remove').expected, before);
  await writeFile(file('lab.yaml'), labText);
  await until('nothing is wrong any more', async () => (await told()).mistakes.length === 0);
  assert.ok(await student.becomes('remove', ({ expected }) => expected === 'The container web has been removed.'));
});

test('a picture that is put into the lesson’s folder is served, and the page loads itself again', async () => {
  const before = (await told()).version;
  await writeFile(file('ship.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const picture = () => fetch(`${url}/lessons/first-container/ship.svg`);
  // The page may be told of what was saved before.
  await until('it is served', async () => (await picture()).status === 200);
  assert.match(await (await picture()).text(), /<svg/);
  await until('the page is told', async () => (await told()).version > before);
});

test('Ctrl-C ends it, and nothing is left', async () => {
  await student.leave();
  child.kill('SIGINT');
  assert.equal(await ended, 0, said);
  const left = (await readdir(instance.folder)).filter((name) => name.startsWith('drydock-lab-'));
  assert.deepEqual(left, []);
  await rm(copy, { recursive: true });
});

test('the body of one page goes into another, without its scripts', () => {
  const built =
    '<html><head><title>a</title></head><body class="b"><p>old</p><script src="/x.js"></script></body></html>';
  const drawn = '<html><head><title>c $&</title></head><body><script>evil()</script><p>new $1</p></body></html>';
  assert.equal(
    withText(built, drawn),
    '<html><head><title>c $&</title></head><body class="b"><p>new $1</p><script src="/x.js"></script><script type="module" src="/dev.js"></script></body></html>',
  );
});
