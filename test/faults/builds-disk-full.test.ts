// A disk is full in the middle of a build, a student's or the machine's: the student is told so, with what to do; nothing is left, the
// next build works when there is room, and others notice nothing of a student's (X07, D04).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { diskFull } from '../../runtime/errors.ts';
import { expect } from '../runtime/api/exchange.ts';
import { buildClassic } from '../runtime/build/classic-client.ts';
import { BuildClient, type Given, type SolveRequest } from '../support/build-client.ts';
import { takesOutputs } from '../support/build-outputs.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;
let engine: TestEngine;
let greedy: DockerHost;
let other: DockerHost;

beforeAll(async () => {
  engine = await startEngine({ hostDiskBytes: 96 * MiB });
  greedy = await createDockerHost(engine, 'greedy');
  other = await createDockerHost(engine, 'other');
});

afterAll(async () => {
  assert.doesNotMatch(engine.log(), /not foreseen/);
  await engine[Symbol.asyncDispose]();
});

const store = (): string => `/proc/${engine.pid}/root${engine.instance.data}/store`;
const own = (): string => `${store()}/hosts/${greedy.info.id}`;
const sync = (): void => void execFileSync('sync', ['--file-system', store()]);

/** What counts against the student's limit, in bytes. */
function used(): number {
  const told = execFileSync('btrfs', ['qgroup', 'show', '--raw', '-f', own()], { encoding: 'utf8' });
  const [, bytes] = /^0\/\d+\s+(\d+)\s/m.exec(told) ?? assert.fail(told);
  return Number(bytes);
}

interface Wanted {
  readonly Dockerfile: string;
  readonly context?: Readonly<Record<string, Given>>;
  /** Beside the image. */
  readonly output?: string;
  readonly cache?: SolveRequest['cache'];
}

/** The error of a build, empty for none, and what its steps have said. */
async function build(host: DockerHost, { Dockerfile, context = {}, output, cache }: Wanted) {
  using client = await BuildClient.open(host.socket);
  const ref = randomUUID();
  const types = output === undefined ? ['moby'] : ['moby', output];
  const { methods } = takesOutputs({ types, onPiece: () => Promise.resolve() });
  const serves = { directories: { dockerfile: { Dockerfile }, context }, methods };
  const exporters = types.map((type) => ({ type, attributes: {} }));
  const built = client.build(serves, { ref, exporters, ...(cache && { cache }) }).then(() => '', String);
  let text = '';
  for await (const { logs } of client.status(ref)) for (const { msg } of logs) text += Buffer.from(msg).toString();
  return { error: await built, text };
}

const namesIn = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []);

/** What is on the disk of what no build needs any more. */
const leftovers = () => ({
  containers: namesIn(`${own()}/containers`),
  files: namesIn(`${own()}/build`),
  halfCaches: namesIn(`${own()}/build-caches`).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
  uploads: namesIn(`${store()}/incoming/uploads`),
  halfLayers: namesIn(`${store()}/incoming/layers`),
});

/** After everything was pruned. */
async function checkClean(): Promise<void> {
  await expect(greedy.socket, 'POST /images/prune?filters={"dangling":["true"]}', 200);
  await expect(greedy.socket, 'POST /build/prune', 200);
  const empty = { containers: [], files: [], halfCaches: [], uploads: [], halfLayers: [] };
  await until('nothing is left', () => JSON.stringify(leftovers()) === JSON.stringify(empty)).catch((error) => {
    assert.deepEqual(leftovers(), empty, String(error));
  });
  assert.deepEqual(namesIn(`${own()}/build-caches`), []);
  sync();
  assert.deepEqual((await engine.client.check()).findings, []);
}

const large = randomBytes(12 * MiB);
const make = 'head -c 12500000 /dev/urandom';
const layers = `FROM busybox\nRUN ${make} > /one\n`;
/** What a disk without room for what they write ends. `host`: also those that write to the student's own disk alone. */
const stages: Readonly<Record<string, Wanted>> = {
  'what the client sends comes': { Dockerfile: 'FROM busybox\nCOPY large /\n', context: { large } },
  'a command writes': { Dockerfile: `FROM busybox\nRUN ${make} > /file\n` },
  'a command writes to a cache': {
    Dockerfile: `FROM busybox\nRUN --mount=type=cache,target=/c ${make} > /c/file\n`,
  },
  'a command writes to what was mounted': {
    Dockerfile: `FROM busybox\nRUN --mount=target=/c,rw ${make} > /c/file\n`,
    context: { a: 'a' },
  },
};
/** Those that write to the student's disk after their image was built. */
const exports: Readonly<Record<string, Omit<Wanted, 'Dockerfile'>>> = {
  'a docker archive is packed': { output: 'docker' },
  'an OCI archive is packed': { output: 'oci' },
  'files are given to the client': { output: 'local' },
  'a cache is packed': {
    cache: {
      exports: [
        { type: 'local', attributes: { dest: '/c', mode: 'max', compression: 'gzip', 'force-compression': 'true' } },
      ],
    },
  },
};

