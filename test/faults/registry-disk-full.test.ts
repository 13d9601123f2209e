// The disk of the registry is full: a push is told so, what was acknowledged stays, and there is room again when something is deleted.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { codeOf, descriptorOf, mediaTypes } from '../runtime/registry/contents.ts';
import { Disk, makeDisk } from '../support/disk.ts';
import { type Answer, OwnRegistry, sha256 } from '../support/own-registry.ts';

const MiB = 1024 * 1024;

/** Pushes an image of one random layer; its digest, or the first answer that refuses. */
async function push(served: OwnRegistry, name: string, bytes: number): Promise<string | Answer> {
  const layer = randomBytes(bytes);
  for (const blob of [Buffer.from('{}'), layer]) {
    const pushed = await served.ask(`POST /v2/${name}/blobs/uploads/?digest=${sha256(blob)}`, { body: blob });
    if (pushed.status !== 201) return pushed;
  }
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf('{}', 'application/vnd.oci.image.config.v1+json'),
    layers: [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')],
  });
  const pushed = await served.ask(`PUT /v2/${name}/manifests/v1`, { body: text });
  return pushed.status === 201 ? sha256(text) : pushed;
}

for (const type of ['btrfs', 'ext4'] as const) {
  test(`X07: a push to a full disk is refused in words, and the next one works when there is room (${type})`, async () => {
    const directory = path.join(os.tmpdir(), `drydock-full-${randomUUID()}`);
    fs.mkdirSync(directory);
    try {
      makeDisk(`${directory}/disk`, type, 256 * MiB);
      using disk = new Disk(`${directory}/disk`);
      await using served = await OwnRegistry.open({ directory: disk.directory });
      const pushed: string[] = [];
      let refused: Answer | null = null;
      for (let n = 0; refused === null; n++) {
        const outcome = await push(served, `full/${n}`, 16 * MiB);
        if (typeof outcome === 'string') pushed.push(outcome);
        else refused = outcome;
      }
      assert.deepEqual([refused.status, codeOf(refused)], [403, 'DENIED']);
      assert.match(refused.body.toString(), /no space left on the disk/);
      assert.ok(pushed.length > 2);
      assert.deepEqual(served.registry.check(), []);
      for (const n of [0, 1]) await served.ask(`DELETE /v2/full/${n}/manifests/${pushed[n]}`);
      await served.registry.collect(-1);
      // btrfs gives the room back with its next commit, which may be 30 s away.
      execFileSync('sync', ['--file-system', disk.directory]);
      assert.equal(typeof (await push(served, 'full/again', MiB)), 'string');
      for (const [n, digest] of [...pushed.entries()].slice(2)) {
        const got = await served.ask(`GET /v2/full/${n}/manifests/${digest}`);
        assert.equal(sha256(got.body), digest);
      }
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
}
