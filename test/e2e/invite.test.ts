// The form that asks for the operator's code: by keyboard alone, without JavaScript, on a phone, in both themes.

import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { startTestServer, type TestServer } from '../sandbox-server/server.ts';
import { accessibilityFaults } from './axe.ts';
import { newStudent, screenshot } from './browser.ts';

const code = 'blue-whale-4711';
let server: TestServer;
beforeAll(async () => {
  const siteDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../site/dist');
  server = await startTestServer({ siteDirectory, invite: code });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

for (const [name, options] of [
  ['on a phone, without JavaScript', { width: 390, height: 844, isPhone: true, javaScript: false }],
  ['by keyboard alone, in the dark', { theme: 'dark' }],
] as const) {
  test(`the code is typed ${name}, and leads to the page that was asked for`, async () => {
    await using student = await newStudent(server.origin, options);
    const { page } = student;
    await page.goto('/lessons/first-container/');
    await page.getByRole('heading', { name: 'This Drydock opens with a code' }).waitFor();
    // The browser gives it when it first draws the page, which may be after it was loaded.
    await page.locator('#code:focus').waitFor();
    const right = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(right, 0, 'nothing is cut off');
    await screenshot(page, `invite-${options.width ?? 1440}`);
    await page.keyboard.type('no such code');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the code.').waitFor();
    await screenshot(page, `invite-wrong-${options.width ?? 1440}`);
    assert.deepEqual(student.complaints, []);
    await page.goto('/lessons/first-container/');
    await page.getByLabel('Code').fill(code);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/lessons/first-container/');
    await page.getByRole('heading', { level: 1, name: /first container/i }).waitFor();
  });
}

test('the form has no fault that axe finds, in either theme', async () => {
  await using student = await newStudent(server.origin);
  await student.page.goto('/invite');
  assert.deepEqual(await accessibilityFaults(student.page), []);
});
