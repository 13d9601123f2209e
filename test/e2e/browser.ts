// A real browser on a real Drydock, and what a student does in it, by name.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

export const output = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../output');
export const lessonPath = '/lessons/first-container/';

/** Chromium without a window of its own: a page in it takes a third of the processor's time. */
export const chromiumPath = '/usr/bin/chromium-headless-shell';

export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface StudentOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly javaScript?: boolean;
  /** A phone: fingers, no mouse. */
  readonly isPhone?: boolean;
}

export interface Student extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What must stay empty: requests to elsewhere, dialogs, errors of the page's scripts, breaches of its policy. */
  readonly complaints: string[];
}

/** The site, and the previews, which have names of their own on the same port. */
function isOfDrydock(address: string, origin: string): boolean {
  const { origin: asked, hostname, port } = new URL(address);
  return asked === origin || (/^[a-z0-9]+\.preview\.localhost$/.test(hostname) && port === new URL(origin).port);
}

/** One process for the students of a test file, who share nothing in it; it ends when none has been there for a moment. */
let browser: Promise<Browser> | null = null;
let leaving: NodeJS.Timeout | undefined;
const momentMs = 1000;

async function enterBrowser(): Promise<Browser> {
  clearTimeout(leaving);
  browser ??= chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  return await browser;
}

function leaveBrowser(): void {
  clearTimeout(leaving);
  leaving = setTimeout(async () => {
    const left = await browser;
    if (left === null || left.contexts().length > 0) return;
    browser = null;
    await left.close();
  }, momentMs);
}

/** A browser as a student has it, with a profile of its own, that may talk to `origin` and its previews alone. */
export async function newStudent(origin: string, options: StudentOptions = {}): Promise<Student> {
  const context = await (await enterBrowser()).newContext({
    baseURL: origin,
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.theme ?? 'light',
    javaScriptEnabled: options.javaScript ?? true,
    hasTouch: options.isPhone ?? false,
    isMobile: options.isPhone ?? false,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  page.on('request', (request) => {
    if (!isOfDrydock(request.url(), origin)) complaints.push(`request to ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Content-Security-Policy/i.test(message.text())) complaints.push(message.text());
  });
  return {
    page,
    context,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
      leaveBrowser();
    },
  };
}

/** Waits until the terminal in sight shows a prompt. */
export async function prompt(page: Page): Promise<void> {
  await page.locator('.screen:not([hidden]) .xterm-rows', { hasText: 'student@docker-host' }).waitFor();
}

/** What the terminal in sight shows, its lines put together as one text. */
export async function screenText(page: Page): Promise<string> {
  const rows = await page.locator('.screen:not([hidden]) .xterm-rows > div').allTextContents();
  return rows.join('').replaceAll('\u00a0', ' ');
}

/** Waits until the terminal in sight shows what `pattern` matches. */
export async function seen(page: Page, pattern: RegExp, withinMs = 45_000): Promise<void> {
  const endsAt = Date.now() + withinMs;
  while (!pattern.test(await screenText(page))) {
    if (Date.now() > endsAt) assert.fail(`the terminal does not show ${pattern}:\n${await screenText(page)}`);
    await page.waitForTimeout(50);
  }
}

/** At once, as by an input method: a key at a time costs the browser more than all else that a test does. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await page.locator('.screen:not([hidden]) .xterm-helper-textarea').focus();
  await page.keyboard.insertText(line);
  await page.keyboard.press('Enter');
}

/** Waits until the page has come to life: a click on what scripts have not taken up yet is lost. */
export async function alive(page: Page): Promise<void> {
  await page.locator('.host[data-up="true"]').first().waitFor({ state: 'attached' });
}

let typedLines = 0;

/** As `typeLine`; gives what the terminal shows at its end once the shell is at its prompt again, and so takes a command from the text. */
export async function typeMarked(page: Page, line: string): Promise<RegExp> {
  const mark = `line-${++typedLines}-over`;
  await typeLine(page, `${line}; echo ${mark}-$((1+1))`);
  return new RegExp(`${mark}-2\\s*student@[^$]*\\$ *$`);
}

/** Presses a key twice within a moment, however long the machine takes for it: by the browser's own clock it is 50 ms. */
export async function pressTwice(page: Page, key: 'F6', { shift = false } = {}): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const f6 = { key, code: key, windowsVirtualKeyCode: 117, modifiers: shift ? 8 : 0 };
  const first = Date.now() / 1000;
  for (const timestamp of [first, first + 0.05])
    for (const type of ['rawKeyDown', 'keyUp'] as const)
      await browser.send('Input.dispatchKeyEvent', { ...f6, type, timestamp });
  await browser.detach();
}

/** Clicks Run on a plate and waits until the plate says that it ran. */
export async function runPlate(plate: Locator): Promise<void> {
  await plate.locator('.run').click();
  await plate.locator('.command-state', { hasText: /Ran|Ended/ }).waitFor({ timeout: 60_000 });
}

/** Waits until a task stands as said. */
export async function taskIs(
  page: Page,
  task: string,
  state: 'to-come' | 'now' | 'done' | 'done-for-you',
): Promise<void> {
  await page.locator(`[data-task="${task}"][data-state="${state}"]`).waitFor();
}

/** Into test/output, to look at: where test files are named, and in `npm run soak`. A run of all tests leaves them out. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.TEST_SCREENSHOTS === 'no') return;
  await mkdir(output, { recursive: true });
  // What fades in is shown as it will be.
  await page.screenshot({ path: path.join(output, `${name}.png`), animations: 'disabled' });
}
