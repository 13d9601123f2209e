// The API of the hub's pages on a real engine: who gets what, and what an image's page says.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineClient } from '@drydock/runtime';
import { afterAll, beforeAll, test } from 'vitest';
import { type HubImagePage, type HubMe, type HubTagList, hubRoutes } from '../../../sandbox-server/protocol.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { type HubAccountSecret, type PushedImage, pushImage, smallImage } from '../push-image.ts';
import { type Answer, cookieOf, startTestServer, type TestServer } from '../server.ts';

const accounts = ['ada', 'col', 'eve'].map((who) => ({ name: `${who}-pages`, password: 'correct horse battery' }));
const [ada, col, eve] = accounts as [HubAccountSecret, HubAccountSecret, HubAccountSecret];
const team = 'team-pages';
const app = `${team}/app`;
let engine: RunningEngine;
let hub: EngineClient['hub'];
let server: TestServer;
let pushed: PushedImage;
let lab: { readonly cookie: string; readonly session: string; readonly account: HubAccountSecret };
let otherLab: typeof lab;

async function signIn({ name, password }: HubAccountSecret, cookie?: string): Promise<Answer> {
  return await server.ask('POST', hubRoutes.hubSignIn.path, {
    body: { name, password },
    ...(cookie === undefined ? {} : { cookie }),
  });
}

/** A student whose lab has a host, and so an account on the hub. */
async function openLab(): Promise<typeof lab> {
  const opened = await server.open();
  await (await server.enter(opened)).hears('session', ({ phase }) => phase === 'ready');
  const me = await get<HubMe>(opened.cookie, hubRoutes.hubMe.path);
  const [identity] = me.identities;
  assert.equal(identity?.kind, 'session');
  return { ...opened, account: await hub.session(identity.account) };
}

async function get<T>(cookie: string | undefined, address: string): Promise<T> {
  const answer = await server.ask('GET', address, cookie === undefined ? {} : { cookie });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}

beforeAll(async () => {
  engine = await sharedEngine();
  ({ hub } = engine.client);
  server = await startTestServer({ engineSocket: engine.socket });
  const shell = join(server.settings.siteDirectory, 'hub');
  await mkdir(shell);
  await writeFile(join(shell, 'index.html'), '<!doctype html><title>The hub</title>');
  for (const account of accounts) await hub.createAccount(account);
  await hub.createNamespace({ name: team, owner: ada.name, visibility: 'private' });
  await hub.setMember(team, col.name, 'read');
  pushed = await pushImage(server.url, ada, { repository: app, tag: '1', ...smallImage });
  await pushImage(server.url, ada, { repository: `${ada.name}/open`, tag: '1', ...smallImage });
  [lab, otherLab] = [await openLab(), await openLab()];
});

