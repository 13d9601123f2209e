// What a student does with the text of a lesson: reads tasks, runs its commands, answers its questions.

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** A command, an image that is pulled, a machine that boots: on a machine that has much else to do. */
export const patienceMs = 120_000;

/** How a finger or a mouse presses something. */
export type Press = (what: Locator) => Promise<void>;

const over = /^(Ran|Ended|Failed)/;

/** The command of a plate ran, and as the text says. */
export async function ranWell(plate: Locator): Promise<void> {
  const state = plate.locator('.command-state');
  await state.filter({ hasText: over }).waitFor({ state: 'attached', timeout: patienceMs });
  const said = (await state.textContent()) ?? '';
  assert.match(said, /^(Ran|Failed.*as it should)/, `${await plate.locator('pre').textContent()}: ${said}`);
}

/** Presses Run on a plate, after the right guess where the text asks for one. */
export async function run(plate: Locator, press: Press): Promise<void> {
  const right = plate.locator('xpath=ancestor::*[@data-predict]').locator('[data-option="right"] label');
  if ((await right.count()) > 0) await press(right);
  await press(plate.locator('.run'));
}

export async function answerQuiz(page: Page, press: Press): Promise<void> {
  for (const question of await page.locator('[data-quiz] [data-question]').all()) {
    await press(question.locator('[data-option="right"] label'));
  }
  await page.getByText(/^All \d+ are right\.$/).waitFor();
}

/** A task to read, or a command to run. */
export interface Step {
  readonly kind: 'task' | 'command';
  readonly what: Locator;
}

/** In the order of the text. */
export async function stepsOf(page: Page): Promise<readonly Step[]> {
  const all = await page.locator('.task, .command:not(.task *)').all();
  return await Promise.all(
    all.map(async (what): Promise<Step> => {
      const isTask = (await what.getAttribute('data-task')) !== null;
      return { kind: isTask ? 'task' : 'command', what };
    }),
  );
}

export async function isDone(task: Locator): Promise<void> {
  await task.and(task.page().locator('[data-state^="done"]')).waitFor({ state: 'attached', timeout: patienceMs }); // on a phone the terminal may be in front
}

/** Whoever reads on has seen the last task turn done. One that the text leaves to them, `ownWork`, they have done for them. */
export async function readTask(
  task: Locator,
  before: Locator | undefined,
  ownWork: readonly string[],
  press: Press,
): Promise<void> {
  if (before) await isDone(before);
  if (!ownWork.includes((await task.getAttribute('data-task')) ?? '')) return;
  await press(task.getByRole('button', { name: 'Do it for me' }));
  await isDone(task);
  // It is done by the fact, which may be there before the prompt is.
  await task.locator('.do-it button').waitFor({ state: 'detached', timeout: patienceMs });
}

/** Those of the lesson; a challenge may be left. */
export async function allTasksAreDone(page: Page): Promise<void> {
  const count = await page.locator('[data-task]:not([data-optional])').count();
  await page.locator('.ticks', { hasText: `${count} of ${count}` }).waitFor({ timeout: patienceMs });
}

/** Takes the lesson in hand from its first step to its quiz. `ownWork` are the tasks that the text gives no command for. */
export async function takeLesson(page: Page, ownWork: readonly string[], press: Press): Promise<void> {
  let task: Locator | undefined;
  for (const { kind, what } of await stepsOf(page)) {
    if (kind === 'task') {
      await readTask(what, task, ownWork, press);
      task = what;
    } else {
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
}
