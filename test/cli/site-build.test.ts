// One bad lesson does not keep the others from students, and a site that cannot be built is served as it was before. In a
// clone of its own: the real one's lessons are everybody's.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, test } from 'vitest';
import { cloneFolder } from '../../cli/paths.ts';
import { buildFailureIn } from '../../cli/supervisor/build-failure.ts';
import { lessonIds } from '../../lessons/schema/folders.ts';
import { testRun } from '../support/instance.ts';
import { inSoak } from '../support/soak.ts';

const run = promisify(execFile);
const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true, force: true }));
const clone = path.join(folder, 'clone');

async function makeClone(): Promise<void> {
  const isBuilt = (file: string) => /\/(dist|\.astro|node_modules)$/.test(file);
  for (const part of [
    'bin',
    'cli',
    'lessons',
    'runtime',
    'sandbox-server',
    'site',
    'package.json',
    'package-lock.json',
  ])
    await cp(path.join(cloneFolder, part), path.join(clone, part), {
      recursive: true,
      filter: (file) => !isBuilt(file),
    });
  // Its packages, and a cache of its own.
  await mkdir(path.join(clone, 'node_modules'));
  for (const name of await readdir(path.join(cloneFolder, 'node_modules')))
    if (!['.cache', '.astro', '.vite'].includes(name))
      await symlink(path.join(cloneFolder, 'node_modules', name), path.join(clone, 'node_modules', name));
}

/** What `npm start` does of the site in that clone: what it tells. */
async function build(): Promise<readonly string[]> {
  const script = `
    import { buildSite } from ${JSON.stringify(path.join(clone, 'cli/supervisor/site.ts'))};
    const silent = { update() {}, done() {}, failed() {} };
    console.log(JSON.stringify(await buildSite(() => silent, new AbortController().signal)));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: clone });
  return JSON.parse(stdout) as string[];
}

const page = (address: string) => readFile(path.join(clone, 'site/dist', address, 'index.html'), 'utf8');

inSoak(
  'a lesson with mistakes is left out and named, its pictures are copied, and a broken site is served as it was',
  async () => {
    await makeClone();
    const lessons = path.join(clone, 'lessons');
    const [first = '', second = '', third = ''] = await lessonIds(lessons);
    const text = path.join(lessons, second, 'lesson.mdx');
    await appendFile(text, '\n{process.env.HOME}\n');
    const line = (await readFile(text, 'utf8')).split('\n').length - 1;
    // A track that is kept elsewhere, with a picture.
    const elsewhere = path.join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await rename(path.join(lessons, third), path.join(elsewhere, path.basename(third)));
    await symlink(elsewhere, path.join(lessons, '02-linked'));
    const linked = path.join(lessons, '02-linked', path.basename(third));
    await writeFile(path.join(linked, 'ship.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>');
    await appendFile(path.join(linked, 'lesson.mdx'), '\n![A ship](ship.svg)\n');

    const notices = await build();
    assert.equal(notices.length, 1, notices.join('\n'));
    assert.equal(
      notices[0],
      `The lesson ${second} is left out until it is mended:\n` +
        `  lessons/${second}/lesson.mdx:${line}: {process.env.HOME} is an expression, which a lesson may not have: ` +
        'put it in backticks, or write \\{ for the brace',
    );
    const address = (id: string) => `lessons/${path.basename(id).replace(/^\d+-/, '')}`;
    await page(address(first));
    await assert.rejects(page(address(second)), { code: 'ENOENT' });
    assert.match(await page(address(third)), new RegExp(`<img[^>]* src="/${address(third)}/ship\\.svg" alt="A ship"`));
    await readFile(path.join(clone, 'site/dist', address(third), 'ship.svg'));
    assert.deepEqual(await build(), notices, 'told again at the next start, without a build');

    // Nothing that lint can know.
    const task = path.join(clone, 'site/src/lesson-components/Task.astro');
    await writeFile(task, '---\nconst broken = (\n---\n');
    const later = await build();
    const [told = ''] = later.slice(-1);
    assert.match(told, /^The site cannot be built:\n/);
    assert.match(told, /The pages as they were built before are served\.$/);
    assert.ok(told.split('\n').length < 12, told);
    await page(address(first));
  },
);

test('of a failed build a few lines are told, and the lesson that they name', () => {
  const output = `> build\n12:00:00 [build] Building\n\u001b[31m[ERROR]\u001b[39m [MDXError] Unexpected token
  Location:
    /srv/drydock/lessons/02-using-docker/08-ports/lesson.mdx:14:7
  Stack trace:
    at compile (file:///x.js:1:2)
${'    at more (file:///x.js:1:2)\n'.repeat(100)}npm error Lifecycle script \`build\` failed`;
  const { lesson, why } = buildFailureIn(output);
  assert.equal(lesson, '02-using-docker/08-ports');
  assert.equal(
    why,
    '[ERROR] [MDXError] Unexpected token\n  Location:\n    /srv/drydock/lessons/02-using-docker/08-ports/lesson.mdx:14:7',
  );
  assert.deepEqual(buildFailureIn('npm error code 1').lesson, null);
  // A fault of the site, which shows in the page that is drawn first, is none of that lesson's.
  const fault = `19:33:52 ├─ /lessons/ports/index.htmlfile:///srv/chunks/_lesson_.mjs:12
ReferenceError: nothing is not defined
    at file:///srv/lessons/02-using-docker/08-ports/lesson.mdx:1:1`;
  assert.deepEqual(buildFailureIn(fault), { lesson: null, why: 'ReferenceError: nothing is not defined' });
});
