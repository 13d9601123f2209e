// The SBOM that the hub itself pushes for an image: a referrer of it, made once, gone with it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { OwnRegistry, sha256 } from '../../../support/own-registry.ts';
import { runUnpacked, unpacked } from '../../../support/unpacked.ts';
import { until } from '../../../support/until.ts';
import { pushBlob } from '../contents.ts';
import { debianBase, pushImage } from './images.ts';

const cyclonedx = 'application/vnd.cyclonedx+json';
const service = { unpacked: () => null, official: null };
const never = new AbortController().signal;

let served: OwnRegistry;

beforeEach(async () => {
  served = await OwnRegistry.open();
  served.registry.contents.start(service);
});
afterEach(() => served[Symbol.asyncDispose]());

interface Referrer {
  readonly digest: string;
  readonly artifactType: string;
  readonly size: number;
}

async function referrers(repository: string, subject: string): Promise<readonly Referrer[]> {
  const answer = await served.ask(
    `GET /v2/${repository}/referrers/${subject}?artifactType=${encodeURIComponent(cyclonedx)}`,
  );
  assert.equal(answer.status, 200);
  return (answer.json() as { manifests: Referrer[] }).manifests;
}

/** The digest of the manifest of the image's SBOM. */
async function billOf(repository: string, digest: string): Promise<string> {
  let bill = '';
  await until('the image has its SBOM', async () => {
    bill = (await referrers(repository, digest))[0]?.digest ?? '';
    return bill !== '';
  });
  return bill;
}

/** Resolves when all that was pushed was looked into. */
async function settled(repository: string): Promise<void> {
  const { digest } = await pushImage(served, repository, [[[{ name: 'srv/mark' }, repository]]], { tag: 'mark' });
  await served.registry.contents.of({ repository, digest, isOfficial: false }, never);
}

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber?: string;
  readonly metadata: { readonly component: { readonly version: string }; readonly timestamp?: string };
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly purl?: string;
  }[];
}

async function readBill(repository: string, manifest: string): Promise<{ readonly bill: Bill; readonly text: string }> {
  const document = (await served.ask(`GET /v2/${repository}/manifests/${manifest}`)).json() as {
    readonly layers: readonly { readonly digest: string; readonly size: number }[];
  };
  const blob = await served.ask(`GET /v2/${repository}/blobs/${document.layers[0]?.digest}`);
  assert.equal(blob.status, 200);
  assert.deepEqual([sha256(blob.body), blob.body.length], [document.layers[0]?.digest, document.layers[0]?.size]);
  const text = blob.body.toString();
  return { bill: JSON.parse(text), text };
}

test('a push of a Debian image is followed by its SBOM: an artifact of CycloneDX 1.6 that refers to it', async () => {
  const { digest, manifest } = await pushImage(served, 'ann/app', [debianBase]);
  const bill = await billOf('ann/app', digest);
  const answer = await served.ask(`GET /v2/ann/app/manifests/${bill}`);
  assert.equal(answer.header('content-type'), 'application/vnd.oci.image.manifest.v1+json');
  const document = answer.json() as Record<string, unknown>;
  assert.equal(document.artifactType, cyclonedx);
  assert.deepEqual(document.config, {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: sha256('{}'),
    size: 2,
    data: 'e30=',
  });
  assert.deepEqual(document.subject, {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    size: Buffer.byteLength(manifest),
  });
  assert.equal((await served.ask(`GET /v2/ann/app/blobs/${sha256('{}')}`)).body.toString(), '{}');
  const { bill: found } = await readBill('ann/app', bill);
  assert.deepEqual(
    [found.bomFormat, found.specVersion, found.metadata.component.version],
    ['CycloneDX', '1.6', digest],
  );
  assert.deepEqual(
    found.components.map(({ type, name, purl }) => [type, name, purl]),
    [
      ['operating-system', 'debian', undefined],
      ['library', 'adduser', 'pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12'],
      [
        'library',
        'bsdutils',
        'pkg:deb/debian/bsdutils@1:2.38.1-5%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5%2Bdeb12u1',
      ],
      ['library', 'libssl3', 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl'],
      ['library', 'zlib1g', 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib'],
    ],
  );
});

test('the same image has the same SBOM byte for byte, in another repository and another registry', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  await pushImage(served, 'bob/app', [debianBase]);
  const first = await readBill('ann/app', await billOf('ann/app', digest));
  assert.equal(await billOf('bob/app', digest), await billOf('ann/app', digest));
  assert.deepEqual([first.bill.serialNumber, first.bill.metadata.timestamp], [undefined, undefined]);
  await served[Symbol.asyncDispose]();
  served = await OwnRegistry.open();
  served.registry.contents.start(service);
  await pushImage(served, 'carl/other', [debianBase]);
  const other = await readBill('carl/other', await billOf('carl/other', digest));
  assert.equal(other.text, first.text);
});

test('it is made once: a second push makes no other, nor does a restart; one that somebody has deleted does not come back', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  const bill = await billOf('ann/app', digest);
  await pushImage(served, 'ann/app', [debianBase], { tag: 'again' });
  await settled('ann/app');
  assert.equal((await referrers('ann/app', digest)).length, 1);
  assert.equal((await served.ask(`DELETE /v2/ann/app/manifests/${bill}`)).status, 202);
  await served.reopen();
  served.registry.contents.start(service);
  await settled('ann/app');
  assert.deepEqual(await referrers('ann/app', digest), []);
  assert.equal((await served.ask(`GET /v2/ann/app/manifests/${digest}`)).status, 200);
});

