// The preview as a tab of the lab: it comes with the port, shows its page, goes where one says, and stays out of the way.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { newStudent, prompt, screenshot, seen, typeLine } from './browser.ts';
import { clickLink } from './terminal-mouse.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('a published port has a tab with its page', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context } = student;
  await page.goto('/playground/');
  await prompt(page);
  assert.equal(await page.getByRole('tab', { name: /Preview/ }).count(), 0);
  await typeLine(
    page,
    'docker run -d --name web -p 8080:80 nginx > /dev/null; docker exec web sh -c "echo deep-page > /usr/share/nginx/html/deep.html"; echo up-$((1+1))',
  );
  await seen(page, /up-2/);
  const tab = page.getByRole('tab', { name: 'Preview :8080' });
  await tab.click();
  const frame = page.frameLocator('iframe[title="The page on port 8080 of docker-host"]');
  await frame.getByRole('heading', { name: /nginx/ }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, 'preview');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.getByRole('button', { name: 'Terminal', exact: true }).click();
  assert.deepEqual(await accessibilityFaults(page), [], 'narrow');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320);
  await screenshot(page, 'preview-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });

  const path = page.getByRole('textbox', { name: 'Path of the page' });
  await path.fill('deep.html');
  await path.press('Enter');
  await frame.getByText('deep-page').waitFor();
  assert.equal(await path.inputValue(), '/deep.html');

  const [window] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('button', { name: 'New window' }).click(),
  ]);
  await window.getByText('deep-page').waitFor();
  assert.equal(new URL(window.url()).pathname, '/deep.html');
  assert.equal(await window.evaluate('window.opener'), null);
  await window.close();

  // What the page holds outlives a lost connection.
  await frame.locator('body').evaluate((body) => body.append('kept'));
  await context.setOffline(true);
  await page.getByText('This computer has lost its network.').waitFor();
  await page.getByRole('heading', { name: /^Engine as last seen$/ }).waitFor();
  await context.setOffline(false);
  await page.locator('.banner').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: /^Engine live$/ }).waitFor();
  await frame.getByText('kept').waitFor();
  await path.press('Enter');
  await frame.getByText('kept').waitFor({ state: 'detached' });

  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  await typeLine(page, 'docker stop -t 0 web > /dev/null; echo stopped-$((1+1))');
  await seen(page, /stopped-2/);
  await tab.click();
  await page.getByRole('heading', { name: 'Nothing is published on port 8080' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, 'preview-stopped');
  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  await typeLine(page, 'docker start web > /dev/null; echo started-$((1+1))');
  await seen(page, /started-2/);
  await tab.click();
  await frame.getByText('deep-page').waitFor();
});

test('an address of the host in the terminal opens its preview', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(page, 'docker run -d -p 8081:80 nginx > /dev/null; clear; echo localhost:8081');
  await seen(page, /localhost:8081\s*student/);
  await clickLink(page, 'localhost:8081');
  const tab = page.getByRole('tab', { name: 'Preview :8081', selected: true });
  await tab.waitFor();
  await until('the keys are at its tab', () => tab.evaluate((element) => element.matches(':focus')));
  await page.frameLocator('iframe').getByRole('heading', { name: /nginx/ }).waitFor();
});
