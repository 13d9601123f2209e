// The lessons as students take them, from the first command to the next lesson: by mouse, by keyboard alone, on a phone.

import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { inSoak } from '../support/soak.ts';
import { newStudent, prompt, screenshot } from './browser.ts';
import {
  allTasksAreDone,
  answerQuiz,
  isDone,
  type Press,
  patienceMs,
  ranWell,
  readTask,
  run,
  stepsOf,
  takeLesson,
} from './lesson-steps.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

inSoak('lesson 3 by mouse', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  const press: Press = (what) => what.click();
  await page.goto('/lessons/images-and-containers/');
  await prompt(page);
  let task: Locator | undefined;
  for (const { kind, what } of await stepsOf(page)) {
    if (kind === 'task') {
      await readTask(what, task, ['second', 'stop', 'restart', 'remove', 'again', 'tag', 'rename'], press);
      task = what;
    } else {
      // It takes away again what the last task was about.
      if (task && (await what.locator('pre').textContent()) === 'docker rmi my-web:1') await isDone(task);
      await run(what, press);
      await ranWell(what);
    }
  }
  await allTasksAreDone(page);
  assert.equal(
    await page.locator('[data-predict] [data-chosen="true"][data-option="right"]').count(),
    await page.locator('[data-predict]').count(),
  );
  await answerQuiz(page, press);
  await screenshot(page, 'lesson-3-end');
  await press(page.locator('.pagination .next'));
  await page.waitForURL('**/lessons/containers-are-processes/');
  assert.deepEqual(complaints, []);
});

/** What the focus is on. */
const focus = `(() => {
  const at = document.activeElement;
  const option = at.closest('[data-option]');
  const task = at.closest('[data-task]');
  if (task) return 'task ' + task.dataset.task;
  if (at.matches('.pagination .next')) return 'next';
  if (at.matches('.command-tools .run')) return 'run';
  if (option) return option.dataset.option;
  return at.matches('[role="separator"]') ? 'end of the text' : 'something else';
})()`;

/** The tasks of lesson 4 that the text leaves to the student. */
const ownCommands = new Map([
  ['task reach', 'curl 172.17.0.2'],
  ['task small', 'docker run -d --name small --memory 64m nginx'],
]);

inSoak('lesson 4 by keyboard alone', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/lessons/containers-are-processes/');
  await prompt(page);
  let commands = 0;
  const typed: string[] = [];
  for (let at = ''; at !== 'next'; ) {
    await page.keyboard.press('Tab');
    at = await page.evaluate(focus);
    assert.notEqual(at, 'end of the text');
    const own = ownCommands.get(at);
    if (own !== undefined && !typed.includes(own)) {
      typed.push(own);
      await page.keyboard.press('F6');
      await page.locator('.screen .xterm.focus').waitFor();
      await page.keyboard.type(`${own}\n`);
      await isDone(page.locator(`[data-task="${at.replace('task ', '')}"]`));
      await page.keyboard.press('F6');
      assert.equal(await page.evaluate(focus), at, 'back where they came from');
    }
    if (at === 'run') {
      // Not by the focus, which a button loses where the connection is lost for a moment.
      const plate = page.locator('.command').nth(commands);
      await page.keyboard.press('Enter');
      await ranWell(plate);
      commands++;
    }
    if (at === 'right' || at === 'wrong') {
      // The group has the focus on its first answer; arrows choose.
      if (at === 'right') await page.keyboard.press('Space');
      for (let choices = 0; at === 'wrong' && choices < 6; choices++) {
        await page.keyboard.press('ArrowDown');
        at = await page.evaluate(focus);
      }
      assert.equal(at, 'right');
    }
  }
  assert.equal(commands, await page.locator('.command').count());
  assert.deepEqual(typed, [...ownCommands.values()]);
  await allTasksAreDone(page);
  await page.getByText(/^All \d+ are right\.$/).waitFor();
  await screenshot(page, 'lesson-4-end');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/lessons/virtual-machines-and-containers/');
  assert.deepEqual(complaints, []);
});

test('lesson 2 on a phone', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844, isPhone: true });
  const { page, complaints } = student;
  const press: Press = (what) => what.tap();
  await page.goto('/lessons/first-container/');
  for (const { kind, what } of await stepsOf(page)) {
    if (kind === 'task') {
      await readTask(what, undefined, ['visit', 'stop', 'pair'], press);
    } else {
      await run(what, press);
      await page.locator('.workbench[data-pane="lab"]').waitFor();
      await ranWell(what);
    }
    await press(page.locator('.pane-bar').getByRole('button', { name: 'Text' }));
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  }
  await page.locator('.task-line', { hasText: 'All 5 tasks are done.' }).waitFor({ timeout: patienceMs });
  await press(page.locator('.pane-bar').getByRole('button', { name: 'Engine' }));
  await page.locator('.engine-view').getByText('nginx:latest').first().waitFor();
  await screenshot(page, 'lesson-2-phone-engine');
  await press(page.locator('.pane-bar').getByRole('button', { name: 'Text' }));
  await answerQuiz(page, press);
  await screenshot(page, 'lesson-2-phone-end');
  await press(page.locator('.pagination .next'));
  await page.waitForURL('**/lessons/images-and-containers/');
  assert.deepEqual(complaints, []);
});

inSoak('lesson 5 by mouse, with its virtual machine', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  const press: Press = (what) => what.click();
  await page.goto('/lessons/virtual-machines-and-containers/');
  await prompt(page);
  await readTask(page.locator('[data-task="box"]'), undefined, ['box'], press);
  for (const plate of await page.locator('.command:not(.task *)').all()) {
    const command = await plate.locator('pre').textContent();
    await run(plate, press);
    if (command === 'boot-vm') {
      // It ends with the machine: that it is there tells its task, the figure, and its prompt.
      await page.locator('[data-task="boot"][data-state="done"]').waitFor({ timeout: patienceMs });
      await page.locator('.screen:not([hidden]) .xterm-rows', { hasText: 'root@vm' }).waitFor({ timeout: patienceMs });
      await screenshot(page, 'lesson-5-machine');
    } else if (command === 'poweroff') {
      await page.locator('[data-task="off"][data-state="done"]').waitFor({ timeout: patienceMs });
    } else {
      await ranWell(plate);
    }
  }
  await allTasksAreDone(page);
  await answerQuiz(page, press);
  await screenshot(page, 'lesson-5-end');
  assert.deepEqual(complaints, []);
});

/** Lessons on using Docker, by address: the tasks that the text leaves to the student. */
const usingDocker = {
  'client-daemon-api': ['remote'],
  'the-commands-you-need': ['web', 'box', 'address', 'in', 'restart', 'rename', 'courier'],
  ports: ['second', 'admin', 'both'],
  'debugging-a-container': ['mystery'],
  volumes: ['edit', 'remove', 'clock'],
  networks: ['middle', 'leave', 'alias'],
  'sharing-a-machine': ['guarded'],
};

for (const [address, ownWork] of Object.entries(usingDocker))
  inSoak(`${address} by mouse`, async () => {
    await using student = await newStudent(drydock.url);
    const { page, complaints } = student;
    await page.goto(`/lessons/${address}/`);
    // The first lab with an image waits until it is unpacked.
    const shell = page.locator('.screen:not([hidden]) .xterm-rows', { hasText: 'student@' });
    await shell.waitFor({ timeout: patienceMs });
    await screenshot(page, `${address}-begin`);
    await takeLesson(page, ownWork, (what) => what.click());
    await screenshot(page, `${address}-end`);
    assert.deepEqual(complaints, []);
  });
