// What a host has pushed and pulled, as the engine tells and keeps it; and what the lab has on the hub, when the host is put back.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { ImageMove, TrafficNews } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: RunningEngine;
let host: DockerHost;
let namespace: string;
const name = 'moves-dev';

beforeAll(async () => {
  engine = await sharedEngine();
  const info = await engine.client.createHost(name);
  host = new DockerHost(engine, info);
  namespace = info.hubAccount ?? '';
  // The first on a machine makes the image.
  await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function ok(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout;
}

const build = (tag: string, from = 'busybox') =>
  ok(`docker rm -f made; docker run --name made ${from} sh -c "echo ${tag} >>/file" && docker commit made ${tag}`);
const web = (tag: string): string => `hub.drydock/${namespace}/web:${tag}`;
const states = (move: ImageMove | undefined) => move?.layers.map(({ state }) => state);
const last = async (): Promise<ImageMove | undefined> => (await engine.client.moves(name)).at(-1);
const holds = async () =>
  (await engine.client.hub.repositories(namespace)).map(({ name: repository, visibility, tags }) => {
    const named = tags.map((tag) => `${tag.name} ${tag.digest}`).sort();
    return { repository, visibility, tags: named };
  });

test('a push and a pull are told layer by layer, and whoever follows hears of them', async () => {
  const heard: TrafficNews[] = [];
  const end = new AbortController();
  const traffic = await engine.client.traffic({ hosts: [name], namespaces: [namespace] }, end.signal);
  const hearing = (async () => {
    for await (const news of traffic) heard.push(news);
  })();
  await build('web');
  await ok(`docker tag web ${web('1')} && docker push ${web('1')}`);
  const pushed = await last();
  assert.deepEqual(states(pushed), ['moved', 'moved']);
  assert.equal(pushed?.direction, 'push');
  assert.equal(pushed?.registry, 'hub.drydock');
  assert.equal(pushed?.repository, `${namespace}/web`);
  assert.equal(pushed?.reference, '1');
  assert.equal(pushed?.state, 'done');
  const known = await engine.client.hub.repository(`${namespace}/web`);
  assert.deepEqual(
    known?.tags.map(({ digest, imageId }) => ({ digest, imageId })),
    [{ digest: pushed?.digest, imageId: pushed?.imageId }],
  );
  assert.ok((known?.tags[0]?.bytes ?? 0) > 1000);
  const inspected = (await ok(`docker inspect -f '{{json .RootFS.Layers}}' web`)).trim();
  assert.deepEqual(
    pushed?.layers.map(({ id }) => id),
    (JSON.parse(inspected) as string[]).map((diffId) => diffId.slice(7, 19)),
  );
  await ok(`docker push ${web('1')}`);
  assert.deepEqual(states(await last()), ['there', 'there']);
  await ok(`docker tag web hub.drydock/${namespace}/other:1 && docker push hub.drydock/${namespace}/other:1`);
  assert.deepEqual(states(await last()), ['elsewhere', 'elsewhere']);
  await ok(`docker rmi -f $(docker images -q web) && docker pull ${web('1')}`);
  const pulled = await last();
  assert.equal(pulled?.direction, 'pull');
  assert.equal(pulled?.digest, pushed?.digest);
  assert.deepEqual(states(pulled), ['there', 'moved']);
  const { exitCode } = await host.shell(
    'docker tag busybox hub.drydock/stranger/x && docker push hub.drydock/stranger/x',
  );
  assert.equal(exitCode, 1);
  assert.equal((await last())?.state, 'failed');
  await until('all is heard', async () =>
    heard.some((news) => news.kind === 'move' && news.host === name && news.move.state === 'failed'),
  );
  assert.ok(heard.some((news) => news.kind === 'hub'));
  assert.ok(heard.some((news) => news.kind === 'move' && news.move.digest === pushed?.digest));
  end.abort();
  await hearing;
});

test('a host that is put back has pushed what it had, and so has its lab on the hub', async () => {
  const before = await holds();
  const moves = await engine.client.moves(name);
  assert.deepEqual(
    before.map(({ repository }) => repository),
    [`${namespace}/other`, `${namespace}/web`],
  );
  await engine.client.takeSnapshot(name, 'then');
  await build('web', web('1'));
  await ok(`docker tag web ${web('1')} && docker push ${web('1')}`);
  assert.deepEqual(states(await last()), ['there', 'there', 'moved']);
  await ok(`docker tag web ${web('2')} && docker push ${web('2')}`);
  await ok(`docker tag web hub.drydock/${namespace}/new:1 && docker push hub.drydock/${namespace}/new:1`);
  await engine.client.hub.setVisibility(`${namespace}/other`, 'private');
  assert.notDeepEqual(await holds(), before);
  await engine.client.restoreSnapshot(name, 'then');
  assert.deepEqual(await holds(), before);
  assert.deepEqual(await engine.client.moves(name), moves);
  assert.deepEqual((await engine.client.hub.check()).findings, []);
  // What was pushed in between is sent once more.
  await build('web', web('1'));
  await ok(`docker tag web ${web('2')} && docker push ${web('2')}`);
  assert.deepEqual(states(await last()), ['there', 'there', 'moved']);
  await ok(`docker pull ${web('1')} && docker run --rm ${web('1')} cat /file`);
});
