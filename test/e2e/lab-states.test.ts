// What the lab says in states that pass quickly or come seldom. The server is real; what it would tell in such a state is
// put between its messages, and what it tells is held back for as long as a test needs.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { closeCodes, type ServerMessage } from '../../sandbox-server/protocol.ts';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { isSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { lessonPath, newStudent, prompt, runPlate, screenshot, seen, typeLine } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

interface Wire {
  /** As if the server had told it. */
  tell(message: ServerMessage): void;
  /** As if the server had closed the socket. */
  close(code: number): void;
  /** Keeps back what matches; binary frames are asked about as undefined. */
  hold(held: (message: ServerMessage | undefined) => boolean): void;
  /** How many messages of this connection are kept back. */
  readonly held: number;
  /** Gives out what was kept back, and keeps nothing more. */
  release(): void;
}

/** Stands between the page and its server from the next load on. */
async function wireOf(page: Page): Promise<Wire> {
  let send: (data: string | Buffer) => void = () => {};
  let close: (code: number) => void = () => {};
  let isHeld: (message: ServerMessage | undefined) => boolean = () => false;
  const kept: (string | Buffer)[] = [];
  await page.routeWebSocket(/\/api\/socket$/, (socket) => {
    const server = socket.connectToServer();
    kept.length = 0;
    send = (data) => socket.send(data);
    close = (code) => void socket.close({ code });
    server.onMessage((data) => {
      if (isHeld(typeof data === 'string' ? JSON.parse(data) : undefined)) kept.push(data);
      else socket.send(data);
    });
  });
  return {
    tell: (message) => send(JSON.stringify(message)),
    close: (code) => close(code),
    hold: (held) => {
      isHeld = held;
    },
    get held() {
      return kept.length;
    },
    release() {
      isHeld = () => false;
      for (const data of kept.splice(0)) send(data);
    },
  };
}

test('every state of the lab says what is and leads on; in a soak it passes axe in either theme', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  const wire = await wireOf(page);
  const judge = async (state: string, heading: string) => {
    await page.getByText(heading).waitFor();
    if (!isSoak) return await screenshot(page, `state-${state}`);
    const faults = await accessibilityFaults(page, (theme) => screenshot(page, `state-${state}-${theme}`));
    assert.deepEqual(faults, [], state);
  };
  const goOn = async (button: string) => {
    await page.getByRole('button', { name: button }).click();
    await prompt(page);
    await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  };

  wire.hold((message) => message?.type === 'session' && message.phase === 'ready');
  await page.goto(lessonPath);
  await until('the lab would be ready', () => wire.held > 0);
  wire.tell({ type: 'session', phase: 'starting' });
  await judge('starting', 'Preparing your Docker host');
  wire.release();
  await prompt(page);

  wire.tell({ type: 'engine', state: 'away' });
  await judge('engine-away', 'The engine restarts.');
  wire.tell({ type: 'engine', state: 'up' });
  await page.locator('.banner').waitFor({ state: 'detached' });

  wire.tell({ type: 'session', phase: 'ended', reason: 'idle' });
  wire.close(closeCodes.ended);
  await judge('ended', 'Nothing happened in it for');
  await goOn('Start again');

  wire.tell({ type: 'session', phase: 'ended', reason: 'left' });
  wire.close(closeCodes.ended);
  await judge('left', 'Your lab is put away');
  await goOn('Go on where you were');

  wire.tell({ type: 'session', phase: 'failed', message: 'The machine has no room on its disk. Try again later.' });
  await judge('failed', 'The machine has no room on its disk.');
  await goOn('Try again');

  wire.close(closeCodes.protocol);
  await judge('outdated', 'This page is older than the server');
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await prompt(page);
  assert.deepEqual(complaints, []);
});

test('a terminal that cannot be loaded says so and goes on saying it, and the editor works', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.route(/\/_astro\/terminal\.[^/]*\.js$/, (route) => route.abort());
  await page.goto(lessonPath);
  await page.getByRole('heading', { name: 'The terminal could not be loaded' }).waitFor();
  await page.getByRole('button', { name: 'Run: docker version' }).click();
  await page.getByText('so the command was not typed. Reload the page.').waitFor();
  await screenshot(page, 'state-broken');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.locator('.editor').getByRole('button', { name: 'New file' }).waitFor();
  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  await page.unroute(/\/_astro\/terminal\.[^/]*\.js$/);
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await prompt(page);
  assert.deepEqual(complaints, []);
});

