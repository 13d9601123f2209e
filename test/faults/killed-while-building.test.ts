// The engine is killed at one moment of a build after the other: nothing half is left, and the next build gives the same digests (X02).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, test } from 'vitest';
import type { Method } from '../../runtime/build/grpc/serve.ts';
import { groupsIn } from '../../runtime/kernel/cgroups.ts';
import { expect } from '../runtime/api/exchange.ts';
import { BuildClient, directory, fileMethod, type Given } from '../support/build-client.ts';
import { takesOutputs } from '../support/build-outputs.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { mountsOf, processesBelow } from '../support/outside.ts';
import { rounds } from '../support/soak.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let host: DockerHost;
let store: string;

/**
 * What a command writes gets the time that it gives it, and /etc, which each container changes. A secret says whether a step is to wait:
 * it is the same step then.
 */
const Dockerfile = `FROM busybox AS one
ARG at="2001-02-03 00:00:00"
WORKDIR /w
COPY a large /w/
ADD packed.tgz /w/unpacked/
RUN --mount=type=cache,target=/cache --mount=type=secret,id=cache cat a a > b && touch -d "$at" b . /etc && echo more >> /cache/file; \\
  echo cached; if grep wait /run/secrets/cache; then sleep 1d; fi
RUN --mount=type=cache,sharing=private,target=/cache --mount=target=/context cat /context/d/c > c && touch -d "$at" c . /etc
FROM busybox
COPY --from=one /w /w
RUN --mount=type=secret,id=step for i in 1 2 3 4; do echo line $i; done; touch -d 2001-02-03\\ 00:00:00 /etc; \\
  if grep wait /run/secrets/step; then sleep 1d; fi
COPY . /all
LABEL last=one
`;
const outputs = ['moby', 'docker', 'local', 'tar'];
let context: Record<string, Given>;

beforeAll(async () => {
  const archive = pack();
  for (const name of ['x', 'y']) archive.entry({ name, mtime: new Date(0) }, name.repeat(100_000));
  archive.finalize();
  const packed = gzipSync(Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>)));
  context = { a: 'a\n', d: directory, 'd/c': 'c\n', large: 'l'.repeat(300_000), 'packed.tgz': packed };
  engine = await startEngine();
  store = `/proc/${engine.pid}/root${engine.instance.data}/store`;
  host = await createDockerHost(engine, 'building');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Is told of each moment of a build, by what happens. */
type OnMoment = (what: string) => Promise<void>;

