// The registry is killed while images are pushed, pulled, deleted and collected: what it has acknowledged is there, and nothing half.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { type Answer, askRegistry, OwnRegistry, sha256 } from '../support/own-registry.ts';
import { isSoak } from '../support/soak.ts';

const program = fileURLToPath(new URL('../support/registry-program.ts', import.meta.url));
const kills = isSoak ? 100 : 8;
const pushers = 4;
/** That are looked at after each kill, besides those of the last round. */
const mostImages = 20;

let directory: string;
let child: ChildProcess | null = null;

/** An image as its pusher knows it. `asked`: no answer has come, so it may be there or not. */
interface Image {
  readonly repository: string;
  readonly text: string;
  readonly layers: readonly string[];
  state: 'push asked' | 'pushed' | 'deletion asked' | 'deleted';
}

const images: Image[] = [];

beforeAll(() => {
  directory = path.join(os.tmpdir(), `drydock-registry-${randomUUID()}`);
  fs.mkdirSync(directory);
});

afterAll(async () => {
  await kill();
  fs.rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<string> {
  child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(child.stdout);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return `http://${line.toString().trim()}`;
}

async function kill(): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Of 50 to 250 KB. Pushers have some in common. */
function layerOf(name: string): string {
  const seed = createHash('sha256').update(name).digest('hex');
  return seed.repeat(800 + (Number.parseInt(seed.slice(0, 4), 16) % 3200));
}

/** Pushes, pulls and deletes until the connection is cut; `answered` is called after each answer. */
async function pusher(url: string, n: number, answered: () => void): Promise<void> {
  const repository = `kill/${n}`;
  const ask = async (line: string, body?: string): Promise<Answer> => {
    const [method = '', target = ''] = line.split(' ');
    const answer = await askRegistry(url, method, target, body === undefined ? {} : { body });
    answered();
    return answer;
  };
  const mine = images.filter((image) => image.repository === repository);
  for (;;) {
    const layers = [layerOf(`shared ${randomInt(4)}`), layerOf(randomUUID())];
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { digest: sha256('{}'), size: 2 },
      layers: layers.map((layer) => ({ digest: sha256(layer), size: layer.length })),
    });
    for (const blob of ['{}', ...layers]) {
      const begun = await ask(`POST /v2/${repository}/blobs/uploads/`);
      const half = Math.floor(blob.length / 2);
      await ask(`PATCH ${begun.header('location')}`, blob.slice(0, half));
      await ask(`PUT ${begun.header('location')}?digest=${sha256(blob)}`, blob.slice(half));
    }
    const image: Image = { repository, text, layers, state: 'push asked' };
    images.push(image);
    mine.push(image);
    const { status, body } = await ask(`PUT /v2/${repository}/manifests/latest`, text);
    // On a busy machine the blobs may have outlived the short grace that they have here.
    if (status === 201) image.state = 'pushed';
    else assert.match(body.toString(), /MANIFEST_BLOB_UNKNOWN/);
    const other = mine[randomInt(mine.length)];
    if (other?.state !== 'pushed' || randomInt(2) === 0) continue;
    const got = await ask(`GET /v2/${repository}/blobs/${sha256(other.layers[1] ?? '')}`);
    assert.deepEqual([got.status, got.body.toString()], [200, other.layers[1]]);
    other.state = 'deletion asked';
    assert.equal((await ask(`DELETE /v2/${repository}/manifests/${sha256(other.text)}`)).status, 202);
    other.state = 'deleted';
  }
}

/** What a registry that is opened anew says of an image: that it is there means whole. */
async function isThere(served: OwnRegistry, { repository, text, layers }: Image): Promise<boolean> {
  const manifest = await served.ask(`GET /v2/${repository}/manifests/${sha256(text)}`);
  if (manifest.status === 404) return false;
  assert.deepEqual([manifest.status, manifest.body.toString()], [200, text]);
  for (const layer of layers) {
    const got = await served.ask(`GET /v2/${repository}/blobs/${sha256(layer)}`);
    assert.deepEqual([got.status, sha256(got.body)], [200, sha256(layer)]);
  }
  return true;
}

test('what was acknowledged is there after each kill, and nothing half', async () => {
  let pushed = 0;
  for (let round = 0; round < kills; round++) {
    const url = await start();
    // Anything between the first requests and some images of each, in the middle of what the others ask.
    const moment = Promise.withResolvers<void>();
    let left = randomInt(200);
    const answered = (): void => {
      if (left-- === 0) setTimeout(moment.resolve, randomInt(5));
    };
    const pushing = (n: number): Promise<unknown> =>
      pusher(url, n, answered).catch((error: NodeJS.ErrnoException) => error);
    const ends = Promise.all(Array.from({ length: pushers }, (_, n) => pushing(n)));
    await Promise.race([moment.promise, ends]);
    await kill();
    for (const error of await ends)
      assert.match(String((error as NodeJS.ErrnoException).code), /^E(CONNRESET|CONNREFUSED|PIPE)$/, String(error));
    await using served = await OwnRegistry.open({ directory });
    assert.deepEqual(served.registry.check(), []);
    for (const image of images) {
      const there = await isThere(served, image);
      if (image.state === 'pushed') assert.ok(there, `an image of round ${round} that was acknowledged is gone`);
      if (image.state === 'deleted') assert.ok(!there, `an image of round ${round} that was deleted is back`);
      image.state = there ? 'pushed' : 'deleted';
      pushed += there ? 1 : 0;
    }
    // Those that have been looked at longest make room.
    images.splice(0, images.length, ...images.filter(({ state }) => state === 'pushed').slice(-mostImages));
  }
  assert.ok(pushed > 0);
});
