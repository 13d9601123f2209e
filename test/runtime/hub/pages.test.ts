// What the hub's pages are told by the engine: indexes, referrers, hostile documents, searches and their pages, pulls by the day.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { hubPagesRoutes } from '../../../runtime/api/hub-pages.ts';
import { type HubAsker, type HubPages, hubPages } from '../../../runtime/client-hub-pages.ts';
import { stampOf } from '../../../runtime/hub/pages/asker.ts';
import { PageShelf } from '../../../runtime/hub/pages/shelf.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import { sha256 } from '../../support/own-registry.ts';
import { descriptorOf, mediaTypes, pushBlob, pushManifest } from '../registry/contents.ts';
import { type HubRoutes, serveRoutes } from '../registry/hub-routes.ts';

const password = 'correct horse';
const nobody: HubAsker = { login: null, hosts: [] };
let hub: OwnHub;
let pages: HubPages;
let served: HubRoutes;
let ada: HubAsker;

beforeAll(async () => {
  hub = await OwnHub.open();
  for (const name of ['ada', 'eve']) await createAccount(hub.accounts, { name, password });
  ada = { login: { account: 'ada', stamp: stampOf(hub.accounts.accounts.need('ada')) }, hosts: [] };
  const none = {
    nameOf: () => null,
    repositories: () => [],
    tags: () => [],
    summary: () => '',
    bytes: () => 0,
    look: () => null,
  };
  const shelf = new PageShelf(hub.accounts, none);
  served = await serveRoutes(
    hub,
    hubPagesRoutes(() => ({ shelf, labAccountOf: () => null })),
  );
  pages = hubPages(served.call);
});

afterAll(async () => {
  served?.[Symbol.dispose]();
  await hub?.[Symbol.asyncDispose]();
});

/** Asks the registry as one who may push to the repository. */
async function asOwner(who: string, repository: string): Promise<Parameters<typeof pushBlob>[0]> {
  const token = await hub.tokenHeader([`repository:${repository}:pull,push,delete`], basic(who, password));
  return { ask: (line, options = {}) => hub.ask(line, { ...options, headers: { ...token, ...options.headers } }) };
}

const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** The digest of an image of one layer. */
async function pushImage(
  served: Parameters<typeof pushBlob>[0],
  repository: string,
  reference: string,
  { config = '{}', layer = 'a layer', more = {} }: { config?: string; layer?: string; more?: object } = {},
): Promise<{ digest: string; text: string }> {
  for (const content of [config, layer]) await pushBlob(served, repository, content);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config, configType),
    layers: [descriptorOf(layer, layerType)],
    ...more,
  });
  return { digest: await pushManifest(served, repository, reference === '' ? sha256(text) : reference, text), text };
}

test('an index tells its platforms, the images of it that are there, and what they hold together', async () => {
  const repository = 'ada/many';
  const served = await asOwner('ada', repository);
  const [amd, arm] = [
    await pushImage(served, repository, '', { layer: 'for amd', config: '{"os":"linux"}' }),
    await pushImage(served, repository, '', { layer: 'for arm', config: '{"os":"linux"}' }),
  ];
  const away = sha256('not here');
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [
      { ...descriptorOf(amd.text, mediaTypes.ociManifest), platform: { os: 'linux', architecture: 'amd64' } },
      {
        ...descriptorOf(arm.text, mediaTypes.ociManifest),
        platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      },
      { mediaType: mediaTypes.ociManifest, digest: away, size: 5, platform: { os: 'plan9', architecture: 'mips' } },
      {
        ...descriptorOf(amd.text, mediaTypes.ociManifest),
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        platform: { os: 'unknown', architecture: 'unknown' },
      },
    ],
  });
  await pushManifest(served, repository, 'latest', index, mediaTypes.ociIndex);
  const page = await pages.imagePage(nobody, repository, 'latest');
  // The configuration is the same of both, and counts once.
  const config = '{"os":"linux"}'.length;
  assert.deepEqual(
    [page.contents?.kind, page.contents?.bytes],
    ['index', config + 'for amd'.length + 'for arm'.length],
  );
  assert.deepEqual(
    page.contents?.platforms.map(({ os, architecture, variant }) => `${os}/${architecture}/${variant}`),
    ['linux/amd64/', 'linux/arm64/v8', 'plan9/mips/'],
  );
  assert.deepEqual(
    page.children.map(({ digest, isThere, bytes, isAttestation }) => [digest, isThere, bytes, isAttestation]),
    [
      [amd.digest, true, config + 'for amd'.length, false],
      [arm.digest, true, config + 'for arm'.length, false],
      [away, false, null, false],
      [amd.digest, true, config + 'for amd'.length, true],
    ],
  );
});

