// A machine that has room for one: the second student waits in sight, and gets the host that the first one left.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { startDrydock, type TestDrydock } from '../support/drydock.ts';
import { lessonPath, newStudent, prompt, screenshot, seen, typeLine } from './browser.ts';

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startDrydock({ DRYDOCK_CAPACITY: '1' });
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('the next student waits in a queue and starts by themselves; who starts over waits in turn', async () => {
  await using ada = await newStudent(drydock.url);
  await using bob = await newStudent(drydock.url);
  await ada.page.goto(lessonPath);
  await prompt(ada.page);

  await bob.page.goto(lessonPath);
  await bob.page.getByRole('heading', { name: 'The machine is full' }).waitFor();
  await bob.page.getByText('You are next.').waitFor();
  await screenshot(bob.page, 'queue');

  // On a phone the text is in front, and says why nothing can be run.
  await bob.page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await bob.page.getByText('You are next.').isHidden());
  await screenshot(bob.page, 'queue-narrow');
  await bob.page.getByRole('button', { name: 'Lab The machine is full: you are in a queue.' }).click();
  await bob.page.getByText('You are next.').waitFor();
  await bob.page.locator('.task-line', { hasText: 'Now' }).waitFor();
  await bob.page.setViewportSize({ width: 1440, height: 900 });

  await ada.page.getByRole('button', { name: 'New host' }).click();
  await ada.page.getByRole('button', { name: 'Remove' }).click();
  await prompt(bob.page);
  await ada.page.getByText('You are next.').waitFor();

  await bob.page.getByRole('button', { name: 'New host' }).click();
  await bob.page.getByRole('button', { name: 'Remove' }).click();
  await prompt(ada.page);
  await typeLine(ada.page, 'clear; docker ps -aq | wc -l; echo counted-$((1+1))');
  await seen(ada.page, /0counted-2/);
  assert.deepEqual([...ada.complaints, ...bob.complaints], []);
});
