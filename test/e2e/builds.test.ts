// Builds as a student sees them: the engine view draws one as it goes on, in a picture and in words, in both themes and on a phone; and the
// editor says what the builder would.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { accessibilityFaults } from './axe.ts';
import { newStudent, prompt, screenshot, seen, typeLine, typeMarked } from './browser.ts';
import { newFile, openEditor, saved, type } from './editor-steps.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const dockerfile = [
  'FROM busybox AS make',
  'WORKDIR /src',
  'COPY package.json ./',
  'RUN echo installed > modules',
  'COPY . .',
  'RUN --mount=type=cache,target=/on while [ ! -e /on/go ]; do sleep 0.1; done; echo made > page',
  'FROM busybox',
  'COPY --from=make /src/page /www/index.html',
];

test('a build is drawn as it goes on, with what came from the cache, and a failure with its step', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  const view = page.getByRole('region', { name: 'Engine view' });
  assert.equal(await view.locator('.ev-builds').count(), 0, 'no build is drawn before there is one');
  const lines = (all: readonly string[]) => all.map((line) => `'${line}'`).join(' ');
  const files = `mkdir -p app go bad; cd app; echo '{}' > package.json; echo hello > page.txt`;
  await seen(page, await typeMarked(page, `${files}; printf '%s\\n' ${lines(dockerfile)} > Dockerfile; cd`));
  const go = ['FROM busybox', 'RUN --mount=type=cache,target=/on touch /on/go'];
  await seen(page, await typeMarked(page, `clear; printf '%s\\n' ${lines(go)} > go/Dockerfile`));

  const said = (words: RegExp) =>
    page.locator('.engine-view [role="status"]', { hasText: words }).first().waitFor({ state: 'attached' });
  await typeLine(page, 'clear; docker build -q -t web:1 app &');
  const web = view.locator('.ev-build', { hasText: 'web:1' });
  const step = (words: string) => web.locator('.ev-step', { hasText: words });
  await step('while').and(web.locator('[data-state="running"]')).waitFor();
  assert.equal(await web.getAttribute('data-state'), 'going');
  assert.equal(await step('COPY --from').getAttribute('data-state'), 'waiting');
  await step('installed').locator('.ev-made[data-colour]').waitFor();
  await web.getByText(/^4 of 6 steps done$/).waitFor();
  await said(/^docker-host is building web:1: /);
  await screenshot(page, 'build-going');
  await typeLine(page, 'docker build -q go');
  await web.getByText(/^built in .*: 6 steps, none from the cache$/).waitFor();
  await said(/^docker-host has built web:1 in .*: 6 steps, none from the cache\./);
  // A layer has the colour that it has in its image.
  const image = view.locator('.ev-image').filter({ has: page.locator('.ev-name', { hasText: 'web:1' }) });
  await image.waitFor();
  const made = await step('COPY --from').locator('.ev-made').getAttribute('data-colour');
  const layer = image.locator('.ev-layer', { hasText: 'COPY' });
  assert.equal(await layer.getAttribute('data-colour'), made);

  await seen(page, await typeMarked(page, 'wait; clear; echo again > app/page.txt; docker build -q -t web:1 app'));
  // The page is made anew, and is the same: what takes it is known.
  await web.getByText(/^built in .*: 4 of 6 steps from the cache$/).waitFor();
  assert.equal(await step('installed').getAttribute('data-state'), 'cached');
  await screenshot(page, 'build-cached');
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, 'build-cached-dark');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.emulateMedia({ colorScheme: 'light' });

  const bad = ['FROM busybox', 'RUN true', 'RUN echo broken >&2; exit 3', 'RUN true'];
  await seen(
    page,
    await typeMarked(page, `clear; printf '%s\\n' ${lines(bad)} > bad/Dockerfile; docker build -q -t bad bad`),
  );
  const failed = view.locator('.ev-build[data-state="failed"]');
  await failed.getByText(/^failed after .* at line 3: .*exit code: 3$/).waitFor();
  assert.deepEqual(
    await failed.locator('.ev-step').evaluateAll((all) => all.map((one) => one.getAttribute('data-state'))),
    ['done', 'failed', 'waiting'],
  );
  await said(/^docker-host could not build bad: it failed after .* at line 3: /);
  await screenshot(page, 'build-failed');
  assert.deepEqual(await accessibilityFaults(page), []);

  await page.getByRole('button', { name: 'In words' }).click();
  const words = page.locator('.ev-words');
  await words.getByText(/^docker-host could not build bad: it failed after .*exit code: 3\.$/).waitFor();
  await words
    .getByText(
      /^Its stage, from busybox: RUN true \(.*\); RUN echo broken >&2; exit 3 \(failed\); RUN true \(not done\)\.$/,
    )
    .waitFor();
  await page.getByRole('button', { name: 'In words' }).click();

  // Folded it is one line, and what comes next is so too.
  await view.getByRole('button', { name: 'Steps of bad' }).click();
  assert.equal(await view.locator('.ev-step').count(), 0);
  await view.getByRole('button', { name: 'Steps of bad' }).click();
  await page.reload();
  await failed.waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Engine' }).first().click();
  await failed.waitFor();
  await screenshot(page, 'build-phone');
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(complaints, []);
}, 180_000);

test('the editor says of a Dockerfile what its builder would, as it is typed, with a page for each rule', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await openEditor(page);
  await newFile(page, 'Dockerfile');
  await type(page, 'FROM busybox\nRUM echo hi\nCMD sleep 10\n');
  await page.locator('.code .squiggly-error').first().waitFor();
  await page.locator('.code .view-line', { hasText: 'RUM' }).getByText('RUM').hover();
  const hint = page.locator('.monaco-hover:visible');
  await hint.getByText('unknown instruction: RUM (did you mean RUN?)').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('FROM busybox\nRUN echo hi\nCMD sleep 10\n');
  await page.locator('.code .squiggly-error').waitFor({ state: 'detached' });
  await page.locator('.code .squiggly-warning').first().waitFor();
  await page.locator('.code .view-line', { hasText: 'sleep' }).getByText('CMD').hover();
  await hint.getByText(/JSON arguments recommended for CMD/).waitFor();
  await hint.getByText(/the shell does not pass on the signal/).waitFor();
  await screenshot(page, 'editor-dockerfile');
  const [rule] = await Promise.all([
    context.waitForEvent('page'),
    hint.getByRole('link', { name: 'JSONArgsRecommended' }).click({ modifiers: ['Control'] }),
  ]);
  await rule.getByRole('heading', { name: 'Rules for Dockerfiles' }).waitFor();
  assert.match(rule.url(), /\/dockerfile-rules\/#JSONArgsRecommended$/);
  assert.deepEqual(await accessibilityFaults(rule), []);
  await screenshot(rule, 'dockerfile-rules');
  await rule.close();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('FROM busybox\nCMD ["sleep", "10"]\n');
  await page.locator('.code .squiggly-warning').waitFor({ state: 'detached' });
  await saved(page);
  // Flags are offered.
  await page.keyboard.press('Control+End');
  await page.keyboard.type('COPY --fr');
  await page.locator('.suggest-widget.visible .monaco-list-row', { hasText: '--from' }).waitFor();
  assert.deepEqual(complaints, []);
}, 120_000);
