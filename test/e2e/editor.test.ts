// The editor as a student uses it: files made, changed from both sides, asked about, brought in and taken out.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { inSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { alive, newStudent, prompt, screenshot, seen, typeLine } from './browser.ts';
import { focused, newFile, openEditor, openTerminal, saved, shows, type } from './editor-steps.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('what is written in the editor is on the host, and what changes there shows in the editor', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await openEditor(page);
  await newFile(page, 'app/Dockerfile');
  await type(page, 'FROM debian:13\nRUN echo built\n');
  await saved(page);
  await openTerminal(page);
  await typeLine(page, 'clear; cat app/Dockerfile; echo shown-$((1+1))');
  await seen(page, /FROM debian:13\s*RUN echo built\s*shown-2/);
  await typeLine(page, 'echo "CMD sleep 1" >> app/Dockerfile; mkdir fresh; touch fresh/inside');
  await openEditor(page);
  await shows(page, 'CMD sleep 1'.replaceAll(' ', '\u00a0'));
  await page.getByRole('treeitem', { name: 'fresh' }).click();
  await page.getByRole('treeitem', { name: 'inside' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, 'editor');
  // That something is saved is no news to whoever hears the page.
  assert.equal(await page.locator('.saving [role="status"]', { hasText: 'Saved' }).count(), 0);

  await page.getByRole('button', { name: 'Dark theme' }).click();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, 'editor-dark');

  // A page that goes right after the last key takes nothing with it.
  await type(page, 'last-words');
  await page.reload();
  await prompt(page);
  await openEditor(page);
  await page.getByRole('treeitem', { name: 'app' }).click();
  await page.getByRole('treeitem', { name: 'Dockerfile' }).click();
  await shows(page, 'last-words');
  assert.deepEqual(complaints, []);
});

