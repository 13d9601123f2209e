// skopeo as a client of the registry, and Debian's docker-registry as its peer: images are copied in and out, unchanged.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { tarOf } from '../../support/tar.ts';
import { runUnpacked, type UnpackedProgram, unpacked } from '../../support/unpacked.ts';
import { until } from '../../support/until.ts';
import { descriptorOf, mediaTypes, pushBlob, pushManifest } from './contents.ts';

const skopeo = unpacked('skopeo');
const dockerRegistry = unpacked('docker-registry');
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

/** Debian's registry on a free port, and where that is. */
async function startDockerRegistry(program: UnpackedProgram): Promise<{ domain: string; end: () => Promise<void> }> {
  const settings = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${folder}/theirs` } },
    http: { addr: '127.0.0.1:0' },
  };
  fs.writeFileSync(`${folder}/theirs.yml`, JSON.stringify(settings));
  const child = spawn(program.file, ['serve', `${folder}/theirs.yml`], {
    env: program.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece));
  const domain = (): string | undefined => /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
  await until('docker-registry listens', () => domain() !== undefined);
  const end = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { domain: domain() ?? '', end };
}

test.skipIf(!skopeo || !dockerRegistry)(
  'an image goes to Debian’s docker-registry and comes back the same',
  async () => {
    assert.ok(dockerRegistry);
    const { domain, end } = await startDockerRegistry(dockerRegistry);
    try {
      await copy(at('team/made:1'), at('theirs/made:1', domain));
      await copy(at('theirs/made:1', domain), at('team/returned:1'));
      assert.equal(await digestAt('team/returned:1'), digest);
    } finally {
      await end();
    }
  },
);