/** Calls `onMoment` with each file that comes, goes or gets another name in the store, until it is disposed of. */
function watchStore(onMoment: OnMoment): Disposable {
  const own = `hosts/${host.info.id}`;
  const folders = ['build', 'build-caches', 'containers', 'build-history'].map((name) => `${own}/${name}`);
  const all = [...folders, 'incoming/uploads', 'incoming/layers', 'layers', 'blobs/sha256'];
  // The first build makes some.
  const there = all.filter((folder) => fs.existsSync(`${storeNow()}/${folder}`));
  const watchers = there.map((folder) =>
    fs.watch(`${storeNow()}/${folder}`, (event) => void onMoment(`${folder.replace(own, 'host')} ${event}`)),
  );
  return {
    [Symbol.dispose]: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

const storeNow = (): string => store.replace(/^\/proc\/\d+/, `/proc/${engine.pid}`);

/** Waits for the moment before what it answers. */
const after =
  (onMoment: OnMoment, what: string, method: Method): Method =>
  async (stream, call) => {
    await onMoment(`${what}${call.headers['dir-name'] ?? ''}`);
    await method(stream, call);
  };

/** Builds; gives each digest that comes of it. `waiting` names the step that is to wait. Throws where the build has not ended well. */
async function build(onMoment: OnMoment, waiting: string | null = null): Promise<readonly string[]> {
  using client = await BuildClient.open(host.socket);
  using _watching = watchStore(onMoment);
  const ref = randomUUID();
  const { methods, digests } = takesOutputs({ types: outputs, onPiece: (what) => onMoment(`client: ${what}`) });
  const directories = { dockerfile: { Dockerfile }, context };
  const files = fileMethod(directories, (what) => onMoment(`client: ${what}`));
  const serves = {
    methods: new Map([
      ...methods,
      ['/moby.filesync.v1.FileSync/DiffCopy', after(onMoment, 'client: ', files)] as const,
    ]),
    secrets: Object.fromEntries(['cache', 'step'].map((id) => [id, id === waiting ? 'wait' : 'go on'])),
    sharedKey: 'the same directory',
  };
  const built = client.build(serves, {
    ref,
    frontendAttributes: { 'build-arg:SOURCE_DATE_EPOCH': '1234567890' },
    exporters: outputs.map((type) => ({
      type,
      attributes: { name: type === 'local' || type === 'tar' ? '' : 'built' },
    })),
    cache: { exports: [{ type: 'local', attributes: { dest: '/cache', mode: 'max' } }] },
  });
  built.catch(() => undefined);
  const said = new Set<string>();
  const watch = (async () => {
    for await (const { vertexes, logs } of client.status(ref)) {
      for (const { msg } of logs) {
        // Once for each step that speaks: its output comes in pieces of any size.
        const [word = ''] = Buffer.from(msg).toString().split(/\s/);
        if (said.has(word)) continue;
        said.add(word);
        await onMoment(`client: said ${word}`);
      }
      if (vertexes.length > 0) await onMoment('a step');
    }
  })();
  watch.catch(() => undefined);
  const told = await built;
  await watch;
  const image = (await expect(host.socket, 'GET /images/built/json', 200)) as {
    Id: string;
    RootFS: { Layers: string[] };
  };
  return [image.Id, ...image.RootFS.Layers, told['containerimage.digest'] ?? '', ...digests];
}

const namesIn = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []);

/** What there is on the disk and in the kernel, beside the image and what is cached. */
function leftovers() {
  const at = storeNow();
  const own = `${at}/hosts/${host.info.id}`;
  return {
    containers: namesIn(`${own}/containers`),
    files: namesIn(`${own}/build`),
    halfCaches: namesIn(`${own}/build-caches`).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
    uploads: namesIn(`${at}/incoming/uploads`),
    halfLayers: namesIn(`${at}/incoming/layers`),
    processes: processesBelow(host.group).map(String),
    groups: groupsIn(host.group.slice(1)).sort(),
    mounts: mountsOf(engine.pid).map(({ target }) => target),
  };
}

type Leftovers = ReturnType<typeof leftovers>;

/** What is there that was not. An engine that was started anew has fewer mounts: some are made when they are needed first. */
const newIn = (now: Leftovers, before: Leftovers): string[] =>
  Object.entries(now).flatMap(([kind, names]) =>
    names.filter((name) => !before[kind as keyof Leftovers].includes(name)).map((name) => `${kind}: ${name}`),
  );

interface Usage {
  readonly BuildCache: readonly { readonly Type: string; readonly Size: number }[];
}

/** What `docker system df` tells of caches of RUN --mount, and what these hold. */
async function checkUsage(): Promise<void> {
  const { BuildCache } = (await expect(host.socket, 'GET /system/df', 200)) as Usage;
  const told = BuildCache.filter(({ Type }) => Type === 'exec.cachemount').reduce((sum, { Size }) => sum + Size, 0);
  const caches = `${storeNow()}/hosts/${host.info.id}/build-caches`;
  const files = fs.readdirSync(caches, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const held = files.reduce((sum, { parentPath, name }) => sum + fs.statSync(`${parentPath}/${name}`).size, 0);
  assert.equal(told, held);
}

const stored = () =>
  ['layers', 'blobs/sha256', `hosts/${host.info.id}/build-caches`].map((folder) => namesIn(`${storeNow()}/${folder}`));

async function forgetBuilds(): Promise<void> {
  await expect(host.socket, 'DELETE /images/built', 200);
  await expect(host.socket, 'POST /build/prune', 200);
}

/** The moments of a build in their order, each with how often it has been before. */
async function momentsOf(): Promise<string[]> {
  const moments: string[] = [];
  const count = counter();
  await build(async (what) => void moments.push(count(what)));
  return moments;
}

const kindOf = (moment: string): string => moment.replace(/ \d+$/, '');

/** So many of them, from the first to the last. */
const spread = (all: readonly string[], wanted: number): readonly string[] =>
  all.length <= wanted
    ? all
    : Array.from({ length: wanted }, (_, at) => all[Math.floor(((at + 0.5) * all.length) / wanted)] ?? '');

function counter(): (what: string) => string {
  const seen = new Map<string, number>();
  return (what) => {
    const times = (seen.get(what) ?? 0) + 1;
    seen.set(what, times);
    return `${what} ${times}`;
  };
}

test('X02: an engine that is killed at any moment of a build leaves nothing half, and builds the same digests then', async () => {
  const none = async (): Promise<void> => undefined;
  const empty = stored();
  const idle = leftovers();
  const digests = await build(none);
  assert.ok(digests.length > 5 && !digests.includes(''));
  await forgetBuilds();
  await until('nothing of the builds is stored', () => JSON.stringify(stored()) === JSON.stringify(empty));
  const all = await momentsOf();
  await forgetBuilds();

  const chosen = spread(
    Object.values(Object.groupBy(all, kindOf)).flatMap((kind = []) => spread(kind, 8)),
    rounds(50),
  );
  const killed: string[] = [];
  for (const moment of chosen) {
    // A step that waits when it is killed has been in the middle of something.
    const waiting = /said cached/.test(moment) ? 'cache' : /said line/.test(moment) ? 'step' : null;
    const count = counter();
    let isOver = false;
    const built = build(async (what) => {
      if (isOver || count(what) !== moment) return;
      isOver = true;
      await engine.kill();
    }, waiting);
    const outcome = await built.then(() => 'done', String);
    if (outcome !== 'done') killed.push(moment);
    // Files come and go in another order than before, and pieces have other sizes: a moment may not come again.
    else assert.equal(waiting, null, `the step that waits has ended: ${moment}`);
    await engine.kill();
    await engine.start();
    let left: string[] = [];
    await until(`nothing is left of what was killed at ${moment}`, () => {
      left = newIn(leftovers(), idle);
      return left.length === 0;
    }).catch((error: unknown) => assert.deepEqual(left, [], String(error)));
    assert.deepEqual((await engine.client.check()).findings, [], `killed at ${moment}`);
    await checkUsage();
    assert.deepEqual(await build(none), digests, `after the engine was killed at ${moment}`);
    assert.deepEqual((await engine.client.check()).findings, []);
    await checkUsage();
    await forgetBuilds();
    await until(
      `nothing of the builds is stored (${moment})`,
      () => JSON.stringify(stored()) === JSON.stringify(empty),
    );
  }
  assert.ok(killed.length > 0);
});
