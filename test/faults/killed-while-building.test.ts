// The engine is killed in the middle of a build, at one event of it after the other: nothing half is left, and the next build of the
// same gives the same image (X02).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { imageIn } from '../runtime/build/buildx.ts';
import { BuildClient, directory } from '../support/build-client.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { mountsOf, processesBelow } from '../support/outside.ts';
import { isSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let host: DockerHost;

const serves = {
  directories: {
    dockerfile: {
      Dockerfile: `FROM busybox AS one
WORKDIR /w
COPY a /w/a
RUN --mount=type=cache,target=/c echo one >> /c/file && cat a a > b
RUN --mount=type=cache,sharing=private,target=/c --mount=target=/context cat /context/d/c > c
FROM busybox
COPY --from=one /w /w
RUN --mount=type=secret,id=key test -s /run/secrets/key && for i in 1 2 3 4; do echo line $i; done
COPY . /all
LABEL last=one
`,
    },
    context: { a: 'a\n', b: 'b'.repeat(200_000), d: directory, 'd/c': 'c\n' },
  },
  secrets: { key: 'secret' },
  sharedKey: 'the same directory',
};

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'building');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Builds, and tells of each event. Throws where the build has not ended well. */
async function build(onEvent: () => void | Promise<void> = () => undefined): Promise<void> {
  using client = await BuildClient.open(host.socket);
  const ref = randomUUID();
  const built = client.build(serves, { ref, name: 'built' });
  built.catch(() => undefined);
  const watch = (async () => {
    for await (const _ of client.status(ref)) await onEvent();
  })();
  watch.catch(() => undefined);
  await built;
  await watch;
}

/** What the host has on its disk, in the kernel and in the store beside its image. */
function leftovers() {
  const store = `/proc/${engine.pid}/root${engine.instance.data}/store`;
  const own = `${store}/hosts/${host.info.id}`;
  return {
    containers: readdirSync(`${own}/containers`),
    uploads: readdirSync(`${store}/incoming/uploads`),
    processes: processesBelow(host.group).length,
    mounts: mountsOf(engine.pid).length,
  };
}

/** An engine that was started anew may have fewer mounts: some are made when they are needed first. */
const isClean = ({ mounts, ...left }: ReturnType<typeof leftovers>, idle: ReturnType<typeof leftovers>): boolean =>
  mounts <= idle.mounts && JSON.stringify({ ...left, mounts: 0 }) === JSON.stringify({ ...idle, mounts: 0 });

test('X02: an engine that is killed at any event of a build leaves nothing half, and builds the same image then', async () => {
  await build();
  // What commands write has the time at which they did, and so its layer another digest each time: files are compared, without times.
  const image = await imageIn(host.socket, 'built');
  const isIdle = { ...leftovers(), containers: [], uploads: [] };
  await until('the build has left nothing', () => isClean(leftovers(), isIdle));
  const moments = isSoak ? 50 : 5;
  let isOver = false;
  for (let moment = 0; moment < moments && !isOver; moment++) {
    await expect(host.socket, 'DELETE /images/built', 200);
    await expect(host.socket, 'POST /build/prune', 200);
    // Spread over the first fifty events: a build has about that many.
    const last = 1 + Math.floor((moment * 50) / moments);
    let seen = 0;
    isOver = await build(async () => {
      if (++seen === last) await engine.kill();
    }).then(
      () => true,
      () => false,
    );
    // Its answer may have been on its way already.
    if (isOver) assert.ok(seen <= last);
    await engine.kill();
    await engine.start();
    assert.deepEqual((await engine.client.check()).findings, [], `killed at event ${last}`);
    await until(`nothing is left of what was killed at event ${last}`, () => isClean(leftovers(), isIdle)).catch(
      (error: unknown) => {
        assert.deepEqual(leftovers(), isIdle, String(error));
        throw error;
      },
    );
    await build();
    assert.deepEqual(await imageIn(host.socket, 'built'), image, `after the engine was killed at event ${last}`);
    assert.deepEqual((await engine.client.check()).findings, []);
  }
});
