// Changes in content folders are heard of, a burst of them once, and folders that come later are followed too.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { followContent } from '../../cli/content/follow-content.ts';
import { testRun } from '../support/instance.ts';
import { until } from '../support/until.ts';

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
const [course, later] = [path.join(folder, 'course'), path.join(folder, 'later')];
await mkdir(path.join(course, '31-a/41-one'), { recursive: true });

const ending = new AbortController();
let calls = 0;
const failures: string[] = [];
const following = followContent(
  [course, later].map((place) => ({ path: place, isOwn: false })),
  ending.signal,
  async () => {
    calls += 1;
  },
  (place, error) => failures.push(`${place}: ${error.message}`),
);
afterAll(async () => {
  ending.abort();
  await following;
  assert.deepEqual(failures, []);
});

/** Writes until it is heard of, now and then: the first may come before anything is watched. */
async function heard(what: string, write: () => Promise<void>): Promise<void> {
  const before = calls;
  let writtenMs = Number.NEGATIVE_INFINITY;
  await until(what, async () => {
    if (performance.now() - writtenMs > 2000) {
      await write();
      writtenMs = performance.now();
    }
    return calls > before;
  });
}

test('a file that changes is heard of, in a folder that was made since, too', async () => {
  await heard('a text is written', () => writeFile(path.join(course, '31-a/41-one/lesson.mdx'), `${calls}`));
  const made = path.join(course, '32-b/42-two/files');
  await mkdir(made, { recursive: true });
  await heard('a file of a new folder is', () => writeFile(path.join(made, 'page.html'), `${calls}`));
});

test('a folder that is not there is waited for, and one that is put in its place is followed', async () => {
  await mkdir(later);
  await heard('a file in it is written', () => writeFile(path.join(later, 'glossary.yaml'), `${calls}`));
  await mkdir(`${later}-new`);
  await rename(later, `${later}-old`);
  await rename(`${later}-new`, later);
  await heard('a file of the new one is', () => writeFile(path.join(later, 'glossary.yaml'), `${calls}`));
});

test('what git writes for itself is no change, and a burst is one', async () => {
  const git = path.join(course, '.git');
  await mkdir(git);
  await writeFile(path.join(git, 'index.lock'), '');
  const before = calls;
  for (let number = 0; number < 50; number++) await writeFile(path.join(course, '31-a/41-one', `${number}.svg`), 'x');
  for (let number = 0; number < 50; number++) await rm(path.join(course, '31-a/41-one', `${number}.svg`));
  await writeFile(path.join(course, '31-a/41-one/lesson.mdx'), 'the last');
  await rm(path.join(git, 'index.lock'));
  await until('it is heard of', () => calls > before);
  await heard('and the next change', () => writeFile(path.join(course, '31-a/41-one/lesson.mdx'), `${calls}`));
  // Of a hundred changes; a machine that stands still between them may make more than one burst of what came after.
  assert.ok(calls - before <= 3, `${calls - before} calls`);
});