describe('X07: a build on a student’s disk without room', () => {
  const filler = (): string => `${own()}/filler`;

  /** Leaves about `bytes`, in pieces that are written and removed as the quota counts them. */
  async function leave(bytes: number): Promise<void> {
    fs.mkdirSync(filler());
    const piece = Buffer.alloc(2 * MiB);
    try {
      for (let at = 0; ; at++) fs.writeFileSync(`${filler()}/${at}`, piece);
    } catch (error) {
      assert.ok(diskFull(error), String(error));
    }
    const pieces = fs.readdirSync(filler()).sort((a, b) => Number(a) - Number(b));
    for (const name of pieces.slice(0, Math.ceil(bytes / piece.length))) fs.rmSync(`${filler()}/${name}`);
    sync();
  }

  function giveBack(): void {
    fs.rmSync(filler(), { recursive: true, force: true });
    sync();
  }

  const full = /no space left on device: the disk of this host is full; docker builder prune and docker system prune/;

  test('ends in words while it is made, leaves nothing, and works when there is room; others have their own', async () => {
    await leave(6 * MiB);
    const before = used();
    try {
      for (const [stage, wanted] of Object.entries(stages)) {
        const { error, text } = await build(greedy, wanted);
        assert.match(error, full, `while ${stage}: ${text}`);
        assert.ok(!error.includes(engine.instance.folder) && !text.includes(engine.instance.folder), error + text);
        await checkClean();
        // The kernel lets go of a removed file once the last mount that showed it is gone, moments after the container.
        await until(`the room is back after ${stage}`, () => {
          sync();
          return used() < before + MiB;
        });
        const small = await build(greedy, {
          Dockerfile: 'FROM busybox\nCOPY a /\nRUN cat /a\n',
          context: { a: 'there is room' },
        });
        assert.deepEqual(small, { error: '', text: 'there is room' }, `after ${stage}`);
        const beside = await build(other, { Dockerfile: `FROM busybox\nRUN ${make} > /file; echo ${stage}\n` });
        assert.deepEqual(beside, { error: '', text: `${stage}\n` });
        await expect(other.socket, 'POST /build/prune', 200);
      }
      const classic = await buildClassic(greedy.socket, [
        [{ name: 'Dockerfile' }, 'FROM busybox\nCOPY large /\n'],
        [{ name: 'large' }, large.toString('latin1')],
      ]);
      assert.match(JSON.stringify(classic.lines) + classic.said, /the disk of this host is full/);
      await checkClean();
    } finally {
      giveBack();
    }
    assert.equal((await build(greedy, stages['what the client sends comes'] ?? assert.fail())).error, '');
    await checkClean();
  });

  test('ends in words while its outputs are made, and has its image all the same', async () => {
    assert.equal((await build(greedy, { Dockerfile: layers })).error, '');
    await leave(6 * MiB);
    try {
      for (const [stage, wanted] of Object.entries(exports)) {
        const { error } = await build(greedy, { Dockerfile: layers, ...wanted });
        assert.match(error, full, `while ${stage}`);
        await until('nothing is left', () => leftovers().files.length === 0 && leftovers().uploads.length === 0);
      }
      // It is given as it is made.
      assert.equal((await build(greedy, { Dockerfile: layers, output: 'tar' })).error, '');
    } finally {
      giveBack();
    }
    for (const [stage, wanted] of Object.entries(exports))
      assert.equal((await build(greedy, { Dockerfile: layers, ...wanted })).error, '', stage);
    await checkClean();
  });

  test('without a byte is told the same, and docker builder prune makes room', async () => {
    const Dockerfile = 'FROM busybox\nRUN --mount=type=cache,target=/c head -c 12000000 /dev/urandom > /c/file\n';
    assert.equal((await build(greedy, { Dockerfile })).error, '');
    await leave(0);
    try {
      const { error, text } = await build(greedy, { Dockerfile: 'FROM busybox\nRUN echo x > /x; echo said\n' });
      if (error !== '') assert.match(error, full, text);
      const context = { large };
      // The next engine's builder begins on a full disk.
      await engine.kill();
      await engine.start();
      assert.match((await build(greedy, { Dockerfile: 'FROM busybox\nCOPY large /\n', context })).error, full);
      const { SpaceReclaimed } = (await expect(greedy.socket, 'POST /build/prune', 200)) as { SpaceReclaimed: number };
      assert.ok(SpaceReclaimed >= 12_000_000);
      sync();
      const half = { large: large.subarray(0, 6 * MiB) };
      assert.equal((await build(greedy, { Dockerfile: 'FROM busybox\nCOPY large /\n', context: half })).error, '');
    } finally {
      giveBack();
    }
    await checkClean();
  });
});

describe('X07: a build on a machine’s disk without room', () => {
  test('ends in words, leaves nothing, and works when there is room; others are answered', async () => {
    const filler = `${store()}/filler`;
    assert.equal((await build(greedy, { Dockerfile: layers })).error, '');
    fs.mkdirSync(filler);
    // The file system says how much is free, but not how much of it files may have.
    for (const size of [1024, 128, 16, 4]) {
      const take = (at: number): boolean => {
        try {
          execFileSync('fallocate', ['--length', `${size}MiB`, `${filler}/${size}-${at}`], { stdio: 'ignore' });
          return true;
        } catch {
          return false;
        }
      };
      for (let at = 0; take(at); at++);
    }
    fs.rmSync(`${filler}/4-0`, { force: true });
    sync();
    try {
      for (const [stage, wanted] of [
        ...Object.entries(stages),
        ...Object.entries(exports).map(([name, more]) => [name, { Dockerfile: layers, ...more }] as const),
        [
          'an archive is unpacked',
          { Dockerfile: 'FROM busybox\nCOPY --from=busybox . /x\nCOPY large .\n', context: { large } },
        ] as const,
      ]) {
        const { error, text } = await build(greedy, wanted);
        assert.match(error, /no space left on device: the disk of the machine is full/, `while ${stage}: ${text}`);
        assert.ok(!error.includes(engine.instance.folder) && !text.includes(engine.instance.folder), error + text);
        await expect(other.socket, 'GET /containers/json', 200);
        assert.deepEqual((await engine.client.check()).findings, []);
      }
    } finally {
      fs.rmSync(filler, { recursive: true });
      sync();
    }
    for (const wanted of Object.values(stages)) assert.equal((await build(greedy, wanted)).error, '');
    await checkClean();
  });
});