test('Run waits for a terminal that is not drawn yet', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844 });
  const { page, complaints } = student;
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<void>();
  await page.route(/\/_astro\/terminal\.[^/]*\.js$/, async (route) => {
    asked.resolve();
    await given.promise;
    await route.continue();
  });
  await page.goto(lessonPath);
  const plate = page.locator('.command', { hasText: 'docker version' }).first();
  await plate.locator('.run').click();
  await page.locator('#lab').waitFor();
  await asked.promise;
  given.resolve();
  await plate.locator('.command-state', { hasText: 'Ran' }).waitFor({ state: 'attached' });
  assert.deepEqual(complaints, []);
});

test('keys reach the shell while old output is drawn; a command waits for the prompt, and a drop loses it in words', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  const wire = await wireOf(page);
  await page.goto(lessonPath);
  await prompt(page);
  wire.hold((message) => message === undefined);
  await page.reload();
  await page.locator('.screen[data-attached]').waitFor();
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.type('echo early-$((1+1))\n');
  const plate = page.locator('.command', { hasText: 'docker version' }).first();
  await plate.locator('.run').click();
  await context.setOffline(true);
  await plate.getByText('The connection was lost before the command was typed.').waitFor();
  await screenshot(page, 'command-lost');
  await context.setOffline(false);
  await page.locator('.banner').waitFor({ state: 'detached' });
  await until('old output comes again', () => wire.held > 0);
  wire.release();
  await seen(page, /early-2\s*student@docker-host/);
  await runPlate(plate);
  assert.deepEqual(complaints, []);
});

test('starting over goes on where the lab has ended already, with the focus in the new terminal', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const answers: number[] = [];
  await page.route(/\/api\/sessions\/[^/]+$/, async (route) => {
    // As the browser would have sent it.
    const headers = { ...(await route.request().allHeaders()), 'sec-fetch-site': 'same-origin' };
    await route.fetch({ headers });
    const second = await route.fetch({ headers });
    answers.push(second.status());
    await route.fulfill({ response: second });
  });
  await page.getByRole('button', { name: 'New host' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  await prompt(page);
  assert.deepEqual(answers, [404]);
  assert.deepEqual(complaints, []);
});

test('before a fourth lab puts the oldest to rest the page says which, and asks; its tab is named as before when it is back', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  const [second = '', third = '', fourth = ''] = [
    'first-container',
    'images-and-containers',
    'containers-are-processes',
  ];
  for (const lesson of [second, third, fourth]) {
    await page.goto(`/lessons/${lesson}/`);
    await prompt(page);
    await typeLine(page, `echo this-is-$((1+1)) > ${lesson}; cat ${lesson}`);
    await seen(page, /this-is-2/);
    if (lesson !== second) continue;
    await page.getByRole('tab', { name: 'Terminal 1' }).dblclick();
    await page.keyboard.type('mine\n');
    await page.getByRole('tab', { name: 'mine' }).waitFor();
  }
  await page.goto('/playground/');
  await page.getByText('You have three labs open').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, 'state-crowded');
  // Nothing was put away: there it goes on, in the shell that was there.
  await page.locator('.lab-card').getByRole('link', { name: '2 · Your first container' }).click();
  await page.waitForURL(`**/lessons/${second}/`);
  await seen(page, /this-is-2/);
  await page.getByRole('tab', { name: 'mine' }).waitFor();

  // The oldest is the one that was typed into and seen longest ago.
  await page.goto('/playground/');
  await page.locator('.lab-card').getByRole('link', { name: '3 · Images and containers' }).waitFor();
  await page.getByRole('button', { name: 'Open this lab' }).click();
  await prompt(page);
  await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  await page.goto(`/lessons/${fourth}/`);
  await seen(page, /this-is-2/);
  await page.goto(`/lessons/${third}/`);
  await page.locator('.lab-card').getByRole('link', { name: '2 · Your first container' }).waitFor();
  await page.getByRole('button', { name: 'Open this lab' }).click();
  await prompt(page);
  await typeLine(page, `cat ${third}`);
  await seen(page, /this-is-2/);
  // Now the oldest is the playground, where nothing was typed: nothing is lost, and nobody is asked.
  await page.goto(`/lessons/${second}/`);
  await prompt(page);
  await page.getByRole('tab', { name: 'mine' }).waitFor();
  await typeLine(page, `cat ${second}`);
  await seen(page, /this-is-2/);
  assert.deepEqual(complaints, []);
});
