// What a program prints, or a clipboard holds, reaches neither the page nor the shell (F05, F06).

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { startDrydock, type TestDrydock } from '../support/drydock.ts';
import { lessonPath, newStudent, prompt, screenshot, screenText, seen, typeLine } from './browser.ts';
import { printHostile } from './hostile-output.ts';
import { clickLink, clickText } from './terminal-mouse.ts';

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

/** What programs print to reach out of their screen. Each stands on its own. */
const corpus: Readonly<Record<string, string>> = {
  'OSC 52, write and read': String.raw`\e]52;c;Z290Y2hh\a\e]52;p;Z290Y2hh\e\\\e]52;c;?\a`,
  'OSC 0, 1, 2 with HTML': String.raw`\e]0;<img src=x onerror=alert(1)>\a\e]1;<b>i\a\e]2;<script>alert(1)</script>\e\\`,
  'OSC 8 to scripts and data': String.raw`\e]8;;javascript:alert(1)\ascript-link\e]8;;\a \e]8;;data:text/html,<script>alert(1)</script>\adata-link\e]8;;\a \e]8;;file:///etc/passwd\afile-link\e]8;;\a`,
  'OSC 9, 777, 1337: notices and files': String.raw`\e]9;hi\a\e]777;notify;a;b\a\e]1337;File=name=eA==;inline=1:AAAA\a`,
  'OSC 4, 10, 11: colours asked for': String.raw`\e]4;1;?\a\e]10;?\a\e]11;?\a`,
  'DECRQSS and DCS that want an echo': String.raw`\eP$q"p\e\\\eP+q544e\e\\\ePx;touch stolen\e\\`,
  'window reports: title, size, place': String.raw`\e[21t\e[20t\e[18t\e[14t\e[13t\e[8;5;5t\e[3;0;0t`,
  'device attributes': String.raw`\e[c\e[>c\e[=c\e[0c\e[5n\e[6n\e[?6n\x05`,
  'C1 controls': String.raw`\xc2\x9d0;c1-title\xc2\x9c\xc2\x9b21t\xc2\x90$qm\xc2\x9c`,
  'sixel that never ends': String.raw`\ePq#0;2;0;0;0!999999999~-!999999999~\e\\`,
  'text that turns around': String.raw`a\xe2\x80\xaeb\xe2\x81\xa6c\xe2\x80\xacd`,
  'markup as text': '<img src=x onerror=alert(1)><script>alert(2)</script><a href=javascript:alert(3)>a</a>',
};

/** What of the page is not the terminal's own drawing, nor the engine's picture: it must stay as it is. */
const outside = `[...document.querySelectorAll('body *:not(.xterm *, .engine-view *, [data-island="announcer"] *)')]
  .map((one) => one.tagName + [...one.attributes].map(({ name }) => name).sort().join()).join('\\n')`;
/** What in the terminal is more than drawn text. */
const strange = `[...document.querySelectorAll('.xterm *')].filter((one) =>
  !/^(DIV|SPAN|TEXTAREA|STYLE|CANVAS)$/.test(one.tagName) || [...one.attributes].some(({ name }) => /^(on|src|href|srcdoc)/.test(name)))
  .map((one) => one.outerHTML)`;

test('F05: what a program prints reaches neither the page, nor the clipboard, nor the shell', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await page.evaluate("navigator.clipboard.writeText('mine')");
  await typeLine(page, 'clear; echo ready-$((1+1))');
  await seen(page, /ready-2/);
  const title = await page.title();
  const before = await page.evaluate(outside);
  for (const [name, bytes] of Object.entries(corpus)) {
    const number = Object.keys(corpus).indexOf(name);
    await printHostile(page, String(number), `printf '${bytes}'`);
    assert.equal(await page.evaluate(outside), before, name);
    assert.deepEqual(await page.evaluate(strange), [], name);
    assert.equal(await page.title(), title, name);
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'mine', name);
  }
  await typeLine(
    page,
    `clear; printf '\\e]0;'; head -c 10000000 /dev/zero | tr '\\0' x; printf '\\a'; echo long-$((1+1))`,
  );
  await seen(page, /long-2/);
  // A flood of questions: the connection stays, and answers are few.
  await printHostile(page, 'flood', "for i in {1..2000}; do printf '\\e[6n\\e[c'; done", 90_000);
  assert.equal(await page.locator('.banner').count(), 0);
  assert.equal(await page.evaluate(outside), before);
  assert.equal(context.pages().length, 1);

  await page.reload();
  const atPrompt = /printed-flood-2\s*student@docker-host:~\$ *$/;
  await seen(page, atPrompt);
  await page.waitForTimeout(500);
  // Nothing that xterm answers to what is old comes to stand at the prompt.
  assert.match(await screenText(page), atPrompt);
  await typeLine(page, 'ls stolen; echo over-$((1+1))');
  await seen(page, /cannot access 'stolen'.*over-2/s);
  assert.deepEqual(complaints, []);
});

