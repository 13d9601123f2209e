// The hub and Debian's docker-registry as each other's peers: all tags and whole indexes are copied there and back, and docker-registry
// is a mirror of the hub.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import {
  type DockerRegistry,
  dockerRegistry,
  type Mirrored,
  startDockerRegistry,
} from '../../support/docker-registry.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import { type AskOptions, askRegistry, sha256 } from '../../support/own-registry.ts';
import { runUnpacked, unpacked } from '../../support/unpacked.ts';
import { until } from '../../support/until.ts';
import type { Served } from './contenders.ts';
import { descriptorOf, mediaTypes, pushBlob, pushManifest } from './contents.ts';

const skopeo = unpacked('skopeo');
const repository = 'ada/app';
let hub: OwnHub;
let folder: string;
/** Digests by tag; `both` is an index of the other two. */
let pushed: Readonly<Record<string, string>>;

beforeAll(async () => {
  hub = await OwnHub.open();
  await createAccount(hub.accounts, { name: 'ada', password: 'password of ada' });
  folder = path.join(os.tmpdir(), `drydock-both-ways-${randomUUID()}`);
  fs.mkdirSync(folder);
  pushed = await pushImages();
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

const layerOf = (architecture: string): Buffer => gzipSync(`layer for ${architecture}`);

/** An image for each of two architectures, and an index of both. */
async function pushImages(): Promise<Record<string, string>> {
  const token = await hub.tokenHeader([`repository:${repository}:pull,push`], basic('ada', 'password of ada'));
  const served: Pick<Served, 'ask'> = {
    ask: (line, options = {}) => hub.ask(line, { ...options, headers: { ...token, ...options.headers } }),
  };
  const digests: Record<string, string> = {};
  const manifests: object[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    // skopeo would compress one that is plain.
    const layer = layerOf(architecture);
    const rootfs = { type: 'layers', diff_ids: [sha256(`layer for ${architecture}`)] };
    const config = JSON.stringify({ architecture, os: 'linux', rootfs });
    for (const blob of [layer, config]) await pushBlob(served, repository, blob);
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    });
    digests[architecture] = await pushManifest(served, repository, architecture, text);
    manifests.push({ ...descriptorOf(text, mediaTypes.ociManifest), platform: { architecture, os: 'linux' } });
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  digests.both = await pushManifest(served, repository, 'both', index, mediaTypes.ociIndex);
  return digests;
}

async function run(...args: string[]): Promise<string> {
  assert.ok(skopeo);
  return await runUnpacked(skopeo, ['--insecure-policy', `--tmpdir=${folder}`, ...args]);
}

const accept = { headers: { Accept: Object.values(mediaTypes).join(', ') } };

async function digestsAt(domain: string, name: string): Promise<Record<string, string>> {
  const listed = await askRegistry(`http://${domain}`, 'GET', `/v2/${name}/tags/list`, await headersFor(domain, name));
  const digests: Record<string, string> = {};
  for (const tag of (listed.json() as { tags: string[] }).tags) {
    const options = await headersFor(domain, name);
    const answer = await askRegistry(`http://${domain}`, 'HEAD', `/v2/${name}/manifests/${tag}`, options);
    digests[tag] = answer.header('docker-content-digest');
  }
  return digests;
}

async function headersFor(domain: string, name: string): Promise<AskOptions> {
  if (domain !== hub.domain) return accept;
  return { headers: { ...accept.headers, ...(await hub.tokenHeader([`repository:${name}:pull`])) } };
}

const theirs = async (proxy: Mirrored | null = null): Promise<DockerRegistry> => {
  assert.ok(dockerRegistry);
  return await startDockerRegistry(dockerRegistry, proxy);
};

test.skipIf(!skopeo || !dockerRegistry)(
  'all tags go to docker-registry and come back, with the same digests',
  async () => {
    await using other = await theirs();
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const sync = (...args: string[]): Promise<string> =>
      run('sync', '--all', '--src=docker', '--dest=docker', ...insecure, ...args);
    await sync(`${hub.domain}/${repository}`, `${other.domain}/copies`);
    assert.deepEqual(await digestsAt(other.domain, 'copies/app'), pushed);
    await sync('--dest-creds=ada:password of ada', `${other.domain}/copies/app`, `${hub.domain}/ada/returned`);
    assert.deepEqual(await digestsAt(hub.domain, 'ada/returned/app'), pushed);
  },
);

test.skipIf(!skopeo || !dockerRegistry)(
  'an index goes there with all its images, and one image of it by itself',
  async () => {
    await using other = await theirs();
    const copy = (tag: string, ...more: string[]): Promise<string> =>
      run(
        ...['copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...more],
        ...[`docker://${hub.domain}/${repository}:both`, `docker://${other.domain}/copies/app:${tag}`],
      );
    await copy('all', '--all');
    await copy('one', '--override-arch=arm64');
    assert.deepEqual(await digestsAt(other.domain, 'copies/app'), { all: pushed.both, one: pushed.arm64 });
  },
);

test.skipIf(!dockerRegistry)(
  'docker-registry as a mirror of the hub fetches what it is asked for, and keeps it',
  async () => {
    await using mirror = await theirs({ remoteurl: hub.url });
    const get = (target: string) =>
      askRegistry(`http://${mirror.domain}`, 'GET', `/v2/${repository}/${target}`, accept);
    for (const [tag, digest] of Object.entries(pushed)) {
      const got = await get(`manifests/${tag}`);
      assert.deepEqual([got.status, got.header('docker-content-digest')], [200, digest]);
    }
    const fetched = new Set<string | null>();
    let fetches = 0;
    const leave = hub.registry.audit.listen(({ action, digest }) => {
      if (action !== 'pull-blob') return;
      fetched.add(digest);
      fetches++;
    });
    const layer = layerOf('arm64');
    // It fetches a blob once more for itself, behind its answer.
    await until('the mirror asks the hub no more', async () => {
      const before = fetches;
      assert.deepEqual((await get(`blobs/${sha256(layer)}`)).body, layer);
      return fetches === before;
    });
    assert.deepEqual([...fetched], [sha256(layer)]);
    leave();
  },
);

test.skipIf(!dockerRegistry)('a mirror with a password has what is private, and one without has not', async () => {
  await hub.accounts.change(() => hub.accounts.setVisibility(repository, 'private'));
  await using nobody = await theirs({ remoteurl: hub.url });
  await using ada = await theirs({ remoteurl: hub.url, username: 'ada', password: 'password of ada' });
  const asked = ({ domain }: DockerRegistry) =>
    askRegistry(`http://${domain}`, 'GET', `/v2/${repository}/manifests/both`, accept);
  const [refused, given] = [await asked(nobody), await asked(ada)];
  assert.equal(refused.status, 404);
  assert.deepEqual([given.status, given.header('docker-content-digest')], [200, pushed.both]);
});
