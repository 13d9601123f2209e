// oras as a client of the hub: it logs in with an access token, pushes artifacts, attaches others to them, finds, copies and deletes them.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { OwnHub } from '../../support/own-hub.ts';
import { sha256 } from '../../support/own-registry.ts';
import { runUnpacked, unpacked } from '../../support/unpacked.ts';
import { mediaTypes } from './contents.ts';

const oras = unpacked('oras');
let hub: OwnHub;
let folder: string;
/** Of `ada/tool:1`. */
let tool: string;

beforeAll(async () => {
  hub = await OwnHub.open();
  for (const name of ['ada', 'bob']) await createAccount(hub.accounts, { name, password: `password of ${name}` });
  const { namespaces, accounts } = hub.accounts;
  await hub.accounts.change(() => namespaces.add('closed', accounts.need('ada'), 'private'));
  folder = path.join(os.tmpdir(), `drydock-oras-${randomUUID()}`);
  fs.mkdirSync(folder);
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** With a configuration of `who`'s own. */
async function run(who: 'ada' | 'bob', args: readonly string[], input = ''): Promise<string> {
  assert.ok(oras);
  return await runUnpacked(oras, args, { cwd: folder, input, env: { DOCKER_CONFIG: `${folder}/config-${who}` } });
}
const at = (name: string): string => `${hub.domain}/${name}`;
const plain = '--plain-http';

interface Referrers {
  readonly manifests: readonly { readonly digest: string; readonly artifactType: string }[];
}
const referrersOf = async (name: string, ...more: string[]): Promise<Referrers['manifests']> =>
  (JSON.parse(await run('ada', ['discover', plain, '--format', 'json', ...more, at(name)])) as Referrers).manifests;

test.skipIf(!oras)('oras logs in with an access token, and not with a wrong one', async () => {
  const { accounts, tokens } = hub.accounts;
  const login = (who: 'ada' | 'bob', secret: string): Promise<string> =>
    run(who, ['login', plain, '--username', who, '--password-stdin', hub.domain], secret);
  await assert.rejects(login('ada', 'wrong'), /incorrect username or password|unauthorized/);
  const { secret } = tokens.add(accounts.need('ada'), { name: 'oras', scope: 'delete', expires: null });
  assert.match(await login('ada', secret), /Login Succeeded/);
  assert.match(await login('bob', 'password of bob'), /Login Succeeded/);
});

test.skipIf(!oras)('an artifact of two files is pushed and comes back, byte for byte', async () => {
  const contents = { 'a.bin': randomBytes(3_000_000), 'b.txt': Buffer.from('hello') };
  for (const [name, content] of Object.entries(contents)) fs.writeFileSync(`${folder}/${name}`, content);
  const said = await run('ada', [
    ...['push', plain, '--artifact-type', 'application/vnd.example.tool', at('ada/tool:1,latest')],
    ...['a.bin:application/octet-stream', 'b.txt:text/plain'],
  ]);
  tool = /Digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? '';
  assert.equal(hub.registry.manifests.need('ada/tool', '1').digest, tool);
  assert.deepEqual((await run('ada', ['repo', 'tags', plain, at('ada/tool')])).trim().split('\n'), ['1', 'latest']);
  await run('bob', ['pull', plain, '--output', 'out', at(`ada/tool@${tool}`)]);
  for (const [name, content] of Object.entries(contents))
    assert.deepEqual(fs.readFileSync(`${folder}/out/${name}`), content);
});

test.skipIf(!oras)('what is attached is found by its type, with what is attached to that', async () => {
  fs.writeFileSync(`${folder}/sbom.json`, '{}');
  fs.writeFileSync(`${folder}/sbom.sig`, 'signed');
  await run('ada', ['attach', plain, '--artifact-type', 'application/vnd.example.sbom', at('ada/tool:1'), 'sbom.json']);
  const [sbom, ...more] = await referrersOf('ada/tool:1');
  assert.deepEqual([sbom?.artifactType, more.length], ['application/vnd.example.sbom', 0]);
  const signed = `ada/tool@${sbom?.digest}`;
  await run('ada', ['attach', plain, '--artifact-type', 'application/vnd.example.sig', at(signed), 'sbom.sig']);
  assert.deepEqual(
    (await referrersOf(signed)).map(({ artifactType }) => artifactType),
    ['application/vnd.example.sig'],
  );
  assert.deepEqual(await referrersOf('ada/tool:1', '--artifact-type', 'application/vnd.example.sig'), []);
});

test.skipIf(!oras)('a copy with all that refers to it has the same digests, and none of it is sent', async () => {
  await run('ada', ['cp', '--recursive', '--from-plain-http', '--to-plain-http', at('ada/tool:1'), at('ada/copy:1')]);
  assert.equal(hub.registry.manifests.need('ada/copy', '1').digest, tool);
  const [there] = await referrersOf('ada/tool:1');
  assert.deepEqual(
    (await referrersOf('ada/copy:1')).map(({ digest }) => digest),
    [there?.digest],
  );
  const how = hub.registry.audit.list({ repository: 'ada/copy', most: 100 }).map(({ action }) => action);
  assert.ok(how.includes('mount-blob'), String(how));
});

test.skipIf(!oras)('an index of two images is pushed, fetched as it is, and tagged once more', async () => {
  const manifests = [tool, (await referrersOf('ada/tool:1'))[0]?.digest ?? ''].map((digest) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: hub.registry.manifests.need('ada/tool', digest).size,
  }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  fs.writeFileSync(`${folder}/index.json`, text);
  await run('ada', [
    ...['manifest', 'push', plain, '--media-type', mediaTypes.ociIndex, at('ada/tool:both'), 'index.json'],
  ]);
  assert.equal(await run('bob', ['manifest', 'fetch', plain, at('ada/tool:both')]), text);
  await run('ada', ['tag', plain, at('ada/tool:both'), 'again']);
  assert.equal((await run('bob', ['resolve', plain, at('ada/tool:again')])).trim(), sha256(text));
});

test.skipIf(!oras)('a blob is pushed, fetched and deleted by itself', async () => {
  fs.writeFileSync(`${folder}/alone`, 'alone');
  const name = at(`ada/blobs@${sha256('alone')}`);
  await run('ada', ['blob', 'push', plain, name, 'alone']);
  assert.equal(await run('ada', ['blob', 'fetch', plain, '--output', '-', name]), 'alone');
  await run('ada', ['blob', 'delete', plain, '--force', name]);
  await assert.rejects(run('ada', ['blob', 'fetch', plain, '--output', '-', name]), /not found/);
});

test.skipIf(!oras)('a deleted manifest is gone, and is no referrer', async () => {
  const [there] = await referrersOf('ada/copy:1');
  await run('ada', ['manifest', 'delete', plain, '--force', at(`ada/copy@${there?.digest}`)]);
  assert.deepEqual(await referrersOf('ada/copy:1'), []);
  await assert.rejects(run('ada', ['manifest', 'fetch', plain, at(`ada/copy@${there?.digest}`)]), /not found/);
});

test.skipIf(!oras)('another may not push there, and sees nothing of what is private', async () => {
  await assert.rejects(run('bob', ['push', plain, at('ada/tool:2'), 'b.txt']), /denied|unauthorized/i);
  await run('ada', ['push', plain, at('closed/tool:1'), 'b.txt']);
  await assert.rejects(run('bob', ['pull', plain, at('closed/tool:1')]), /denied|unauthorized/i);
  await assert.rejects(run('bob', ['repo', 'tags', plain, at('closed/tool')]), /denied|unauthorized/i);
  await run('ada', ['logout', hub.domain]);
  await assert.rejects(run('ada', ['pull', plain, at('closed/tool:1')]), /denied|unauthorized/i);
});