test('F05: links lead to the web alone, after a question that shows the whole address', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  const printed = String.raw`\e]8;;https://example.org/far?a=b\alooks-harmless\e]8;;\a and \e]8;;javascript:alert(1)\ascript-link\e]8;;\a and http://example.net/plain end`;
  await typeLine(page, `clear; printf '${printed}\\n'; echo printed-$((1+1))`);
  await seen(page, /printed-2/);
  const question = page.getByRole('alertdialog');
  await clickLink(page, 'looks-harmless');
  await question.getByText('https://example.org/far?a=b').waitFor();
  await screenshot(page, 'terminal-link');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  await clickLink(page, 'example.net/plain');
  await question.getByText('http://example.net/plain').waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  await clickText(page, 'script-link');
  await page.waitForTimeout(500);
  assert.equal(await question.count(), 0);
  assert.equal(context.pages().length, 1);
  assert.deepEqual(complaints, []);
});

test('F06: what the page copies runs nothing when it is pasted, and what has lines is asked about', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto(lessonPath);
  await prompt(page);
  // It says so for two seconds, which the page itself must not miss.
  await Promise.all([
    page.evaluate(`new Promise((said) => {
      const look = () => document.querySelector('[aria-label="Copied: docker version"]') && said();
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    })`),
    page.getByRole('button', { name: 'Copy: docker version' }).click(),
  ]);
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'docker version');
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Control+Shift+V');
  await seen(page, /\$ docker version\s*$/);
  await page.keyboard.press('Control+C');

  // More than the server holds for a shell would come with holes: nothing of it is typed.
  await page.evaluate("navigator.clipboard.writeText('long'.repeat(70000))");
  await page.keyboard.press('Control+Shift+V');
  await page.getByText('That is too long to paste into a terminal').waitFor();
  assert.doesNotMatch(await screenText(page), /long/);
  await screenshot(page, 'terminal-paste-too-long');
  await page.getByRole('button', { name: 'Close' }).click();

  // The end of a bracketed paste within a paste: what follows it is no typing.
  await page.evaluate(
    "navigator.clipboard.writeText('echo a\\\\x1b[201~\\necho pasted-$((1+1))\\n'.replace('\\\\x1b', String.fromCharCode(27)))",
  );
  await page.keyboard.press('Control+Shift+V');
  const question = page.getByRole('alertdialog');
  await question.getByText('Paste 2 lines?').waitFor();
  assert.doesNotMatch((await question.textContent()) ?? '', /201~/);
  await question.getByRole('button', { name: 'Paste' }).click();
  await seen(page, /echo pasted-/);
  await page.waitForTimeout(500);
  assert.doesNotMatch(await screenText(page), /pasted-2/);
  await page.keyboard.press('Control+C');

  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.getByRole('button', { name: 'New file' }).click();
  await page.getByRole('textbox', { name: /Name of the new file/ }).fill('two-lines.sh');
  await page.keyboard.press('Enter');
  await page.locator('.code .monaco-editor').click();
  await page.keyboard.insertText('echo one\necho two\n');
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+C');
  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Control+Shift+V');
  await question.getByText('Paste 2 lines?').waitFor();

  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false');
  await page.getByRole('button', { name: 'Copy: docker version' }).click();
  await page.getByText('The browser does not let this page copy.').waitFor();
});
