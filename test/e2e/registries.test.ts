// The registries of a lab in the engine view: nothing while none is used, then the hub between two hosts, with what is pushed and pulled
// layer by layer, in a picture and in words, in both themes and on a phone.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { lessonsFolder } from '../../cli/lab/lessons.ts';
import { drydockFor } from '../lessons/own-drydock.ts';
import { accessibilityFaults } from './axe.ts';
import { lessonPath, newStudent, screenshot, seen, typeMarked } from './browser.ts';

const built = fileURLToPath(new URL('../../site/dist', import.meta.url));
const lesson = '01-why-containers/02-first-container';

const lab = `
hosts: [{ name: dev }, { name: prod }]
images: [busybox, nginx]
tasks:
  - id: web
    expected: prod runs what dev has pushed.
    check: { container: { host: prod, state: running, repository: { name: "{{namespace}}/web", pushedBy: dev } } }
    solution: { host: prod, run: ["docker run -d hub.drydock/$HUB_NAMESPACE/web:1"] }
`;

let folder: string;
let drydock: Awaited<ReturnType<typeof drydockFor>>;
beforeAll(async () => {
  folder = await mkdtemp('/tmp/drydock-e2e-lessons-');
  await mkdir(path.join(folder, lesson), { recursive: true });
  await cp(path.join(lessonsFolder, lesson), path.join(folder, lesson), { recursive: true });
  await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);
  drydock = await drydockFor(folder, (site) => cp(built, site, { recursive: true }));
});
afterAll(async () => {
  await drydock?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const web = 'hub.drydock/$HUB_NAMESPACE/web';

test('the hub stands between two hosts once they use it, and what they push and pull is told layer by layer', async () => {
  await using student = await newStudent(drydock.origin);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await seen(page, /student@dev/);
  const view = page.getByRole('region', { name: 'Engine view' });
  await view.locator('.ev-image', { hasText: 'nginx' }).waitFor();
  assert.equal(await view.locator('.ev-registries').count(), 0, 'no registry is drawn where none is used');

  const said = (words: RegExp) =>
    page.locator('.engine-view [role="status"]', { hasText: words }).first().waitFor({ state: 'attached' });
  await seen(page, await typeMarked(page, `clear; docker tag nginx ${web}:1; docker push -q ${web}:1`));
  const hub = view.locator('.ev-registry', { hasText: 'hub.drydock' });
  await hub.locator('.ev-members', { hasText: /^1[0-9a-f]{8}…$/ }).waitFor();
  await hub.getByText('public').waitFor();
  const dev = view.locator('.ev-side', { hasText: 'dev' });
  await dev.getByText(/^push student-[a-z0-9]{6}\/web:1$/).waitFor();
  await dev.getByText(/^\d+ layers? sent$/).waitFor();
  await said(/^dev has pushed student-\w+\/web:1 to hub\.drydock: \d+ layers? sent\.$/);

  // A second version shares all layers but its own.
  const build = `docker run --name made nginx touch /own && docker commit made ${web}:2 && docker push -q ${web}:2`;
  await seen(page, await typeMarked(page, `clear; ${build}`));
  await dev.getByText(/^1 layer sent, \d+ (was|were) there already$/).waitFor();
  assert.equal(await dev.locator('.ev-cargo[data-state="moved"]').count(), 1);
  await dev.locator('.ev-cargo[data-state="there"]', { hasText: 'there already' }).first().waitFor();
  // What is sent moves along its way; what was there does not, and nothing does for a reader who wants no motion.
  const motions = () =>
    dev.locator('.ev-lane').evaluate((lane) => {
      lane.setAttribute('data-fresh', 'true');
      const motionOf = (state: string) => {
        const body = lane.querySelector(`.ev-cargo[data-state="${state}"] .ev-cargo-body`);
        return body && getComputedStyle(body).animationName;
      };
      return [motionOf('moved'), motionOf('there')];
    });
  assert.deepEqual(await motions(), ['ev-travel', 'none']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.deepEqual(await motions(), ['none', 'none']);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await hub.locator('.ev-tag', { hasText: '2' }).waitFor();

  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('menuitem', { name: 'Terminal on prod' }).click();
  await seen(page, /student@prod/);
  await seen(page, await typeMarked(page, `clear; docker run -d --name web ${web}:2 sleep 1000`));
  const prod = view.locator('.ev-side', { hasText: 'prod' });
  await prod.getByText(/^pull student-[a-z0-9]{6}\/web:2$/).waitFor();
  await prod.getByText(/^1 layer fetched, \d+ (was|were) there already$/).waitFor();
  await page.locator('[data-task="web"][data-state="done"]').waitFor({ state: 'attached' });
  await screenshot(page, 'registries');
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, 'registries-dark');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.emulateMedia({ colorScheme: 'light' });

  // A push that fails says so.
  await page.getByRole('tab', { name: 'dev', exact: true }).click();
  await seen(
    page,
    await typeMarked(page, `clear; docker tag nginx hub.drydock/stranger/x; docker push hub.drydock/stranger/x`),
  );
  await dev.getByText('it did not arrive; the terminal says why').waitFor();
  await said(/^dev has tried to push stranger\/x:latest to hub\.drydock: it did not arrive/);

  await page.getByRole('button', { name: 'In words' }).click();
  const words = page.locator('.ev-words');
  await words
    .getByText(/^Registry hub\.drydock, the hub: student-\w+\/web \(public\) with the tags 2 at \w{12}, 1 at \w{12}\.$/)
    .waitFor();
  await words
    .getByText(
      /^prod has pulled student-\w+\/web:2 from hub\.drydock: 1 layer fetched, \d+ (was|were) there already\.$/,
    )
    .waitFor();
  await screenshot(page, 'registries-words');
  await page.getByRole('button', { name: 'In words' }).click();

  // A registry of one's own is drawn too.
  await page.getByRole('tab', { name: 'prod', exact: true }).click();
  const own = `docker run -d -p 5000:5000 registry:2; docker tag busybox localhost:5000/x; until docker push -q localhost:5000/x; do sleep 1; done`;
  await seen(page, await typeMarked(page, `clear; ${own}`));
  const harbour = view.locator('.ev-registry', { hasText: 'localhost:5000' });
  await harbour.locator('.ev-members', { hasText: /^latest[0-9a-f]{8}…$/ }).waitFor();
  await prod.getByText(/^push x:latest$/).waitFor();
  await prod.getByText(/^1 layer sent$/).waitFor();
  await screenshot(page, 'registries-own');

  // A page that comes later is shown the same.
  await page.reload();
  await prod.getByText(/^1 layer sent$/).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Engine' }).first().click();
  await hub.waitFor();
  await screenshot(page, 'registries-phone');
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(complaints, []);
}, 180_000);
