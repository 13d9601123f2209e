// What a student does in the editor, by name.

import type { Page } from 'playwright-core';

export async function openEditor(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.getByRole('tree', { name: 'Files of the home directory' }).waitFor();
}

export async function openTerminal(page: Page): Promise<void> {
  // Going back in the lab opens a new one, with the next number.
  await page.getByRole('tab', { name: /^Terminal \d$/ }).click();
  await page.locator('.screen:not([hidden]) .xterm-helper-textarea').focus();
}

/** Waits until the file in hand is saved; typing must have begun before. */
export async function saved(page: Page): Promise<void> {
  await page.locator('.saving-word[data-state="saved"]').waitFor();
}

/** Waits until the editor shows this text. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.locator('.code .view-lines', { hasText: text }).waitFor();
}

export async function newFile(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New file' }).click();
  await page.getByRole('textbox', { name: /Name of the new file/ }).fill(name);
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: name.split('/').at(-1) ?? '' }).waitFor();
  await page.locator('.code .monaco-editor').waitFor();
}

/** The element that the keys go to, in words. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(
    'document.activeElement.dataset.row || document.activeElement.title || document.activeElement.textContent',
  );
}

/** Into the file in hand, where the mouse puts the cursor. */
export async function type(page: Page, text: string): Promise<void> {
  await page.locator('.code .monaco-editor').click();
  await page.keyboard.insertText(text);
}