test('what refers to an image is told with its annotations, as one line each', async () => {
  const repository = 'ada/signed';
  const served = await asOwner('ada', repository);
  const image = await pushImage(served, repository, '1');
  const signature = await pushImage(served, repository, '', {
    config: '{}',
    layer: 'a signature',
    more: {
      artifactType: 'application/vnd.example.signature',
      subject: descriptorOf(image.text, mediaTypes.ociManifest),
      annotations: { 'org.example.by': 'ada\n\u202eand\u0000 others' },
    },
  });
  const { referrers } = await pages.imagePage(nobody, repository, '1');
  assert.deepEqual(
    referrers.map(({ digest, artifactType, annotations }) => [digest, artifactType, annotations]),
    [[signature.digest, 'application/vnd.example.signature', [['org.example.by', 'ada ?and? others']]]],
  );
});

test('documents that are none are shown as far as they go', async () => {
  const repository = 'ada/odd';
  const served = await asOwner('ada', repository);
  const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
  const large = JSON.stringify({
    os: 'linux',
    history: Array.from({ length: 6000 }, () => ({ created_by: 'RUN true' })),
  });
  for (const [tag, config] of Object.entries({ broken: '{"os": ', deep, large, list: '[]', empty: '{}' })) {
    await pushImage(served, repository, tag, { config });
    const page = await pages.imagePage(nobody, repository, tag);
    assert.deepEqual(
      page.steps.map(({ createdBy, layer }) => [createdBy, layer?.digest]),
      [['', sha256('a layer')]],
      tag,
    );
    assert.equal(page.config === null, tag !== 'empty', tag);
  }
  const lying = JSON.stringify({
    history: [{ created_by: 'RUN one' }, { created_by: 'RUN two' }],
    config: 'none',
    rootfs: 7,
  });
  await pushImage(served, repository, 'lying', { config: lying });
  assert.equal(
    (await pages.imagePage(nobody, repository, 'lying')).steps.length,
    1,
    'it has one layer, whatever it says',
  );
  assert.deepEqual(await pages.imagePage(nobody, repository, 'missing').catch(({ kind }) => kind), 'notFound');
  for (const reference of ['../1', 'sha256:zz', '1/2', ''])
    assert.deepEqual(await pages.imagePage(nobody, repository, reference).catch(({ kind }) => kind), 'notFound');
});

test('B04 a page tells nothing of a blob that another repository has', async () => {
  const secret = 'x'.repeat(4321);
  await pushBlob(await asOwner('eve', 'eve/secret'), 'eve/secret', secret);
  const repository = 'ada/foreign';
  const foreign = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: sha256(secret),
    size: 1,
    urls: ['https://elsewhere.example/'],
  };
  const served = await asOwner('ada', repository);
  await pushBlob(served, repository, '{}');
  const image = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf('{}', configType),
    layers: [foreign],
  });
  const digest = await pushManifest(served, repository, '1', image);
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [descriptorOf(image, mediaTypes.ociManifest)],
  };
  await pushManifest(served, repository, 'index', JSON.stringify(index), mediaTypes.ociIndex);
  const page = await pages.imagePage(ada, repository, 'index');
  assert.deepEqual([page.contents?.bytes, page.children[0]?.digest, page.children[0]?.bytes], [2, digest, 2]);
});

