// The engine is killed in the middle of a push to its own hub, and of a pull from it, while the hub is collected: what was acknowledged is
// there, nothing half is, and both can be done again (X01).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { isSoak } from '../support/soak.ts';
import { tarOf } from '../support/tar.ts';

const kills = isSoak ? 100 : 8;
let engine: TestEngine;
let pushing: DockerHost;
let pulling: DockerHost;
let namespace: string;

beforeAll(async () => {
  engine = await startEngine();
  pushing = await createDockerHost(engine, 'hub-pushing');
  pulling = await createDockerHost(engine, 'hub-pulling');
  namespace = (await engine.client.host('hub-pushing')).hubAccount ?? '';
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

interface Told {
  /** All that was said, also where the engine went. */
  readonly text: string;
}

/** `onPiece` is called with the number of each piece of the answer. */
async function told(
  socketPath: string,
  line: string,
  options: { body?: Buffer; onPiece?: (number: number) => void } = {},
): Promise<Told> {
  const [method, path] = line.split(' ');
  // Credentials of nobody, as the docker command sends them.
  const headers = { 'X-Registry-Auth': 'e30=', ...(options.body && { 'Content-Type': 'application/x-tar' }) };
  const request = http.request({ socketPath, method, path: `/v1.51${path}`, agent: false, headers });
  let text = '';
  try {
    request.end(options.body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let number = 0;
    for await (const piece of response) {
      text += piece;
      options.onPiece?.(++number);
    }
  } catch {
    text += ' (cut off)';
  }
  return { text };
}

async function makeImage(repository: string): Promise<void> {
  const random = crypto.getRandomValues(new Uint8Array(60_000));
  const content = Buffer.from(random).toString('hex').repeat(20);
  const archive = await tarOf([[{ name: 'content' }, content]]);
  const { text } = await told(pushing.socket, `POST /images/create?fromSrc=-&repo=${repository}&tag=1`, {
    body: archive,
  });
  assert.match(text, /sha256:/);
}

const push = (repository: string, onPiece?: (number: number) => void): Promise<Told> =>
  told(pushing.socket, `POST /images/${repository}/push?tag=1`, onPiece ? { onPiece } : {});
const pull = (repository: string, onPiece?: (number: number) => void): Promise<Told> =>
  told(
    pulling.socket,
    `POST /images/create?fromImage=${encodeURIComponent(repository)}&tag=1`,
    onPiece ? { onPiece } : {},
  );
const isPushed = ({ text }: Told): boolean => text.includes('"aux"');
const isPulled = ({ text }: Told): boolean => /Downloaded newer image|Image is up to date/.test(text);

/** A host has so many images and no more. */
const forget = async (repository: string): Promise<void> => {
  for (const { socket } of [pushing, pulling]) await told(socket, `DELETE /images/${repository}:1?force=1`);
};

/** Does `work`, which tells of its pieces, and kills the engine at one of them, or at its end. The hub is collected meanwhile. */
async function killAt(piece: number, work: (onPiece: (number: number) => void) => Promise<Told>): Promise<Told> {
  let killed: Promise<void> | null = null;
  const kill = (): Promise<void> => (killed ??= engine.kill());
  const collected = engine.client.hub.collect(false).catch(() => null);
  const done = await work((number) => {
    if (number === piece) void kill();
  });
  await kill();
  await collected;
  await engine.start();
  assert.deepEqual((await engine.client.check()).findings, []);
  return done;
}

test('X01: a push to the hub that was acknowledged outlives the engine; one that was not leaves nothing half', async () => {
  for (let round = 0; round < kills; round++) {
    const repository = `hub.drydock/${namespace}/pushed${round}`;
    await makeImage(repository);
    const pushed = await killAt(1 + (round % 8), (onPiece) => push(repository, onPiece));
    if (isPushed(pushed)) assert.ok(isPulled(await pull(repository)), 'what was acknowledged is there');
    const again = await push(repository);
    assert.ok(isPushed(again), again.text);
    const pulled = await pull(repository);
    assert.ok(isPulled(pulled), pulled.text);
    await forget(repository);
  }
});

test('X01: a pull from the hub that is cut off leaves nothing half, and can be made again', async () => {
  for (let round = 0; round < kills; round++) {
    const repository = `hub.drydock/${namespace}/pulled${round}`;
    await makeImage(repository);
    assert.ok(isPushed(await push(repository)));
    // No host has it unpacked any more: it comes out of the hub's file.
    await told(pushing.socket, `DELETE /images/${repository}:1?force=1`);
    await killAt(1 + (round % 8), (onPiece) => pull(repository, onPiece));
    const pulled = await pull(repository);
    assert.ok(isPulled(pulled), pulled.text);
    await forget(repository);
  }
});

test('what nobody needs is collected, and what is kept is whole', async () => {
  await engine.client.hub.removeRepository(`${namespace}/pushed0`);
  const { blobs } = await engine.client.hub.collect(true);
  assert.ok(blobs >= 1);
  assert.deepEqual((await engine.client.hub.check()).findings, []);
  assert.ok(isPulled(await pull(`hub.drydock/${namespace}/pushed1`)));
});
