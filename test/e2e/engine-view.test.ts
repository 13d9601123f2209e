// The engine view in a browser: it follows the terminal, answers with commands, tells the same in words, keeps to its place,
// and nothing that comes out of a host is more than text.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectEngine } from '@drydock/runtime';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { inSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { newStudent, prompt, screenshot, seen, typeLine } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const playground = '/playground/';
const thing = (page: Page, kind: string, text: string) =>
  page.locator(`.engine-view .ev-${kind}`, { hasText: text }).first();
const run = "docker run -d --name web -p 8080:80 busybox sh -c 'echo hi > /hi; exec sleep 9999'";

/** All of every host, from outside: nobody types. */
async function removeContainers(): Promise<void> {
  const run = promisify(execFile);
  for (const { dockerSocket } of await connectEngine(drydock.engineSocket).hosts()) {
    const docker = ['-H', `unix://${dockerSocket}`];
    const { stdout } = await run('docker', [...docker, 'ps', '-aq']);
    const ids = stdout.split('\n').filter((id) => id !== '');
    if (ids.length > 0) await run('docker', [...docker, 'rm', '-f', ...ids]);
  }
}

test('it shows what the terminal does, and what one would type to be told the same', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(playground);
  await prompt(page);
  await page.getByText('A container shows here once you make one').waitFor();
  await screenshot(page, 'engine-view-empty');

  await typeLine(page, run);
  await thing(page, 'container', 'web').waitFor();
  await thing(page, 'container', '1 process').waitFor();
  await thing(page, 'image', 'busybox:latest').waitFor();
  await thing(page, 'network', '172.17.0.2').waitFor();
  await thing(page, 'container', 'own layer: 1 file, 3 B').waitFor();
  await page.getByText(/^1 container · 1 image · \d+ of \d+ MB$/).waitFor();
  await page
    .locator('.engine-view [role="status"]', { hasText: /web(,| is) running/ })
    .first()
    .waitFor({ state: 'attached' });
  await screenshot(page, 'engine-view');

  // By keyboard alone: ask, choose, run, and back to where one was.
  const name = page.locator('.engine-view .ev-container').getByRole('button', { name: 'web' });
  await name.focus();
  await page.keyboard.press('Enter');
  const ask = page.getByRole('group', { name: 'Ask Docker about web' });
  await ask.waitFor();
  await ask.locator('pre', { hasText: 'docker ps -a' }).waitFor();
  await page.keyboard.press('Escape');
  await ask.waitFor({ state: 'hidden' });
  const isFocused = () => name.evaluate((element) => element === element.ownerDocument.activeElement);
  await until('the name has the focus again', isFocused);
  await page.keyboard.press('Enter');
  await ask.getByRole('button', { name: 'its ports' }).press('Enter');
  await ask.locator('pre', { hasText: 'docker port web' }).waitFor();
  await screenshot(page, 'engine-view-ask');
  // A container is shown as soon as it runs, which may be before docker run has ended.
  await seen(page, /[0-9a-f]{64}\s*student@docker-host/);
  await ask.getByRole('button', { name: 'Run: docker port web' }).click();
  await seen(page, /80\/tcp -> 0\.0\.0\.0:8080/);
  await ask.getByRole('button', { name: 'Close' }).click();

  await typeLine(page, 'clear; docker stop -t 0 web');
  await page.locator('.engine-view .ev-container[data-up="false"]', { hasText: 'exited 137' }).waitFor();
  // It goes while it is asked about, with the focus on it.
  await name.press('Enter');
  await ask.waitFor();
  await removeContainers();
  await page.getByText('A container shows here once you make one').waitFor();
  assert.equal(await page.evaluate('document.activeElement.className'), 'ev-body');
  assert.deepEqual(complaints, []);
});

test('it tells the same in words, and stays as it was put', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(playground);
  await prompt(page);
  await typeLine(page, run);
  await thing(page, 'container', 'web').waitFor();
  await page.getByRole('button', { name: 'In words' }).click();
  const words = page.locator('.ev-words');
  await words
    .getByText(
      /^Container web from busybox: running; 1 process, .* of memory; own layer 1 file, 3 B; port 8080 leads to its port 80\.$/,
    )
    .waitFor();
  await words.getByText('Network bridge (172.17.0.0/16): web at 172.17.0.2.').waitFor();
  await screenshot(page, 'engine-view-words');

  const handle = page.getByRole('separator', { name: 'Width of the engine view' });
  const before = Number(await handle.getAttribute('aria-valuenow'));
  await handle.focus();
  await page.keyboard.press('ArrowLeft');
  const isWider = async () => Number(await handle.getAttribute('aria-valuenow')) === before + 3;
  await until('it is wider', isWider);
  await page.reload();
  await prompt(page);
  await words.waitFor();
  await until('it is as wide as before', isWider);
  const view = page.getByRole('region', { name: 'Engine view' });
  await view.getByRole('button', { name: 'Hide' }).click();
  await words.waitFor({ state: 'hidden' });
  await page.reload();
  await prompt(page);
  await view.getByRole('button', { name: 'Show' }).click();
  await words.waitFor();
  await page.getByRole('button', { name: 'In words' }).click();
  await thing(page, 'container', 'web').waitFor();
  assert.deepEqual(complaints, []);
});

