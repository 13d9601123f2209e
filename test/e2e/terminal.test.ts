// Terminals as a student uses them: two at once, search, copy and paste, a phone's keys, programs that draw the whole screen.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { alive, lessonPath, newStudent, prompt, screenshot, screenText, seen, typeLine } from './browser.ts';
import { clickText } from './terminal-mouse.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('two terminals stand side by side; commands go to the one in hand', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  await typeLine(page, 'echo in-the-first');
  await page.getByRole('button', { name: 'Split' }).click();
  const second = page.locator('.screen[data-side="second"]');
  await second.locator('.xterm-rows', { hasText: 'student@docker-host' }).waitFor();
  await page.locator('.screen[data-side="second"][data-current]').waitFor();
  await page.keyboard.type('echo in-the-second-$((1+1))\n');
  await second.locator('.xterm-rows', { hasText: 'in-the-second-2' }).waitFor();
  assert.equal(await page.getByRole('tab', { name: 'Terminal 2' }).getAttribute('aria-selected'), 'true');

  await page.keyboard.press('F6');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Screen reader');
  await second.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Shift+F6');
  assert.equal(await page.evaluate('document.activeElement.id'), 'tab-t2');

  // The search is open, and whoever clicks the terminal beside is there, not in the search again.
  await page.getByRole('button', { name: 'Find' }).click();
  const field = page.getByRole('searchbox', { name: 'Find in this terminal' });
  await field.fill('in-the-second');
  await page.locator('.search-count', { hasText: 'of' }).waitFor();
  await page.locator('.screen[data-side="first"] .xterm-screen').click();
  await page.locator('.screen[data-side="first"][data-current] .xterm.focus').waitFor();
  await page.keyboard.type('echo still-$((1+1))\n');
  // Up to the prompt: nothing is run for a student in a shell that is busy.
  await seen(page, /still-2\s*student@docker-host:~\$/);
  assert.equal(await field.inputValue(), 'in-the-second');
  await page.keyboard.press('Control+Shift+F');
  assert.equal(await page.evaluate('document.activeElement.type'), 'search');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('tab', { name: 'Terminal 1' }).getAttribute('aria-selected'), 'true');
  await page.getByRole('button', { name: 'Run: docker version' }).click();
  // The command itself soon leaves the screen: it is half as wide, and the answer is long.
  await page.locator('.screen[data-side="first"] .xterm-rows', { hasText: 'Experimental:' }).waitFor();
  await screenshot(page, 'terminal-split');
  await page.getByRole('button', { name: 'Split' }).click();
  await second.waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Terminal 2' }).click();
  await seen(page, /in-the-second-2/);
  assert.deepEqual(complaints, []);
});

test('a row that is full when the terminal gets another height loses nothing', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const rows = () => page.locator('.screen:not([hidden]) .xterm-rows > div').count();
  for (const [fill, height] of [
    ['printf "%$((COLUMNS-8))s%s" "" the-last', 760],
    ['printf "%$((COLUMNS-11))s%s" "" the-last-日', 900],
  ] as const) {
    const before = await rows();
    await typeLine(page, `clear; stty -echo; ${fill}; read -rsn 1; stty echo; echo and-the-next-$((1+1))`);
    await seen(page, /the-last(-日)?\s*$/);
    await page.setViewportSize({ width: 1440, height });
    await until('the terminal has another height', async () => (await rows()) !== before);
    await page.keyboard.press('x');
    await seen(page, /and-the-next-2/);
    assert.match(await screenText(page), /the-last(-日)?and-the-next-2/);
  }
  assert.deepEqual(complaints, []);
});

test('an ended shell is replaced also where there are as many terminals as there may be', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  for (let number = 2; number <= 8; number++) {
    await page.getByRole('button', { name: 'New terminal' }).click();
    // In hand, so that what is typed next goes there.
    await page.getByRole('tab', { name: `Terminal ${number}`, selected: true }).waitFor();
  }
  await prompt(page);
  await typeLine(page, 'exit');
  await page.getByText('This shell has ended').waitFor();
  await screenshot(page, 'terminal-ended');
  await page.getByRole('button', { name: 'Open a new one' }).click();
  // The tab of the old one has the same name.
  await page.getByText('This shell has ended').waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Terminal 8', selected: true }).waitFor();
  assert.equal(await page.getByRole('tab', { name: /^Terminal/ }).count(), 8);
  await prompt(page);
  assert.deepEqual(complaints, []);
});

