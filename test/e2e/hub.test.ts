// The hub's pages in real browsers: one student pushes, another pulls what is public and is refused what is private; an account signs
// in, has tokens and colleagues; an image's page; and how all of it looks and is used.

import assert from 'node:assert/strict';
import { connectEngine, type EngineClient } from '@drydock/runtime';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { pushImage, smallImage } from '../sandbox-server/push-image.ts';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { newStudent, prompt, screenshot, seen, typeMarked } from './browser.ts';

const ada = { name: 'ada-e2e', password: 'correct horse battery' };
const eve = { name: 'eve-e2e', password: 'another horse entirely' };
let drydock: RunningDrydock;
let hub: EngineClient['hub'];

beforeAll(async () => {
  drydock = await sharedDrydock();
  ({ hub } = connectEngine(drydock.engineSocket));
  for (const account of [ada, eve]) await hub.createAccount(account);
});
afterAll(async () => {
  for (const { name } of [ada, eve]) await hub?.removeAccount(name).catch(() => undefined);
  await drydock?.[Symbol.asyncDispose]();
});

/** What sticks out of the window to the right, as far as the page can be scrolled there. */
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 120))`;

/** Types a command and waits until it is over; what it printed is on the screen then. */
async function typed(page: Page, line: string): Promise<void> {
  await seen(page, await typeMarked(page, line));
}

async function signIn(page: Page, { name, password }: typeof ada): Promise<void> {
  await page.goto('/hub/-/sign-in');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(`Signed in as ${name}`).waitFor();
}

test('a student pushes in one browser; another pulls what is public and is refused what is private', async () => {
  await using first = await newStudent(drydock.url);
  await using second = await newStudent(drydock.url);
  for (const { page } of [first, second]) await page.goto('/playground/');
  for (const { page } of [first, second]) await prompt(page);
  await typed(first.page, 'docker pull -q busybox');
  for (const name of ['open', 'secret']) {
    await typed(first.page, `docker tag busybox hub.drydock/$HUB_NAMESPACE/${name}:1`);
    await typed(first.page, `docker push -q hub.drydock/$HUB_NAMESPACE/${name}:1`);
  }

  // Beside the terminal stands what the lab has there.
  await first.page.getByRole('tab', { name: 'Hub' }).click();
  for (const name of ['open', 'secret'])
    await first.page
      .locator('.hub-place')
      .getByRole('link', { name: `/${name}` })
      .waitFor();
  await screenshot(first.page, 'hub-lab');

  // The one who pushed finds both, and hides one.
  const owner = await first.context.newPage();
  await owner.goto('/hub/');
  await owner.getByRole('link', { name: '/secret' }).first().click();
  await owner.getByRole('heading', { level: 1, name: '/secret' }).waitFor();
  const namespace = /\/hub\/(student-[a-z0-9]+)\/secret$/.exec(owner.url())?.[1] ?? '';
  assert.notEqual(namespace, '');
  await owner.getByRole('radio', { name: 'Private' }).check();
  await owner.getByText('Its owner and their colleagues may pull it').waitFor();

  // The other one pulls, and is refused.
  await typed(second.page, `docker pull hub.drydock/${namespace}/open:1`);
  await seen(second.page, new RegExp(`Status: Downloaded newer image for hub.drydock/${namespace}/open:1`));
  await typed(second.page, `docker pull hub.drydock/${namespace}/secret:1`);
  await seen(second.page, new RegExp(`pull access denied for hub.drydock/${namespace}/secret`));
  const visitor = await second.context.newPage();
  await visitor.goto(`/hub/${namespace}`);
  await visitor.getByRole('link', { name: '/open' }).waitFor();
  assert.equal(await visitor.getByRole('link', { name: '/secret' }).count(), 0);
  const refused = await visitor.goto(`/hub/${namespace}/secret:1`);
  assert.equal(refused?.status(), 404);
  await visitor.getByRole('heading', { name: 'Nothing here that you can see' }).waitFor();
  await visitor.goto(`/hub/${namespace}/open`);
  await visitor.getByRole('link', { name: '1', exact: true }).waitFor();
  assert.equal(await visitor.getByRole('button', { name: /Delete/ }).count(), 0);

  // The owner sees who pulled, and deletes the tag.
  await owner.goto(`/hub/${namespace}`);
  await owner.getByRole('listitem').filter({ hasText: 'pulled open:1' }).first().waitFor();
  await owner.getByLabel('A new webhook’s address').fill('https://elsewhere.example/');
  await owner.getByRole('button', { name: 'Make', exact: true }).click();
  await owner.getByRole('alert').filter({ hasText: 'Webhooks go to the lab’s own hosts alone here' }).waitFor();
  await owner.getByLabel('A new webhook’s address').fill('http://docker-host.lab:9/');
  await owner.getByRole('button', { name: 'Make', exact: true }).click();
  await owner.getByRole('button', { name: 'Send a test' }).click();
  await owner
    .locator('.hub-events')
    .getByText(/not delivered yet|given up/)
    .first()
    .waitFor();
  await screenshot(owner, 'hub-webhook');
  await owner.getByRole('button', { name: 'Remove…' }).click();
  await owner.getByRole('button', { name: 'Remove the webhook' }).click();
  await owner.getByRole('button', { name: 'Send a test' }).waitFor({ state: 'detached' });
  await owner.goto(`/hub/${namespace}/open`);
  await owner.getByText('1 pull in the last 30 days').waitFor();
  await owner.getByRole('button', { name: 'Delete the tag 1…' }).click();
  await owner.getByRole('button', { name: 'Keep it' }).click();
  await owner.getByRole('button', { name: 'Delete the tag 1…' }).click();
  await owner.getByRole('button', { name: 'Delete the tag', exact: true }).click();
  await owner.getByText('It has no tags').waitFor();
  await typed(second.page, `docker pull hub.drydock/${namespace}/open:1`);
  await seen(second.page, /manifest unknown|not found/);
  assert.deepEqual([...first.complaints, ...second.complaints], []);
});

test('an account signs in, makes a token that is shown once, uses and revokes it, and lets a colleague in', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/hub/-/sign-in');
  await page.getByLabel('Name').fill(ada.name);
  await page.getByLabel('Password').fill('not this one');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Incorrect username or password.' }).waitFor();
  await signIn(page, ada);
  assert.equal(await page.evaluate('document.cookie'), '', 'no script can read the cookie');

  await page.goto('/hub/-/account');
  await page.getByLabel('A new token for').fill('my laptop');
  await page.getByLabel('It may').selectOption('read-write');
  await page.getByRole('button', { name: 'Make', exact: true }).first().click();
  const secret = (await page.locator('.hub-secret-text code').textContent()) ?? '';
  assert.match(secret, /^ddpat_/);
  await pushImage(
    drydock.url,
    { name: ada.name, password: secret },
    {
      repository: `${ada.name}/app`,
      tag: '1',
      ...smallImage,
    },
  );
  await page.reload();
  await page.getByRole('row').filter({ hasText: 'my laptop' }).waitFor();
  assert.equal((await page.content()).includes(secret), false, 'it is told once');
  await page.getByRole('button', { name: 'Revoke my laptop…' }).click();
  await page.getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByText('None yet.').waitFor();
  await assert.rejects(
    pushImage(
      drydock.url,
      { name: ada.name, password: secret },
      { repository: `${ada.name}/app`, tag: '2', ...smallImage },
    ),
  );

  await page.goto(`/hub/${ada.name}`);
  await page.getByLabel('A colleague’s account').fill('nobody-such');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('alert').filter({ hasText: 'The hub has no account nobody-such.' }).waitFor();
  await page.getByLabel('A colleague’s account').fill(eve.name);
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByLabel(`What ${eve.name} may`).waitFor();
  await page.getByRole('checkbox', { name: 'Repositories are private' }).check();
  await page.getByText('Repositories here are private now').waitFor();
  assert.deepEqual((await hub.namespace(ada.name)).members, [{ account: eve.name, access: 'read' }]);

  await using other = await newStudent(drydock.url);
  await signIn(other.page, eve);
  await other.page.goto(`/hub/${ada.name}/app:1`);
  await other.page.getByRole('heading', { name: 'Layers' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  assert.equal((await page.goto(`/hub/${ada.name}/app:1`))?.status(), 404);
  assert.deepEqual([...complaints, ...other.complaints], []);
});

test('what an image says of itself stays words: no markup, no address, no script', async () => {
  const repository = `${eve.name}/hostile`;
  const markup = '<img src=x onerror="document.title=`gone`"><script>document.title=`gone`</script>';
  await pushImage(drydock.url, eve, {
    ...{ repository, tag: 'v1', layers: ['a layer'] },
    config: {
      ...{ os: markup, architecture: 'javascript:alert(1)', author: markup, created: 'yesterday' },
      config: { Labels: { [markup]: 'https://evil.example/' }, Env: [markup], Cmd: [markup], User: '../../etc' },
      history: [{ created_by: `RUN ${markup} \u202e turned` }],
    },
  });
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(`/hub/${repository}:v1`);
  await page.getByRole('heading', { name: 'Configuration' }).waitFor();
  assert.equal(await page.locator('#hub :is(img, script, iframe)').count(), 0);
  assert.deepEqual(
    (await page.locator('#hub a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))).filter(
      (address) => !address.startsWith('/hub/'),
    ),
    [],
  );
  const step = (await page.locator('.hub-step code').first().textContent()) ?? '';
  assert.ok(step.includes('<script>') && step.includes('? turned'), step);
  assert.match(await page.title(), /hostile:v1/);
  assert.deepEqual(complaints, []);
});

test('the pages are used by keyboard and on a phone, in both themes, and read by a screen reader', async () => {
  const repository = `${eve.name}/web`;
  for (const tag of ['1.0', '1.1', 'latest']) await pushImage(drydock.url, eve, { repository, tag, ...smallImage });
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  await signIn(page, eve);
  const pages = {
    search: ['/hub/', 'Official images'],
    namespace: [`/hub/${eve.name}`, 'What was done here'],
    repository: [`/hub/${repository}`, 'Who sees it'],
    image: [`/hub/${repository}:latest`, 'Configuration'],
    official: ['/hub/library/redis', 'Tags'],
    contents: ['/hub/library/redis:latest', 'Packages'],
    account: ['/hub/-/account', 'Password'],
    missing: ['/hub/nobody-here/nothing', 'Nothing here that you can see'],
  } as const;
  for (const [name, [address, heading]] of Object.entries(pages)) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(address);
    const isThere = (): Promise<void> => page.getByRole('heading', { name: heading }).first().waitFor();
    await isThere();
    await page.getByText('Asking the hub').first().waitFor({ state: 'detached' });
    const faults = await accessibilityFaults(page, async (theme) => {
      for (const [width, height] of [
        [1440, 900],
        [1366, 768],
        [390, 844],
        [320, 640],
      ] as const) {
        await page.setViewportSize({ width, height });
        assert.deepEqual(await page.evaluate(tooWide), [], `${address} at ${width}`);
        if (width > 320) await screenshot(page, `hub-${name}-${theme}-${width}`);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    });
    assert.deepEqual(faults, [], address);
  }

  // From the search to an image without a mouse.
  await page.goto('/hub/');
  await page.getByLabel('Search repositories').fill(`${eve.name.slice(0, 4)}`);
  const row = page.getByRole('link', { name: `${repository.split('/')[1]}` }).first();
  await row.waitFor();
  await row.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: repository }).waitFor();
  await page.getByRole('button', { name: 'Copy: docker pull' }).press('Enter');
  const pull = `docker pull hub.drydock/${repository}`;
  await until('it is copied', async () => (await page.evaluate('navigator.clipboard.readText()')) === pull);
  await page.getByRole('button', { name: 'Delete the tag 1.0…' }).press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await screenshot(page, 'hub-focus');
  assert.deepEqual(complaints, []);
  await context.clearCookies();
});

test('while nothing answers a page says so, and goes on by itself when something does', async () => {
  await using student = await newStudent(drydock.url, { theme: 'dark' });
  const { page, context } = student;
  await page.goto('/hub/');
  await page.getByRole('link', { name: 'library/busybox' }).waitFor();
  await context.setOffline(true);
  await page.getByLabel('Search repositories').fill('redis');
  await page.getByRole('alert').filter({ hasText: 'The server does not answer.' }).waitFor();
  await screenshot(page, 'hub-failed');
  await context.setOffline(false);
  await page.getByRole('link', { name: 'library/redis' }).waitFor();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await page.getByLabel('Search repositories').fill('no-such-name');
  await page.getByText('No repository that you may see has no-such-name in its name.').waitFor();
  await screenshot(page, 'hub-none');
});