test('a search goes through all that may be seen, once each, and through nothing else', async () => {
  const names = Array.from({ length: 75 }, (_, n) => `eve/found-${String(n).padStart(2, '0')}`);
  const served = await asOwner('eve', names[0] ?? '');
  await pushImage(served, names[0] ?? '', '1');
  await hub.accounts.change(() => {
    for (const [n, name] of names.entries()) hub.accounts.setVisibility(name, n % 3 === 1 ? 'private' : 'public');
  });
  const eve: HubAsker = { login: { account: 'eve', stamp: stampOf(hub.accounts.accounts.need('eve')) }, hosts: [] };
  const search = async (asker: HubAsker, namespace: string | null): Promise<string[]> => {
    const found: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const list = await pages.list(asker, { text: 'found-', namespace, after });
      assert.ok(list.repositories.length <= 30);
      found.push(...list.repositories.map(({ name }) => name));
      after = list.next;
    }
    return found;
  };
  const open = names.filter((_, n) => n % 3 !== 1);
  assert.deepEqual(await search(nobody, null), open);
  assert.deepEqual(await search(ada, 'eve'), open);
  assert.deepEqual(await search(eve, null), names);
  assert.deepEqual(await search(nobody, 'ada'), []);
});

test('tags come by the page, those that moved last first', async () => {
  const repository = 'ada/tagged';
  const served = await asOwner('ada', repository);
  const { text } = await pushImage(served, repository, 't00');
  for (let n = 1; n < 30; n++) await pushManifest(served, repository, `t${String(n).padStart(2, '0')}`, text);
  await hub.accounts.change(() => {
    hub.registry.database.run(
      'UPDATE tag SET moved = CAST(substr(name, 2) AS INTEGER) WHERE repository = (SELECT id FROM repository WHERE name = ?)',
      repository,
    );
  });
  const first = await pages.tagPage(nobody, repository, 0);
  const second = await pages.tagPage(nobody, repository, first.next ?? -1);
  const all = [...first.tags, ...second.tags].map(({ name }) => name);
  assert.deepEqual([first.tags.length, first.next, second.next], [25, 25, null]);
  assert.deepEqual(
    all,
    Array.from({ length: 30 }, (_, n) => `t${String(29 - n).padStart(2, '0')}`),
  );
  assert.deepEqual([first.tags[0]?.movedBy, first.tags[0]?.contents?.bytes], ['ada', '{}'.length + 'a layer'.length]);
});

test('pulls are counted by the day and forgotten with their repository; what was done is told to the owner alone', async () => {
  const repository = 'ada/pulled';
  const served = await asOwner('ada', repository);
  await pushImage(served, repository, '1');
  for (let n = 0; n < 3; n++) assert.equal((await served.ask(`GET /v2/${repository}/manifests/1`)).status, 200);
  const page = await pages.repositoryPage(ada, repository);
  assert.deepEqual([page.pullsByDay.length, page.pulls], [30, 3]);
  const events = await pages.events(ada, 'ada', null);
  const own = events.filter((event) => event.repository === repository);
  assert.deepEqual(
    own.map(({ action, who, tag }) => [action, who, tag]),
    [
      ['pull', 'ada', '1'],
      ['pull', 'ada', '1'],
      ['pull', 'ada', '1'],
      ['push', 'ada', '1'],
    ],
  );
  const [, second] = own;
  const earlier = await pages.events(ada, 'ada', second?.id ?? 0);
  assert.ok(earlier.every(({ id }) => id < (second?.id ?? 0)) && earlier.length > 0);
  assert.deepEqual(await pages.events(nobody, 'ada', null).catch(({ kind }) => kind), 'notFound');
  await hub.accounts.change(() => hub.registry.removeRepository(repository, 'ada'));
  await pushImage(served, repository, '1');
  assert.equal((await pages.repositoryPage(ada, repository)).pulls, 0);
});

test('whoever signed in with a password that was changed is nobody', async () => {
  const stale: HubAsker = { login: { account: 'ada', stamp: '1.99' }, hosts: ['no-such-host'] };
  assert.deepEqual((await pages.me(stale)).identities, []);
  assert.deepEqual((await pages.me(ada)).identities, [{ account: 'ada', kind: 'account' }]);
});
