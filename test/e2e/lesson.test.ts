// The lesson as a student takes it: every command by clicking, tasks that get done by themselves, a reload and a lost
// connection on the way, the quiz at the end.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import {
  lessonPath,
  newStudent,
  prompt,
  runPlate,
  screenshot,
  screenText,
  seen,
  taskIs,
  typeLine,
  typeMarked,
} from './browser.ts';
import { printHostile } from './hostile-output.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('a student clicks through the whole lesson', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;

  await page.goto('/');
  await screenshot(page, 'landing');
  await page.getByRole('link', { name: /Your first container/ }).click();
  await prompt(page);
  await taskIs(page, 'hello', 'now');
  await screenshot(page, 'lesson-start');

  const steps = await page.locator('.task, .command:not(.task *)').all();
  const doneAfter: Record<string, string> = {
    'docker run hello-world': 'hello',
    'docker run -d --name web -p 8080:80 nginx': 'web',
    'docker rm web': 'remove',
  };
  /** What the text leaves to the student. */
  const ownWork: Record<string, string> = {
    // The container runs a moment before its server listens.
    visit: 'until curl localhost:8080; do sleep 0.1; done',
    stop: 'docker stop web',
  };
  let commands = 0;
  for (const step of steps) {
    const own = await step.getAttribute('data-task');
    if (own !== null && ownWork[own] === undefined) continue;
    let task = own;
    let atPrompt = /$/;
    if (own !== null) atPrompt = await typeMarked(page, ownWork[own] ?? '');
    else {
      await runPlate(step);
      const command = (await step.locator('pre').textContent()) ?? '';
      assert.equal(await step.locator('.command-state').textContent(), 'Ran', command);
      task = doneAfter[command] ?? null;
      commands++;
    }
    if (task) await taskIs(page, task, 'done');
    // Done by the fact, which is there before the shell takes the next command.
    if (task === 'stop') await seen(page, atPrompt);
    if (task === 'web') {
      await screenshot(page, 'lesson-middle');
      await page.reload();
      await prompt(page);
      await taskIs(page, 'web', 'done');
      await seen(page, /docker run -d --name web -p 8080:80 nginx/);
    }
    if (task === 'visit') {
      // The page that was fetched opens beside the terminal; the next command brings the terminal back.
      await page.getByRole('tab', { name: 'Preview :8080', selected: true }).waitFor();
      await page.frameLocator('iframe').getByRole('heading', { name: /nginx/ }).waitFor();
      await screenshot(page, 'lesson-preview');
      await context.setOffline(true);
      await page.getByText('This computer has lost its network.').waitFor();
      await screenshot(page, 'lesson-offline');
      await context.setOffline(false);
      await page.locator('.banner').waitFor({ state: 'detached' });
      await page.getByRole('tab', { name: 'Terminal 1' }).click();
      await seen(page, atPrompt);
      await page.getByRole('tab', { name: 'Preview :8080' }).click();
    }
  }
  assert.equal(commands, 10);
  await page.locator('.ticks', { hasText: '5 of 5' }).waitFor();
  await page.locator('[role="status"]', { hasText: 'Task 5 of 5 done' }).waitFor({ state: 'attached' });

  for (const question of await page.locator('[data-question]').all()) {
    await question.locator('[data-option="wrong"] input').first().check();
    await question.locator('[data-option="wrong"] [data-why]').first().waitFor();
    await question.locator('[data-option="right"] input').check();
  }
  await page.getByText('All 4 are right.').waitFor();
  await screenshot(page, 'lesson-quiz');
  await page.reload();
  await page.getByText('All 4 are right.').waitFor();
  await taskIs(page, 'remove', 'done');

  await page.goto('/');
  await page.locator('[data-progress$="02-first-container"][data-look="done"]').waitFor();
  assert.deepEqual(complaints, []);
});

test('a wrong attempt is told what was expected and what was found', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  await typeLine(page, 'docker run hello-world');
  await taskIs(page, 'hello', 'done');
  await typeLine(page, 'docker run -d --name web nginx');
  const web = page.locator('[data-task="web"]');
  await web.getByText('none of its ports is published').waitFor();
  assert.match((await web.locator('.found').textContent()) ?? '', /Expected: .* Found: /s);
  await screenshot(page, 'lesson-found');
  assert.deepEqual(complaints, []);
});

test('a preview that opens by itself waits for a pause in typing, and leaves the keyboard at its tab', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  await typeLine(page, 'docker run -d --name web -p 8080:80 nginx');
  await taskIs(page, 'web', 'done');
  // The container runs a moment before its server listens.
  await typeLine(page, 'until curl localhost:8080; do sleep 0.1; done');
  const tab = page.getByRole('tab', { name: 'Preview :8080', selected: true });
  await tab.waitFor();
  await tab.and(page.locator(':focus')).waitFor();
  await page.frameLocator('iframe').getByRole('heading', { name: /nginx/ }).waitFor();
  // From the last tab to the first one, the terminal's.
  await page.keyboard.press('ArrowRight');
  await seen(page, /<\/html>/);
  assert.deepEqual(complaints, []);
});