test('it goes with its image, and its blob with the next collection; in another repository both stay', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  await pushImage(served, 'bob/app', [debianBase]);
  const bill = await billOf('ann/app', digest);
  await billOf('bob/app', digest);
  assert.equal((await served.ask(`DELETE /v2/ann/app/manifests/${digest}`)).status, 202);
  assert.equal((await served.ask(`GET /v2/ann/app/manifests/${bill}`)).status, 404);
  assert.deepEqual(await referrers('ann/app', digest), []);
  assert.equal((await served.ask(`GET /v2/bob/app/manifests/${bill}`)).status, 200);
  await served.ask(`DELETE /v2/bob/app/manifests/${digest}`);
  await served.registry.collect(0);
  assert.deepEqual(served.blobs.all(), []);
});

test('a repository that is removed goes with all of its images and their SBOMs', async () => {
  const digests = await Promise.all(
    ['1', '2', '3'].map(
      async (tag) => (await pushImage(served, 'ann/app', [debianBase, [[{ name: tag }]]], { tag })).digest,
    ),
  );
  for (const digest of digests) await billOf('ann/app', digest);
  const { database } = served.registry;
  database.transaction(() => served.registry.removeRepository('ann/app'));
  for (const table of ['manifest', 'sbom', 'repository'])
    assert.equal(database.get(`SELECT count(*) AS many FROM ${table}`)?.many, 0, table);
});

test('an image without Debian packages has none, nor has what is no image', async () => {
  const { digest } = await pushImage(served, 'ann/plain', [[[{ name: 'bin/app' }, 'x']]]);
  await settled('ann/plain');
  assert.deepEqual(await referrers('ann/plain', digest), []);
  const rows = served.registry.database.all('SELECT * FROM sbom');
  assert.deepEqual(rows, []);
});

test('it counts in no quota: what a namespace holds is what was pushed to it', async () => {
  await served[Symbol.asyncDispose]();
  served = await OwnRegistry.open({ quotaOf: () => 5_000 });
  const { quota } = served.registry;
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  const used = quota.used('ann');
  served.registry.contents.start(service);
  const bill = await billOf('ann/app', digest);
  // The empty configuration, which many artifacts have.
  assert.equal(quota.used('ann'), used + 2);
  assert.ok((await readBill('ann/app', bill)).text.length + used > 0);
  await pushBlob(served, 'ann/app', Buffer.alloc(5_000 - used - 2, 'x'));
});

const oras = unpacked('oras');

test.skipIf(!oras)('oras finds it beside its image, and pulls it', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  const bill = await billOf('ann/app', digest);
  assert.ok(oras);
  const image = `${served.domain}/ann/app`;
  const found = await runUnpacked(oras, ['discover', '--plain-http', '--format', 'json', `${image}:latest`]);
  const { referrers: told = [], manifests = told } = JSON.parse(found);
  assert.deepEqual(
    manifests.map((one: Referrer) => [one.digest, one.artifactType]),
    [[bill, cyclonedx]],
  );
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-oras-'));
  try {
    await runUnpacked(oras, ['pull', '--plain-http', '--output', folder, `${image}@${bill}`]);
    const { text } = await readBill('ann/app', bill);
    assert.equal(fs.readFileSync(`${folder}/sbom.cdx.json`, 'utf8'), text);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('in the audit it is the hub that has pushed it', async () => {
  const { digest } = await pushImage(served, 'ann/app', [debianBase]);
  const bill = await billOf('ann/app', digest);
  const [event] = served.registry.audit.list({ repository: 'ann/app', most: 1 });
  assert.deepEqual([event?.action, event?.who, event?.digest], ['push', 'drydock', bill]);
});
