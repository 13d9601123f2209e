// skopeo as a client of the registry, and Debian's docker-registry as its peer: images are copied in and out, unchanged.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { dockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { tarOf } from '../../support/tar.ts';
import { runUnpacked, unpacked } from '../../support/unpacked.ts';
import { descriptorOf, mediaTypes, pushBlob, pushManifest } from './contents.ts';

const skopeo = unpacked('skopeo');
let served: OwnRegistry;
let folder: string;
/** Of an image that is at `team/made:1`. */
let digest: string;

beforeAll(async () => {
  served = await OwnRegistry.open();
  folder = path.join(os.tmpdir(), `drydock-skopeo-${randomUUID()}`);
  fs.mkdirSync(folder);
  const tar = await tarOf([[{ name: 'hello' }, 'hello']]);
  const layer = gzipSync(tar);
  const rootfs = { type: 'layers', diff_ids: [sha256(tar)] };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/hello'] }, rootfs });
  for (const blob of [layer, config]) await pushBlob(served, 'team/made', blob);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  });
  digest = await pushManifest(served, 'team/made', '1', text);
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]): Promise<string> {
  assert.ok(skopeo);
  return await runUnpacked(skopeo, ['--insecure-policy', ...args]);
}

const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
const copy = (...args: string[]): Promise<string> => run('copy', ...insecure, ...args);
const at = (name: string, domain = served.domain): string => `docker://${domain}/${name}`;
const digestAt = async (name: string): Promise<string> =>
  JSON.parse(await run('inspect', '--tls-verify=false', at(name))).Digest;

test.skipIf(!skopeo)('skopeo copies an image out, back in and across, in either form', async () => {
  await copy(at('team/made:1'), `oci:${folder}/layout:1`);
  await copy(`oci:${folder}/layout:1`, at('team/back:1'));
  assert.equal(await digestAt('team/back:1'), digest);
  await copy(at('team/made:1'), at('team/across:1'));
  assert.equal(await digestAt('team/across:1'), digest);
  const how = served.registry.audit.list({ repository: 'team/across', most: 10 }).map(({ action }) => action);
  assert.ok(how.includes('mount-blob'), String(how));
  await copy('--format', 'v2s2', at('team/made:1'), at('team/docker:1'));
  assert.equal(served.registry.manifests.need('team/docker', '1').mediaType, mediaTypes.dockerManifest);
  await copy(at('team/docker:1'), `dir:${folder}/docker`);
  assert.ok(fs.existsSync(`${folder}/docker/manifest.json`));
});

test.skipIf(!skopeo)('skopeo lists tags and deletes an image', async () => {
  for (const tag of ['a', 'b']) await copy(at('team/made:1'), at(`team/listed:${tag}`));
  const listed = JSON.parse(await run('list-tags', '--tls-verify=false', at('team/listed')));
  assert.deepEqual(listed.Tags, ['a', 'b']);
  // By its digest, as skopeo does it.
  await run('delete', '--tls-verify=false', at('team/listed:a'));
  await assert.rejects(run('inspect', '--tls-verify=false', at('team/listed:b')), /manifest unknown/);
});

test.skipIf(!skopeo || !dockerRegistry)(
  'an image goes to Debian’s docker-registry and comes back the same',
  async () => {
    assert.ok(dockerRegistry);
    await using theirs = await startDockerRegistry(dockerRegistry);
    await copy(at('team/made:1'), at('theirs/made:1', theirs.domain));
    await copy(at('theirs/made:1', theirs.domain), at('team/returned:1'));
    assert.equal(await digestAt('team/returned:1'), digest);
  },
);
