// buildah as a client of the hub: it builds upon an image from there, pushes what it has built, and lists of images for two architectures.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { OwnHub } from '../../support/own-hub.ts';
import { runUnpacked, unpacked } from '../../support/unpacked.ts';
import { mediaTypes } from './contents.ts';

const buildah = unpacked('buildah');
let hub: OwnHub;
let folder: string;

beforeAll(async () => {
  hub = await OwnHub.open();
  for (const name of ['ada', 'bob']) await createAccount(hub.accounts, { name, password: `password of ${name}` });
  folder = path.join(os.tmpdir(), `drydock-buildah-${randomUUID()}`);
  fs.mkdirSync(folder);
  fs.writeFileSync(`${folder}/policy.json`, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  fs.writeFileSync(`${folder}/auth.json`, '{}');
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** With a store of its own; its last line. */
async function run(...args: string[]): Promise<string> {
  assert.ok(buildah);
  const place = [`--root=${folder}/root`, `--runroot=${folder}/run`, '--storage-driver=vfs'];
  const said = await runUnpacked(buildah, [...place, ...args], { env: { TMPDIR: folder, HOME: folder } });
  return said.trim().split('\n').at(-1) ?? '';
}
const plain = '--tls-verify=false';
const auth = (): string => `--authfile=${folder}/auth.json`;
const policy = (): string => `--signature-policy=${folder}/policy.json`;
const at = (name: string): string => `${hub.domain}/${name}`;
const push = (image: string, name: string, ...more: string[]): Promise<string> =>
  run('push', plain, auth(), policy(), ...more, image, `docker://${at(name)}`);
const login = (password: string): Promise<string> =>
  run('login', plain, auth(), '--username', 'ada', '--password', password, hub.domain);

/** An image with one file upon `base`, in buildah's own store. */
async function build(base: string, file: string, tag: string, ...config: string[]): Promise<void> {
  fs.writeFileSync(`${folder}/${file}`, `content of ${file}`);
  const container = await run('from', plain, auth(), policy(), base);
  await run('copy', container, `${folder}/${file}`, `/${file}`);
  await run('config', '--cmd', `/${file}`, ...config, container);
  await run('commit', policy(), '--rm', container, tag);
}

test.skipIf(!buildah)('buildah logs in, and pushes what it has built from nothing, in either form', async () => {
  await build('scratch', 'base', 'base:1');
  await assert.rejects(push('base:1', 'ada/base:1'), /denied|unauthorized|authentication required/);
  await assert.rejects(login('wrong'), /incorrect username or password|invalid username\/password/);
  assert.match(await login('password of ada'), /Login Succeeded/);
  await push('base:1', 'ada/base:1');
  await push('base:1', 'ada/base:docker', '--format=v2s2');
  const { manifests } = hub.registry;
  assert.equal(manifests.need('ada/base', '1').mediaType, mediaTypes.ociManifest);
  assert.equal(manifests.need('ada/base', 'docker').mediaType, mediaTypes.dockerManifest);
});

test.skipIf(!buildah)('what is built upon an image from the hub shares its layers there', async () => {
  await run('rmi', 'base:1');
  await build(at('ada/base:1'), 'more', 'more:1');
  await push('more:1', 'ada/more:1');
  const how = hub.registry.audit.list({ repository: 'ada/more', most: 100 }).map(({ action }) => action);
  assert.ok(how.includes('mount-blob'), String(how));
  await run('rmi', '--all', '--force');
  const container = await run('from', plain, auth(), policy(), at('ada/more:1'));
  const files = await run('mount', container);
  for (const file of ['base', 'more']) assert.equal(fs.readFileSync(`${files}/${file}`, 'utf8'), `content of ${file}`);
  await run('rm', container);
});

test.skipIf(!buildah)(
  'a list for two architectures is pushed with its images, and each is pulled by its own',
  async () => {
    await run('manifest', 'create', 'both:1');
    for (const arch of ['amd64', 'arm64']) {
      await build('scratch', arch, `one:${arch}`, '--arch', arch);
      await run('manifest', 'add', `--arch=${arch}`, 'both:1', `one:${arch}`);
    }
    await run('manifest', 'push', '--all', plain, auth(), policy(), 'both:1', `docker://${at('ada/both:1')}`);
    const list = hub.registry.manifests.need('ada/both', '1');
    assert.ok(
      [mediaTypes.ociIndex, mediaTypes.dockerIndex].some((type) => type === list.mediaType),
      list.mediaType,
    );
    await run('rmi', '--all', '--force');
    for (const arch of ['amd64', 'arm64']) {
      const container = await run('from', plain, auth(), policy(), `--arch=${arch}`, '--pull-always', at('ada/both:1'));
      assert.deepEqual(fs.readdirSync(await run('mount', container)), [arch]);
      await run('rm', container);
    }
  },
);

test.skipIf(!buildah)('buildah may not push to another’s, and not at all once it is logged out', async () => {
  await build('scratch', 'base', 'base:2');
  await assert.rejects(push('base:2', 'bob/base:2'), /denied/);
  await run('logout', auth(), hub.domain);
  await assert.rejects(push('base:2', 'ada/base:2'), /denied|unauthorized|authentication required/);
});
