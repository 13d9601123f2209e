// A lab with two hosts in the browser: which of them a terminal, a command, the engine view, a file and a preview are of. And
// a preview that opens by itself, because the lesson says so.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { lessonsFolder } from '../../cli/lab/lessons.ts';
import { drydockFor } from '../lessons/own-drydock.ts';
import { until } from '../support/until.ts';
import { lessonPath, newStudent, screenshot, seen, typeLine } from './browser.ts';

const built = fileURLToPath(new URL('../../site/dist', import.meta.url));
const lesson = '01-why-containers/02-first-container';

const lab = `
hosts: [{ name: dev }, { name: prod }]
preview: { task: web, host: prod, port: 8080 }
tasks:
  - id: web
    expected: A container named web runs on prod.
    check: { container: { host: prod, name: web, state: running, port: "8080:80" } }
    solution: { host: prod, run: ["docker run -d --name web -p 8080:80 nginx"] }
`;

/** The lesson's page as it would be built with that lab, and with its first command meant for prod. */
async function sitePages(folder: string): Promise<void> {
  // Without what is compressed of it, which would be sent in place of what is changed here.
  await cp(built, folder, { recursive: true, filter: (file) => !/\.(br|gz)$/.test(file) });
  const file = path.join(folder, lessonPath, 'index.html');
  const text = await readFile(file, 'utf8');
  const attribute = (value: unknown) => JSON.stringify(value).replaceAll('"', '&quot;');
  const extras = { terminals: [], previews: [{ task: 'web', host: 'prod', port: '8080' }] };
  const command = { command: 'docker version' };
  const changed = text
    .replace(/data-extras="[^"]*"/, `data-extras="${attribute(extras)}"`)
    .replace(`data-props="${attribute(command)}"`, `data-props="${attribute({ ...command, host: 'prod' })}"`);
  assert.ok(changed.includes('&quot;host&quot;:&quot;prod&quot;}"') && changed.includes(attribute(extras)));
  await writeFile(file, changed);
}

let folder: string;
let drydock: Awaited<ReturnType<typeof drydockFor>>;
beforeAll(async () => {
  folder = await mkdtemp('/tmp/drydock-e2e-lessons-');
  await mkdir(path.join(folder, lesson), { recursive: true });
  await cp(path.join(lessonsFolder, lesson), path.join(folder, lesson), { recursive: true });
  await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);
  drydock = await drydockFor(folder, sitePages);
});
afterAll(async () => {
  await drydock?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('each thing of a lab with two hosts is of the host that it says', async () => {
  await using student = await newStudent(drydock.origin);
  const { page } = student;
  await page.goto(lessonPath);
  await seen(page, /student@dev/);
  const view = page.getByRole('region', { name: 'Engine view' });
  await view.getByRole('button', { name: 'dev', pressed: true }).waitFor();

  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('menuitem', { name: 'Terminal on prod' }).click();
  await seen(page, /student@prod/);
  const selected = (text: string) => page.locator('.tab[aria-selected="true"]', { hasText: text });
  await page.getByRole('tab', { name: 'dev', exact: true }).click();
  await selected('dev').waitFor();
  await page.getByRole('button', { name: 'Run: docker version' }).click();
  await selected('prod').waitFor();
  await page.locator('.command-state', { hasText: 'Ran' }).waitFor();

  // Typed, so that the focus is in the terminal when the preview covers it.
  await typeLine(page, 'touch on-prod; docker run -d --name web -p 8080:80 nginx');
  const tab = page.getByRole('tab', { name: 'Preview prod:8080', selected: true });
  await tab.waitFor();
  const isFocused = () => tab.evaluate((element) => element === element.ownerDocument.activeElement);
  await until('the preview’s tab has the focus', isFocused);
  const frame = page.frameLocator('iframe[title="The page on port 8080 of prod"]');
  await frame.getByRole('heading', { name: /nginx/ }).waitFor();
  await page.locator('[role="status"]', { hasText: 'The page on port 8080 has opened' }).waitFor({ state: 'attached' });

  await view.getByRole('button', { name: 'prod' }).click();
  await view.locator('.ev-container').getByRole('button', { name: 'web' }).click();
  await screenshot(page, 'two-hosts');
  // Its shell is at the prompt: docker run ends a moment after its container has started.
  await page.getByRole('tab', { name: 'prod', exact: true }).click();
  await seen(page, /[0-9a-f]{64}\s*student@prod/);
  await page.getByRole('tab', { name: 'dev', exact: true }).click();
  await view.getByRole('button', { name: 'Run: docker ps -a' }).click();
  await selected('prod').waitFor();
  await seen(page, /0\.0\.0\.0:8080->80\/tcp/);

  await page.getByRole('tab', { name: 'Editor' }).click();
  await page.getByRole('combobox', { name: 'Host' }).selectOption('prod');
  await page.getByRole('treeitem', { name: 'on-prod' }).waitFor();
});