afterAll(async () => {
  for (const { name } of accounts) await hub?.removeAccount(name).catch(() => undefined);
  await server?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

test('F10 each route of the hub’s pages answers each identity as the matrix says', async () => {
  const { id: tokenId } = await hub.createToken(ada.name, { name: 'of ada', scope: 'read' });
  const webhook = { url: 'http://docker-host.lab:9000/', name: 'of ada', actions: ['push', 'delete'] } as const;
  const { id: webhookId } = await hub.createWebhook(team, webhook);
  const onApp = `?repository=${app}`;
  /** What is asked of each route: the query and the body. */
  const wishes: Readonly<Record<keyof typeof hubRoutes, readonly [string, unknown?]>> = {
    hubMe: [''],
    hubSignIn: ['', { name: ada.name, password: 'not this one' }],
    hubSignOut: [''],
    hubPassword: ['', { current: 'not this one', next: 'another horse' }],
    hubRepositories: [''],
    hubNamespace: [`?name=${team}`],
    hubMakeNamespace: ['', { name: `made-${Math.random().toString(36).slice(2, 10)}`, visibility: 'public' }],
    hubNamespaceVisibility: ['', { name: team, visibility: 'private' }],
    hubMember: ['', { namespace: team, account: col.name, access: 'read' }],
    hubRepository: [onApp],
    hubVisibility: ['', { repository: app, visibility: null }],
    hubTags: [onApp],
    hubImage: [`${onApp}&reference=1`],
    hubEvents: [`?namespace=${team}`],
    hubTokens: [`?account=${ada.name}`],
    hubMakeToken: ['', { account: ada.name, name: 'made', scope: 'read', days: 1 }],
    hubRevokeToken: [`?account=${ada.name}&id=${tokenId}`],
    hubContents: [`${onApp}&reference=1`],
    hubWebhooks: [`?namespace=${team}`],
    hubMakeWebhook: ['', { namespace: team, ...webhook }],
    hubDeliveries: [`?namespace=${team}&id=${webhookId}`],
    hubDeliver: ['', { namespace: team, webhook: webhookId, delivery: null }],
    hubRemoveWebhook: [`?namespace=${team}&id=${webhookId}`],
    hubDeleteTag: [`${onApp}&tag=1&digest=${pushed.digest}`],
    hubRemoveRepository: [onApp],
    labRepositories: [''],
  };
  const matrix: Readonly<Record<keyof typeof hubRoutes, readonly number[]>> = {
    //          nobody, lab student, other student, other account, colleague, owner
    hubMe: [200, 200, 200, 200, 200, 200],
    hubSignIn: [403, 403, 403, 403, 403, 403],
    hubPassword: [403, 403, 403, 403, 403, 403],
    hubRepositories: [200, 200, 200, 200, 200, 200],
    hubNamespace: [404, 404, 404, 404, 200, 200],
    // The first to ask gets the name.
    hubMakeNamespace: [403, 403, 403, 200, 412, 412],
    hubNamespaceVisibility: [403, 404, 404, 404, 403, 200],
    hubMember: [403, 404, 404, 404, 403, 200],
    hubRepository: [404, 404, 404, 404, 200, 200],
    hubVisibility: [403, 404, 404, 404, 403, 204],
    hubTags: [404, 404, 404, 404, 200, 200],
    hubImage: [404, 404, 404, 404, 200, 200],
    hubEvents: [403, 404, 404, 404, 403, 200],
    hubTokens: [403, 404, 404, 404, 404, 200],
    hubMakeToken: [403, 404, 404, 404, 404, 200],
    hubRevokeToken: [403, 404, 404, 404, 404, 204],
    hubContents: [404, 404, 404, 404, 200, 200],
    hubWebhooks: [403, 404, 404, 404, 403, 200],
    hubMakeWebhook: [403, 404, 404, 404, 403, 200],
    hubDeliveries: [403, 404, 404, 404, 403, 200],
    hubDeliver: [403, 404, 404, 404, 403, 204],
    hubRemoveWebhook: [403, 404, 404, 404, 403, 204],
    hubDeleteTag: [403, 404, 404, 404, 403, 204],
    hubRemoveRepository: [403, 404, 404, 404, 403, 204],
    labRepositories: [403, 200, 404, 403, 403, 403],
    hubSignOut: [204, 204, 204, 204, 204, 204],
  };
  const [asAda, asCol, asEve] = [cookieOf(await signIn(ada)), cookieOf(await signIn(col)), cookieOf(await signIn(eve))];
  const identities = [
    ['nobody', undefined],
    ['a lab student', lab.cookie],
    ['another student', otherLab.cookie],
    ['another account', asEve],
    ['a colleague', asCol],
    ['the owner', asAda],
  ] as const;
  for (const [name, statuses] of Object.entries(matrix)) {
    const { method, path } = hubRoutes[name as keyof typeof hubRoutes];
    const [query, body] = wishes[name as keyof typeof hubRoutes];
    for (const [place, [who, cookie]] of identities.entries()) {
      const answer = await server.ask(method, path.replace(':session', lab.session) + query, {
        ...(cookie !== undefined && { cookie }),
        ...(body !== undefined && { body }),
      });
      assert.equal(answer.status, statuses[place], `${method} ${path} by ${who}: ${answer.text}`);
    }
  }
  assert.deepEqual((await get<HubMe>(asAda, hubRoutes.hubMe.path)).identities, [], 'the cookie is of no use any more');
});

test('a lab’s own private repository is its student’s to see and to change, and nobody else’s', async () => {
  const repository = `${lab.account.name}/mine`;
  const { digest } = await pushImage(server.url, lab.account, { repository, tag: 'v1', ...smallImage });
  const visible = async (cookie: string | undefined): Promise<number> =>
    (await server.ask('GET', `${hubRoutes.hubRepository.path}?repository=${repository}`, cookie ? { cookie } : {}))
      .status;
  assert.deepEqual(
    [await visible(undefined), await visible(otherLab.cookie), await visible(lab.cookie)],
    [200, 200, 200],
  );
  const body = { repository, visibility: 'private' };
  assert.equal((await server.ask('PUT', hubRoutes.hubVisibility.path, { body, cookie: otherLab.cookie })).status, 403);
  assert.equal((await server.ask('PUT', hubRoutes.hubVisibility.path, { body, cookie: lab.cookie })).status, 204);
  assert.deepEqual(
    [await visible(undefined), await visible(otherLab.cookie), await visible(lab.cookie)],
    [404, 404, 200],
  );

  const beside = await get<{ repositories: { name: string; newest: { name: string; digest: string }[] }[] }>(
    lab.cookie,
    hubRoutes.labRepositories.path.replace(':session', lab.session),
  );
  assert.deepEqual(
    beside.repositories.map(({ name, newest }) => [name, newest.map((tag) => [tag.name, tag.digest])]),
    [[repository, [['v1', digest]]]],
  );

  const tag = `${hubRoutes.hubDeleteTag.path}?repository=${repository}&tag=v1&digest=`;
  const other = `sha256:${'0'.repeat(64)}`;
  assert.equal((await server.ask('DELETE', tag + other, { cookie: lab.cookie })).status, 412, 'it was moved meanwhile');
  assert.equal((await server.ask('DELETE', tag + digest, { cookie: lab.cookie })).status, 204);
  const left = await get<HubTagList>(lab.cookie, `${hubRoutes.hubTags.path}?repository=${repository}`);
  assert.deepEqual(left.tags, []);
});

test('an image’s page has each layer with its instruction, and the configuration; hostile words stay words', async () => {
  const repository = `${ada.name}/told`;
  const config = {
    ...smallImage.config,
    author: 'Eve\u202e <script>alert(1)</script>\n\u0007',
    config: {
      ...smallImage.config.config,
      Labels: { 'org.x': 'javascript:alert(1)', long: 'x'.repeat(5000) },
      Env: 'no list',
    },
  };
  const { digest, layers } = await pushImage(server.url, ada, {
    repository,
    tag: '1',
    layers: smallImage.layers,
    config,
  });
  await pushImage(server.url, ada, { repository, tag: 'latest', layers: smallImage.layers, config });
  const address = `${hubRoutes.hubImage.path}?repository=${repository}&reference=`;
  const page = await get<HubImagePage>(undefined, `${address}1`);
  assert.deepEqual(
    page.steps.map(({ createdBy, layer }) => [createdBy, layer?.digest ?? null]),
    [
      ['ADD file:1234 in /', layers[0]],
      ['ENV GREETING=hello', null],
      ['RUN apt-get install -y nothing', layers[1]],
    ],
  );
  assert.deepEqual(page.contents?.platforms, [{ os: 'linux', architecture: 'amd64', variant: '' }]);
  assert.deepEqual([page.tags, page.pushedBy, page.contents?.digest], [['latest'], ada.name, digest]);
  assert.deepEqual(
    [page.config?.command, page.config?.ports, page.config?.environment],
    [['serve', '--now'], ['80/tcp'], []],
  );
  assert.equal(page.config?.author, 'Eve? <script>alert(1)</script> ?');
  assert.deepEqual(page.config?.labels[0], ['org.x', 'javascript:alert(1)']);
  assert.equal(page.config?.labels[1]?.[1].length, 1000);
  assert.deepEqual((await get<HubImagePage>(undefined, address + digest)).tags.toSorted(), ['1', 'latest']);
});

test('an official image is there without anybody having pushed it', async () => {
  const found = await get<{ repositories: { name: string; isOfficial: boolean }[] }>(
    undefined,
    `${hubRoutes.hubRepositories.path}?text=BusyBox`,
  );
  assert.deepEqual(
    found.repositories.filter(({ isOfficial }) => isOfficial).map(({ name }) => name),
    ['library/busybox'],
  );
  const page = await get<HubImagePage>(
    undefined,
    `${hubRoutes.hubImage.path}?repository=library/busybox&reference=latest`,
  );
  assert.equal(page.isOfficial, true);
  assert.ok((page.contents?.bytes ?? 0) > 100_000);
  assert.ok(page.steps.some(({ layer }) => layer !== null));
  assert.equal(
    (
      await server.ask(
        'DELETE',
        `${hubRoutes.hubDeleteTag.path}?repository=library/busybox&tag=latest&digest=${page.contents?.digest}`,
        { cookie: lab.cookie },
      )
    ).status,
    403,
  );
});

test('signing in takes the password and no access token; a changed password signs every other browser out', async () => {
  const { secret } = await hub.createToken(eve.name, { name: 'ci', scope: 'delete' });
  assert.equal((await signIn({ ...eve, password: secret })).status, 403);
  const [one, other] = [await signIn(eve), await signIn(eve)];
  const [first = ''] = one.headers['set-cookie'] ?? [];
  assert.match(first, /^drydock-hub=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
  const namesOf = async (cookie: string): Promise<string[]> =>
    (await get<HubMe>(cookie, hubRoutes.hubMe.path)).identities.map(({ account }) => account);
  assert.deepEqual([await namesOf(cookieOf(one)), await namesOf(cookieOf(other))], [[eve.name], [eve.name]]);
  const changed = await server.ask('PUT', hubRoutes.hubPassword.path, {
    body: { current: eve.password, next: 'a new horse entirely' },
    cookie: cookieOf(one),
  });
  assert.equal(changed.status, 204, changed.text);
  assert.deepEqual(
    [await namesOf(cookieOf(changed)), await namesOf(cookieOf(one)), await namesOf(cookieOf(other))],
    [[eve.name], [], []],
  );
});

test('what changes the hub is taken from our own pages alone', async () => {
  const cookie = cookieOf(await signIn(ada));
  const body = { name: ada.name, visibility: 'private' };
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    assert.equal(
      (await server.ask('PUT', hubRoutes.hubNamespaceVisibility.path, { body, cookie, headers })).status,
      403,
    );
});

test('an address of the hub is a page where there is something to see, and else not found', async () => {
  const statusOf = async (address: string, cookie?: string): Promise<number> =>
    (await server.ask('GET', address, cookie === undefined ? {} : { cookie })).status;
  const repository = `${ada.name}/shown`;
  const { digest } = await pushImage(server.url, ada, { repository, tag: '1', ...smallImage });
  const pages = ['/hub/', '/hub/-/sign-in', '/hub/library', '/hub/library/busybox:latest', `/hub/${ada.name}`];
  for (const page of [...pages, `/hub/${repository}`, `/hub/${repository}:1`, `/hub/${repository}@${digest}`])
    assert.equal(await statusOf(page), 200, page);
  for (const page of [
    '/hub/-/nothing',
    '/hub/nobody-here',
    `/hub/${repository}:2`,
    '/hub/Ada',
    `/hub/${repository}/`,
    '/hub/a%20b',
  ])
    assert.equal(await statusOf(page), 404, page);
  assert.equal((await server.ask('GET', '/hub')).headers.location, '/hub/');
  const heads = [`/hub/${repository}:1`, `/hub/${repository}:2`].map((page) => server.ask('HEAD', page));
  assert.deepEqual(
    (await Promise.all(heads)).map(({ status, text }) => [status, text]),
    [
      [200, ''],
      [404, ''],
    ],
  );
  const hidden = `${lab.account.name}/hidden`;
  await pushImage(server.url, lab.account, { repository: hidden, tag: '1', ...smallImage });
  await hub.setVisibility(hidden, 'private');
  assert.deepEqual([await statusOf(`/hub/${hidden}:1`), await statusOf(`/hub/${hidden}:1`, lab.cookie)], [404, 200]);
});