const nouns = [
  'docker pull -q busybox',
  'docker network create front',
  'docker network create --internal back',
  'docker volume create data',
  "docker run -d --name db --network back --network-alias database -v data:/data --memory 32m --cpus 0.5 --pids-limit 20 --health-cmd 'test -e /data/well' --health-interval 1s --health-retries 1 busybox sleep 9999",
  'docker run -d --name app --network front -v ~:/home:ro busybox sleep 9999',
  'docker network connect back app',
  'clear',
];

test('volumes, networks, health and limits have their picture, and a volume outlives its container', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(playground);
  await prompt(page);
  await page.getByText('Data that outlives its container shows here').waitFor();
  await typeLine(page, nouns.join('; '));
  const db = page.locator('.ev-container[data-health]');
  await page.locator('.ev-container[data-health="unhealthy"]', { hasText: 'running, unhealthy' }).waitFor();
  for (const words of ['of 20 processes', 'of 32 MB', 'at most 0.5 CPUs', '/data'])
    await db.getByText(words).first().waitFor();
  await thing(page, 'container', '/home/student').getByText('(read-only)').waitFor();
  await thing(page, 'volume', 'data').getByText('db').waitFor();
  const back = thing(page, 'network', 'internal');
  await back.getByText('also named database').waitFor();
  await back.getByText('also on front').waitFor();
  await screenshot(page, 'engine-view-nouns');
  for (const theme of ['dark', 'light']) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    await screenshot(page, `engine-view-nouns-${theme}`);
  }

  // What belongs to a volume that one asks about is marked.
  await page.locator('.ev-volume').getByRole('button', { name: 'data' }).click();
  await page.locator('.ev-container[data-linked="true"]', { hasText: 'db' }).waitFor();
  const ask = page.getByRole('group', { name: 'Ask Docker about data' });
  await ask.locator('pre', { hasText: 'docker volume inspect data' }).waitFor();
  await page.keyboard.press('Escape');

  await typeLine(page, 'docker exec db touch /data/well; clear');
  await page.locator('.ev-container[data-health="healthy"]').waitFor();
  await typeLine(page, 'docker rm -f db; docker run --name hungry --memory 16m busybox tail /dev/zero; clear');
  await thing(page, 'volume', 'data').getByText('kept; no container has it').waitFor();
  await thing(page, 'container', 'exited 137, out of memory').waitFor();
  await page.getByRole('button', { name: 'In words' }).click();
  const words = page.locator('.ev-words');
  await words.getByText('Volume data: kept; no container has it.').waitFor();
  await words.getByText(/^Network back \(.*, internal\): app at .*, also on front\.$/).waitFor();
  await words.getByText(/^Container hungry from busybox: exited 137, out of memory;/).waitFor();
  await page.getByRole('button', { name: 'In words' }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Engine', exact: true }).click();
  await thing(page, 'volume', 'data').waitFor();
  await screenshot(page, 'engine-view-nouns-narrow');
  const wide = 'document.documentElement.scrollWidth - innerWidth';
  await until('nothing is wider than the page', async () => Number(await page.evaluate(wide)) <= 0);
  assert.deepEqual(complaints, []);
});

test('F07: names and commands of a host are text, and fit', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(playground);
  await prompt(page);
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  const long = 'x'.repeat(60);
  await typeLine(page, `docker pull -q busybox; docker tag busybox ${long}/${long}:${long}; clear`);
  await typeLine(
    page,
    `docker run -d --name ${long} -l a='${evil}' -v '/tmp/${evil}:/in/${long}' -v ${long}:/data busybox sh -c 'sleep 9999; :' '${evil}' ${long}${long}`,
  );
  const card = thing(page, 'container', long);
  await card.waitFor();
  await thing(page, 'container', '2 processes').waitFor();
  assert.match((await card.textContent()) ?? '', /<img src=x onerror=alert\(1\)>/);
  await card.locator('.ev-mount[data-kind="bind"]', { hasText: '/tmp/<img src=x' }).waitFor();
  await thing(page, 'volume', long).waitFor();
  assert.equal(await page.locator('.engine-view img, .engine-view script').count(), 0);
  for (const width of [1440, 390, 320]) {
    await page.setViewportSize({ width, height: 720 });
    if (width < 900) await page.getByRole('button', { name: 'Engine', exact: true }).click();
    await card.waitFor();
    const wide = 'document.documentElement.scrollWidth - innerWidth';
    await until(`nothing is wider than ${width} px`, async () => Number(await page.evaluate(wide)) <= 0);
    const body = '(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector(".ev-body"))';
    await until(`nor than the view at ${width} px`, async () => Number(await page.evaluate(body)) <= 0);
  }
  await screenshot(page, 'engine-view-narrow');
  assert.deepEqual(complaints, []);
});

inSoak('axe finds nothing serious in any state of it, in either theme', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto(playground);
  await prompt(page);
  await page.getByText('A container shows here once you make one').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await typeLine(page, `${run}; docker create --name stopped busybox; ${nouns.join('; ')}`);
  await thing(page, 'container', 'stopped').waitFor();
  await thing(page, 'container', 'web').waitFor();
  await page.locator('.ev-container[data-health="unhealthy"]').waitFor();
  const faults = await accessibilityFaults(page, (theme) => screenshot(page, `engine-view-${theme}`));
  assert.deepEqual(faults, []);
  await page.locator('.engine-view .ev-image').getByRole('button', { name: 'busybox' }).click();
  await page.getByRole('group', { name: 'Ask Docker about busybox:latest' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('button', { name: 'In words' }).click();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Engine', exact: true }).click();
  assert.deepEqual(await accessibilityFaults(page), []);
});