test('hints open one at a time, and a task done by its solution says so', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  // So high that the command is still in sight after what it printed.
  await page.setViewportSize({ width: 1440, height: 1600 });
  await page.goto(lessonPath);
  await prompt(page);
  const web = page.locator('[data-task="web"]');
  assert.ok(await web.getByText('Hint 2 of 2').isHidden());
  await web.getByText('Hint 1 of 2').click();
  await web.getByText('Hint 2 of 2').click();
  assert.ok(await web.getByText('The host’s port stands first').isVisible());

  await page.locator('[data-task="hello"]').getByRole('button', { name: 'Do it for me' }).click();
  await taskIs(page, 'hello', 'done-for-you');
  await seen(page, /\$ docker run hello-world/);
  await page.reload();
  await taskIs(page, 'hello', 'done-for-you');
  await screenshot(page, 'lesson-done-for-you');
  assert.deepEqual(complaints, []);
});

test('an answer is sent once the one before has arrived', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const sent: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/api/progress/quiz', async (route) => {
    sent.push(route.request().postDataJSON().choice);
    await held;
    await route.continue();
  });
  const question = page.locator('[data-question]').first();
  await question.locator('[data-option="wrong"] input').first().check();
  await question.locator('[data-option="right"] input').check();
  // What the page had sent before this would be known by now.
  await page.evaluate(() => fetch('/healthz'));
  assert.deepEqual(sent, [sent[0]]);
  release();
  await until('the second answer is sent', () => sent.length === 2);
  assert.equal(sent[1], await question.locator('[data-option="right"] input').getAttribute('value'));
  assert.deepEqual(complaints, []);
});

test('a lost connection and a server that is killed lose no output and double none', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const wanted = Array.from({ length: 300 }, (_, number) => `${String(number + 1).padStart(3, '0')}.`).join('');
  await typeLine(page, 'clear; for i in {001..300}; do printf "$i."; sleep 0.02; done; echo the-end');
  await seen(page, /\.020\./);
  await context.setOffline(true);
  await page.getByText('This computer has lost its network.').waitFor();
  await context.setOffline(false);
  await seen(page, /\.100\./);
  const serverPid = async () => JSON.parse((await drydock.run('status', '--json')).stdout).server.pid;
  const killed = await serverPid();
  process.kill(killed, 'SIGKILL');
  await seen(page, /300\.the-end/, 60_000);
  assert.ok((await screenText(page)).includes(`${wanted}the-end`), await screenText(page));

  // All may have been printed before it was killed.
  await until('the server is back', async () => {
    const now = await serverPid();
    return (
      now !== null &&
      now !== killed &&
      (await fetch(drydock.url).then(
        ({ ok }) => ok,
        () => false,
      ))
    );
  });
  await page.reload();
  await seen(page, /300\.the-end/);
  assert.ok((await screenText(page)).includes(`${wanted}the-end`), await screenText(page));
});

test('two browsers have two hosts that do not see each other', async () => {
  await using ada = await newStudent(drydock.url);
  await using bob = await newStudent(drydock.url);
  await Promise.all([ada.page.goto(lessonPath), bob.page.goto('/playground/')]);
  await Promise.all([prompt(ada.page), prompt(bob.page)]);
  await typeLine(
    ada.page,
    'echo secret-of-ada > note; docker run -d --name adas nginx > /dev/null && echo started-$((1+1))',
  );
  await seen(ada.page, /started-2/);
  await typeLine(
    bob.page,
    'clear; docker ps -aq | wc -l; cat note; pgrep -c nginx; docker images -q | wc -l; echo end-$((1+1))',
  );
  await seen(bob.page, /end-2/);
  assert.match(await screenText(bob.page), /0cat: note: No such file or directory00end-2/);
  await screenshot(bob.page, 'playground');
});

test('what a program prints reaches neither the clipboard nor the page', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await page.evaluate("navigator.clipboard.writeText('mine')");
  const title = await page.title();
  const elements = 'document.querySelectorAll("body *:not(.xterm *, .engine-view *)").length';
  const before = await page.evaluate(elements);
  // Clipboard, titles, a link that is a script, window reports, device attributes, a string that never ends in its screen.
  const hostile = String.raw`\e]52;c;Z290Y2hh\a\e]0;<img src=x onerror=alert(1)>\a\e]2;<b>t\a\e]8;;javascript:alert(1)\alink\e]8;;\a\e[21t\e[c\e[6n\ePx\e\\<script>alert(2)</script>`;
  await printHostile(page, 'all', `printf '${hostile}'`);
  await page.getByText('<script>alert(2)</script>').last().waitFor({ state: 'attached' });
  assert.equal(await page.title(), title);
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'mine');
  assert.equal(await page.evaluate(elements), before);
  await page.reload();
  await seen(page, /printed-all-2\s*student@docker-host/);
  // What xterm answers to old output is not typed into the shell.
  assert.doesNotMatch(await screenText(page), /printed-all-2.*\d+;\d+R/);
  assert.deepEqual(complaints, []);
});