test('the scrollback is searched by keyboard', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(page, 'clear; for i in {1..200}; do echo line-$i; done; echo end-$((1+1))');
  // Whatever is printed while it is searched moves the search.
  await seen(page, /end-2\s*student@docker-host:~\$ *$/);
  assert.doesNotMatch(await screenText(page), /line-17\b/);
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'Find in this terminal' }).waitFor();
  await page.keyboard.type('line-17');
  const count = page.locator('.search-count');
  await count.filter({ hasText: /of 11/ }).waitFor();
  for (let presses = 0; presses < 11 && (await count.textContent()) !== '1 of 11'; presses++) {
    const before = await count.textContent();
    await page.keyboard.press('Enter');
    await until('another one is in hand', async () => (await count.textContent()) !== before);
  }
  // The first of them is the one that is far up.
  await seen(page, /line-17\D/);
  await screenshot(page, 'terminal-find');
  await page.keyboard.press('Escape');
  await page.locator('.search').waitFor({ state: 'detached' });
  await page.keyboard.type('echo back-$((1+1))\n');
  await seen(page, /back-2/);
  assert.deepEqual(complaints, []);
});

test('Ctrl C copies what is selected at a prompt, and interrupts what runs', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto('/playground/');
  await prompt(page);
  await page.evaluate("navigator.clipboard.writeText('before')");
  await typeLine(page, 'clear; echo word-to-copy');
  await seen(page, /^word-to-copy\s*student.*\$ *$/s);
  await clickText(page, 'word-to-copy', 3);
  await page.keyboard.press('Control+C');
  await until(
    'it is copied',
    async () => String(await page.evaluate('navigator.clipboard.readText()')).trim() === 'word-to-copy',
  );

  await typeLine(page, 'clear; echo running; sleep 300');
  await seen(page, /^running\s*$/);
  await clickText(page, 'running', 3);
  await page.keyboard.press('Control+C');
  await seen(page, /\^C.*student@docker-host/s);
  assert.equal(String(await page.evaluate('navigator.clipboard.readText()')).trim(), 'word-to-copy');
});

test('the keys that a phone lacks are in a row, and Ctrl holds for the next key', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844 });
  const { page, complaints } = student;
  await page.goto('/playground/');
  await alive(page);
  await page.getByRole('button', { name: 'Terminal', exact: true }).click();
  await prompt(page);
  const keys = page.getByRole('toolbar', { name: 'Keys' });
  await typeLine(page, 'sleep 300');
  await seen(page, /sleep 300/);
  await keys.getByRole('button', { name: 'Ctrl' }).click();
  await page.keyboard.type('c');
  await seen(page, /\^C/);
  assert.equal(await keys.getByRole('button', { name: 'Ctrl' }).getAttribute('aria-pressed'), 'false');
  await page.keyboard.type('clear\n');
  await until('it is clear', async () => !/sleep/.test(await screenText(page)));
  await page.keyboard.type('echo "x');
  for (const name of ['Bar', 'Slash', 'Dash']) await keys.getByRole('button', { name }).click();
  await page.keyboard.type('y"\n');
  await seen(page, /x\|\/-y\s*student/);
  await keys.getByRole('button', { name: 'Up' }).click();
  await page.keyboard.type('\n');
  await seen(page, /x\|\/-y.*x\|\/-y.*x\|\/-y.*x\|\/-y/s);
  await page.keyboard.type('cat /etc/hostn');
  await keys.getByRole('button', { name: 'Tab' }).click();
  await seen(page, /\/etc\/hostname/);
  await screenshot(page, 'terminal-touch');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  assert.deepEqual(complaints, []);
});

/** The modes that xterm has on, as it says itself by its classes, and what its cursor does. */
const xtermModes = `(() => {
  const terminal = document.querySelector('.screen:not([hidden]) .xterm');
  return {
    mouse: terminal.classList.contains('enable-mouse-events'),
    cursor: terminal.querySelector('.xterm-cursor') !== null,
  };
})()`;

