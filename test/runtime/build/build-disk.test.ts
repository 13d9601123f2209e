// What builds take of a host: disk, of which they tell, and a place beside its containers.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { maxContainersPerHost } from '../../../runtime/limits.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { expect, expectSending } from '../api/exchange.ts';
import { Student } from './student-builds.ts';

let engine: TestEngine;
let host: DockerHost;
let student: Student;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Told {
  readonly Type: string;
  readonly Size: number;
  readonly Shared: boolean;
  readonly InUse: boolean;
}

async function told(): Promise<Record<string, Told[]>> {
  const { BuildCache } = (await expect(host.socket, 'GET /system/df', 200)) as { BuildCache: Told[] };
  return Object.groupBy(BuildCache, ({ Type }) => Type) as Record<string, Told[]>;
}

test('layers, caches of RUN --mount and files of the client are told with what they hold, and pruned by their type', async () => {
  const Dockerfile = `FROM busybox
COPY big /big
RUN --mount=type=cache,target=/c head -c 1000000 /dev/zero > /c/zeros
RUN head -c 300000 /dev/zero > /zeros
`;
  await student.directory('told', { Dockerfile, '.dockerignore': 'Dockerfile\n' });
  await student.said('head -c 200000 /dev/urandom > told/big; docker build -q -t told told');
  const { regular = [], 'exec.cachemount': caches = [], 'source.local': sources = [] } = await told();
  const sizes = (all: readonly Told[]): number[] => all.map(({ Size }) => Size).sort((a, b) => a - b);
  assert.deepEqual([sizes(caches), sizes(sources)], [[1_000_000], [200_000]]);
  assert.deepEqual(sizes(regular), [0, 200_000, 300_000]);
  assert.ok(regular.every(({ Shared, InUse }) => Shared && !InUse));
  assert.match(await student.said('docker buildx du'), /^Shared:\s+500kB\n^Private:\s+1\.2MB/m);
  await student.said('docker rmi told; docker builder prune -af --filter type=exec.cachemount');
  const left = await told();
  assert.deepEqual(Object.keys(left).sort(), ['regular', 'source.local']);
  assert.ok(left.regular?.every(({ Shared }) => !Shared));
  assert.match(await student.said('docker builder prune -af'), /^Total:\s+700kB$/m);
  assert.deepEqual(Object.keys(await told()), []);
});

test('a host with as many containers as it may have can build, and what it builds counts among none', async () => {
  await student.directory('full', { Dockerfile: 'FROM busybox\nRUN echo a step of its own\n' });
  for (let at = 0; at < maxContainersPerHost; at++) await host.create(`full${at}`, ['true']);
  await expectSending(host.socket, 'POST /containers/create', { Image: 'busybox', Cmd: ['true'] }, 429);
  assert.deepEqual(await student.stepsSaid('full'), ['a step of its own']);
});