test('after going back in the lab stand the files of then, and what was not saved is asked about', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await openEditor(page);
  await page.getByRole('treeitem', { name: '.profile' }).click();
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.keyboard.insertText('# mine ');
  await saved(page);
  await newFile(page, 'extra.txt');
  await type(page, 'extra');
  await saved(page);
  await newFile(page, 'unsaved.txt');
  await page.route('**/file?*', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await type(page, 'only here');
  await page.locator('.saving-word[data-state="failed"]').waitFor();

  await page.getByRole('button', { name: 'Go back…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  await page.locator('.file-tab', { hasText: 'extra.txt' }).waitFor({ state: 'detached' });
  await page.unroute('**/file?*');
  await page.getByRole('alertdialog', { name: 'The file is gone' }).waitFor();
  await page.getByRole('button', { name: 'Write it again' }).click();
  await saved(page);
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.locator('.file-tab', { hasText: '.profile' }).click();
  await shows(page, '.bashrc');
  assert.doesNotMatch((await page.locator('.code .view-lines').textContent()) ?? '', /mine/);
  await openTerminal(page);
  await typeLine(page, 'clear; cat unsaved.txt; ls extra.txt');
  await seen(page, /only here.*extra.txt.*No such file/);
  assert.deepEqual(complaints, []);
});

test('open files are gone through and closed by keyboard; one that is not saved stays', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await openEditor(page);
  await newFile(page, 'one.txt');
  await newFile(page, 'two.txt');
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.route('**/file?*', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await page.keyboard.insertText('not saved');
  await page.locator('.saving-word[data-state="failed"]').waitFor();

  await page.locator('.file-tab[aria-selected="true"]').focus();
  for (const name of ['one.txt', 'two.txt', 'one.txt']) {
    await page.keyboard.press('ArrowLeft');
    await page.locator('.file-tab[aria-selected="true"]', { hasText: name }).waitFor();
    assert.equal(await focused(page), name);
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Delete');
  await page.getByText('two.txt was not closed, because it could not be saved.').waitFor();
  assert.equal(await focused(page), 'two.txt');
  await screenshot(page, 'editor-not-saved');
  await page.unroute('**/file?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await saved(page);
  await page.locator('.code .monaco-editor.focused').waitFor();

  await page.locator('.file-tab[aria-selected="true"]').focus();
  await page.keyboard.press('Delete');
  await page.locator('.file-tab', { hasText: 'two.txt' }).waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'one.txt');
  await page.keyboard.press('Enter');
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.locator('.file-tab[aria-selected="true"]').focus();
  await page.keyboard.press('Delete');
  await page.getByText('No file is open').waitFor();
  await page.locator('.row:focus').waitFor();
  assert.deepEqual(complaints, []);
});

test('a file that changed on the host while one typed is asked about', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await openEditor(page);
  await newFile(page, 'notes.txt');
  await type(page, 'first\n');
  await saved(page);

  /** While it is there, saves are held back until it resolves. */
  let gate: { readonly begun: PromiseWithResolvers<void>; readonly over: PromiseWithResolvers<void> } | undefined;
  await page.route('**/file?*', async (route) => {
    if (gate && route.request().method() === 'PUT') {
      gate.begun.resolve();
      await gate.over.promise;
    }
    await route.continue();
  });
  for (const keep of ['mine', 'theirs'] as const) {
    const held = { begun: Promise.withResolvers<void>(), over: Promise.withResolvers<void>() };
    gate = held;
    await type(page, `typed-for-${keep} `);
    await held.begun.promise;
    await openTerminal(page);
    await typeLine(page, `echo host-${keep} > notes.txt; echo written-${keep}-$((1+1))`);
    await seen(page, new RegExp(`written-${keep}-2`));
    gate = undefined;
    held.over.resolve();
    await page.getByRole('tab', { name: 'Editor' }).click();
    const question = page.getByRole('alertdialog', { name: 'The file changed on the host' });
    await question.getByRole('button', { name: 'Show the host’s' }).click();
    await question.getByRole('textbox', { name: 'The text on the host' }).waitFor();
    if (keep === 'mine') await screenshot(page, 'editor-conflict');
    await question.getByRole('button', { name: keep === 'mine' ? 'Keep mine' : 'Take the host’s' }).click();
    await question.waitFor({ state: 'detached' });
    await saved(page);
    await shows(page, keep === 'mine' ? 'typed-for-mine' : 'host-theirs');
  }
  await openTerminal(page);
  await typeLine(page, 'rm notes.txt; echo removed-$((1+1))');
  await seen(page, /removed-2/);
  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.getByText('This file was removed on the host.').waitFor();
  await page.getByRole('button', { name: 'Write it again' }).click();
  await saved(page);
  await openTerminal(page);
  await typeLine(page, 'clear; cat notes.txt');
  await seen(page, /host-theirs/);
  assert.deepEqual(complaints, []);
});

test('files are made, renamed and deleted by keyboard alone', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(page, 'mkdir -p folder/deep; echo one > folder/deep/one.sh; echo made-$((1+1))');
  await seen(page, /made-2/);
  await page.getByRole('tab', { name: 'Terminal 1' }).focus();
  const [listing] = await Promise.all([page.waitForRequest('**/files?*'), page.keyboard.press('ArrowRight')]);
  const address = listing.url().replace(/\/files\?(.*)path=$/, '/file?$1path=later.txt');
  await page.getByRole('treeitem', { name: 'folder' }).waitFor();
  await page.getByRole('treeitem', { name: 'folder' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('treeitem', { name: 'deep' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('treeitem', { name: 'one.sh' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'New name of one.sh' }).waitFor();
  await page.keyboard.type('two.sh');
  await page.keyboard.press('Enter');
  await page.getByRole('treeitem', { name: 'two.sh' }).focus();
  await page.keyboard.press('Enter');
  await shows(page, 'one');
  await page.locator('.code .monaco-editor.focused').waitFor();
  // Tab is the file's until Ctrl M gives it back to the page.
  await page.keyboard.press('Control+m');
  await page.keyboard.press('Tab');
  await page.locator('.code .monaco-editor.focused').waitFor({ state: 'detached' });

  await page.getByRole('treeitem', { name: 'two.sh' }).focus();
  await page.keyboard.press('Delete');
  await page.getByRole('alertdialog').getByText('Delete two.sh?').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'folder/deep/two.sh');
  await page.keyboard.press('Delete');
  // The keys are on the no, and stay there when something else happens in the home.
  assert.equal(await focused(page), 'Keep it');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'Delete');
  await page.evaluate(
    `fetch(${JSON.stringify(address)}, { method: 'PUT', body: 'x', headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' } })`,
  );
  await page.getByRole('treeitem', { name: 'later.txt' }).waitFor();
  assert.equal(await focused(page), 'Delete');
  await page.keyboard.press('Enter');
  await page.getByRole('treeitem', { name: 'two.sh' }).waitFor({ state: 'detached' });
  await page.getByText('No file is open').waitFor();
  assert.equal(await focused(page), 'later.txt');

  await page.getByRole('button', { name: 'New folder' }).press('Enter');
  await page.keyboard.type('made');
  await page.keyboard.press('Enter');
  await page.locator('.row:focus[data-row="made"]').waitFor();
  await page.keyboard.press('Delete');
  await page.getByRole('alertdialog').getByText('Delete made and all that is in it?').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.row:focus[data-row="made"]').waitFor();
  await page.getByRole('button', { name: 'New file' }).press('Enter');
  await page.keyboard.type('inside.txt');
  await page.keyboard.press('Enter');
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.locator('.file-tab[title="made/inside.txt"]').waitFor();
  assert.deepEqual(complaints, []);
});

test('files come in and go out; what is no text, too large or has a strange name does no harm', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(
    page,
    `head -c 2000 /dev/zero > zeros.bin; head -c 1100000 /dev/zero > large.log; echo x > '<img src=x onerror=alert(1)>'; echo made-$((1+1))`,
  );
  await seen(page, /made-2/);
  await page.route('**/files?*', (route) => route.abort());
  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.getByText('The files cannot be listed. The server does not answer.').waitFor();
  await screenshot(page, 'editor-not-listed');
  await page.unroute('**/files?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.row:focus').waitFor();
  await page.getByRole('treeitem', { name: '<img src=x onerror=alert(1)>' }).click();
  await shows(page, 'x');
  await page.getByRole('treeitem', { name: 'zeros.bin' }).click();
  await page.getByRole('heading', { name: 'zeros.bin is no text' }).waitFor();
  await screenshot(page, 'editor-binary');
  await page.getByRole('treeitem', { name: 'large.log' }).click();
  await page.getByRole('heading', { name: 'large.log is too large to open here' }).waitFor();

  await page.getByRole('treeitem', { name: '.profile' }).focus();
  const picker = page.locator('.tree-tools input[type="file"]');
  const small = { name: 'in.txt', mimeType: 'text/plain', buffer: Buffer.from('brought-in\n') };
  await picker.setInputFiles(small);
  await page.getByText('in.txt is on the host.').waitFor();
  await picker.setInputFiles(small);
  await page.getByRole('alertdialog').getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('0 files are on the host.').waitFor();
  const many = Array.from({ length: 51 }, (_, number) => ({ ...small, name: `many-${number}.txt` }));
  await picker.setInputFiles(many);
  await page.getByText('50 files are on the host. 1 were left out: 50 are taken at once.').waitFor();
  // Made in the page: so much is not brought there for a test.
  await page.evaluate(`(() => {
    const input = document.querySelector('.tree-tools input[type="file"]');
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(20 * 1024 * 1024 + 1)], 'huge.bin'));
    files.items.add(new File(['large'.repeat(512 * 1024)], 'big.bin'));
    files.items.add(new File(['brought-in'], 'after.txt'));
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  })()`);
  await page
    .getByText('2 files are on the host. huge.bin stayed behind: it is larger than 20 MB.')
    .waitFor({ timeout: 60_000 });
  const sums = ['large'.repeat(512 * 1024), 'brought-in'].map((text) =>
    createHash('sha256').update(text).digest('hex'),
  );
  await openTerminal(page);
  await typeLine(page, 'clear; sha256sum big.bin after.txt | cut -c1-64; ls -a | grep -c drydock-');
  // Nothing is left of the pieces.
  await seen(page, new RegExp(`${sums.join('\\s*')}\\s*0`));
  await openEditor(page);
  await page.getByRole('treeitem', { name: 'in.txt' }).click();
  await shows(page, 'brought-in');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'in.txt');
  assert.equal(await readFile(await download.path(), 'utf8'), 'brought-in\n');
  assert.deepEqual(complaints, []);
});

test('compose files and Dockerfiles are read along: what is wrong is marked, what fits is offered', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  await typeLine(
    page,
    "printf 'services:\\n  web:\\n    image: nginx\\n    portz: 80\\n' > stack.yaml; echo made-$((1+1))",
  );
  await seen(page, /made-2/);
  await openEditor(page);
  await page.getByRole('treeitem', { name: 'stack.yaml' }).click();
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.keyboard.press('Control+End');
  // What a file is called says what it is.
  await page.getByRole('treeitem', { name: 'stack.yaml' }).press('F2');
  await page.getByRole('textbox', { name: 'New name of stack.yaml' }).fill('compose.yaml');
  await page.keyboard.press('Enter');
  await page.locator('.code .squiggly-error').first().waitFor();
  await page.locator('.row:focus[data-row="compose.yaml"]').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.code .monaco-editor.focused').waitFor();
  await page.keyboard.type('    heal', { delay: 30 });
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'healthcheck' }).waitFor();
  await screenshot(page, 'editor-compose');
  await newFile(page, 'Dockerfile');
  await page.locator('.code .monaco-editor').click();
  await page.keyboard.type('FRO', { delay: 30 });
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'FROM' }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('debian:13\n');
  await saved(page);
  await until('nothing is marked', async () => (await page.locator('.code .squiggly-error').count()) === 0);
  assert.deepEqual(complaints, []);
});

inSoak('the editor fits a phone, and one of 320 pixels', async () => {
  for (const [width, height] of [
    [390, 844],
    [320, 640],
  ] as const) {
    await using student = await newStudent(drydock.url, { width, height, isPhone: true });
    const { page, complaints } = student;
    await page.goto('/playground/');
    await alive(page);
    await page.locator('.pane-bar').getByRole('button', { name: 'Terminal' }).tap();
    await prompt(page);
    await openEditor(page);
    await newFile(page, 'a-name-that-is-longer-than-the-screen-is-wide.txt');
    await page.locator('.code .monaco-editor.focused').waitFor();
    await page.keyboard.insertText('FROM debian:13');
    await saved(page);
    await screenshot(page, `editor-${width}`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${width} wide`);
    const code = await page.locator('.code').boundingBox();
    assert.ok(code && code.height >= 84, `${code?.height} px of text at ${width}`);
    for (const part of ['.tree-tools', '.tree', '.saving']) {
      const box = await page.locator(part).boundingBox();
      assert.ok(box && box.x >= 0 && box.x + box.width <= width, `${part} at ${width}`);
      assert.ok(box.y + box.height <= height, `${part} at ${height}`);
    }
    assert.deepEqual(complaints, []);
  }
});