test('vim is drawn after a reload; killed, it leaves a prompt on the normal screen, with a cursor, and a mouse that selects', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(page, 'seq -f "line %g" 200 > long; clear; echo before-$((1+1)); set -o | head -3');
  await seen(page, /before-2[\s\S]*student@docker-host:~\$ *$/);
  const shell = await screenText(page);
  await typeLine(page, 'vi long');
  await seen(page, /line 1\s*line 2/);
  await page.keyboard.type(':set mouse=a\n50Gzt');
  await seen(page, /^line 50\s*line 51/);
  // The last that it draws: what is under the cursor, and where that is.
  await page.keyboard.type('ga');
  await seen(page, /^line 50\s*line 51.*<l> +108.*50,1 +\d+%\s*$/);
  const drawn = await screenText(page);
  await page.reload();
  await until('it is drawn as it was', async () => (await screenText(page)) === drawn);

  // Everything that a program can leave on, and the cursor hidden.
  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
  await prompt(page);
  const set = "printf '\\e[?1h\\e=\\e[?1003;1006;1004h\\e[?25l\\e[4h\\e[2;5r\\e[31m' > /proc/$(pgrep -x vi)/fd/1";
  await typeLine(page, `${set}; kill -9 $(pgrep -x vi); echo killed-$((1+1))`);
  await seen(page, /killed-2/);
  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  await seen(page, /vi long\s*student@docker-host:~\$ *$/);
  assert.ok((await screenText(page)).startsWith(shell.trimEnd()), await screenText(page));
  await page.locator('.screen:not([hidden]) .xterm-helper-textarea').focus();
  assert.deepEqual(await page.evaluate(xtermModes), { mouse: false, cursor: true });
  await clickText(page, 'before-2', 2);
  await page.keyboard.press('Control+c');
  await until('it is copied', async () =>
    String(await page.evaluate('navigator.clipboard.readText()')).startsWith('before'),
  );
  // The scroll region is whole again, and what is typed in a line goes over nothing.
  await typeLine(page, 'clear; seq 60; echo after-$((1+1))');
  await seen(page, /58\s*59\s*60\s*after-2/);

  // A prompt after a program that left nothing on changes nothing.
  await typeLine(page, `clear; printf '\\e[31mred\\n'; false; printf no-newline-$((1+1))`);
  await seen(page, /red\s*no-newline-2student@docker-host:~\$ *$/);
  await typeLine(page, 'clear; printf "%$((COLUMNS-5))s%s" "" last5');
  await seen(page, /last5student@docker-host:~\$ *$/);
  await typeLine(page, 'seq 300 | less');
  await seen(page, /^1\s*2\s*3/);
  await page.keyboard.press('q');
  await seen(page, /last5[\s\S]*less\s*student@docker-host:~\$ *$/);
  assert.deepEqual(complaints, []);
});

test('emoji of several code points are typed and taken back in bash: the cursor stands where bash thinks', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await page.locator('.screen:not([hidden]) .xterm-helper-textarea').focus();
  for (const emoji of ['👩\u200d💻', '👍🏽', '🇩🇪', '❤\ufe0f', '🐳']) {
    await page.keyboard.insertText(`echo a${emoji}b`);
    await page.keyboard.type('-$((1+1))');
    // Redrawn by bash from the place it thinks: an error of one cell shows in what stands there then.
    await page.keyboard.press('Control+a');
    await page.keyboard.type(': ');
    await page.keyboard.press('Control+e');
    await page.keyboard.press('Home');
    for (let count = 0; count < 2; count++) await page.keyboard.press('Delete');
    await page.keyboard.press('End');
    await page.keyboard.type('x');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('\n');
    await seen(page, new RegExp(`a${emoji}b-2\\s*student`));
    assert.match(await screenText(page), new RegExp(`\\$ echo a${emoji}b-\\$\\(\\(1\\+1\\)\\) *a${emoji}b-2`));
    // Taken back letter by letter, the line is as it was before. What has no width goes with what it follows.
    await page.keyboard.insertText(`k${emoji}`);
    for (const character of emoji) if (!/[\u200d\ufe0f]/.test(character)) await page.keyboard.press('Backspace');
    await page.keyboard.type('l');
    await seen(page, /\$ kl *$/);
    await page.keyboard.press('Control+u');
    await page.keyboard.type('clear\n');
    await seen(page, /^student@docker-host:~\$ *$/);
  }
  assert.deepEqual(complaints, []);
});
