// `docker buildx history`, as a current client asks it.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { currentBuildx } from '../../support/docker-config.ts';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { type Client, outsideClient } from './clients.ts';

describe.skipIf(currentBuildx === null)('the history of builds', () => {
  let engine: TestEngine;
  let folder: string;
  let client: Client;

  beforeAll(async () => {
    engine = await startEngine();
    folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'history'}-`));
    await createDockerHost(engine, 'dev');
    client = (await outsideClient(engine, 'dev', path.join(folder, 'outside'))) ?? assert.fail('there is no client');
    await client.directory('right', { Dockerfile: 'FROM busybox\nARG WHO\nRUN echo "I am $WHO" > /who && cat /who\n' });
    await client.directory('wrong', { Dockerfile: 'FROM busybox\nRUN echo why; exit 3\n' });
    await client.told('docker build --progress=plain --build-arg WHO=me -t right right');
    await client.refused('docker build --progress=plain wrong');
    await client.told('docker build --progress=plain --build-arg WHO=me right');
  });

  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const list = async (): Promise<string[]> =>
    (await client.said(`docker buildx history ls --format '{{.Name}} {{.Status}}'`)).trim().split('\n').filter(Boolean);

  test('is told: the newest first, with how each went', async () => {
    assert.deepEqual(await list(), ['right Completed', 'wrong Error', 'right Completed']);
    const failed = await client.said(`docker buildx history ls --filter status=error --format '{{.Name}}'`);
    assert.equal(failed, 'wrong\n');
    const told = await client.said('docker buildx history ls --format json');
    const [newest] = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    assert.ok(newest && newest.total_steps === newest.completed_steps && newest.cached_steps === 1, told);
  });

  test('has of each build what was asked for, its steps, and why it failed', async () => {
    const right = await client.said('docker buildx history inspect');
    assert.match(right, /^Name:\s+right\n/);
    assert.match(right, /^Dockerfile:\s+Dockerfile$/m);
    assert.match(right, /^Build Steps:\s+(\d+)\/\1 \(\d+% cached\)$/m);
    assert.match(right, /^WHO\s+me$/m);
    const wrong = await client.said('docker buildx history inspect ^1');
    assert.match(wrong, /^Error:.*did not complete successfully: exit code: 3$/m);
    assert.match(await client.refused('docker buildx history inspect nosuch'), /no record found for ref "nosuch"/);
  });

  test('prints the progress of a build again', async () => {
    const { stdout, stderr } = await client.shell('docker buildx history logs --progress plain ^2');
    assert.match(stdout + stderr, /^#\d+ [\d.]+ I am me$/m);
    assert.match(stdout + stderr, /^#\d+ naming to docker\.io\/library\/right/m);
  });

  test('is exported', async () => {
    await client.said('docker buildx history export -o out.dockerbuild ^1');
    assert.match(await client.said('tar tzf out.dockerbuild'), /^index\.json$/m);
  });

  test('outlives an engine, and tells of one that was not ended', async () => {
    await engine.kill();
    await engine.start();
    assert.deepEqual(await list(), ['right Completed', 'wrong Error', 'right Completed']);
    assert.match(await client.said('docker buildx history inspect ^1'), /exit code: 3/);
  });

  test('is removed, one build or all', async () => {
    const [ref = ''] = (await client.said(`docker buildx history ls --format '{{.Ref}}'`)).split('\n');
    await client.said(`docker buildx history rm ${path.basename(ref)}`);
    assert.deepEqual(await list(), ['wrong Error', 'right Completed']);
    await client.said('docker buildx history rm --all');
    assert.deepEqual(await list(), []);
  });
});
