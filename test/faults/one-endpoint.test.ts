// An engine takes over what an engine wrote that knew one network: a container had one endpoint, and the link between the hosts
// of a lab was called a network.

import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { z } from 'zod';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const row = z.object({ kind: z.string(), host: z.string(), id: z.string(), body: z.string() });
type Body = Record<string, unknown>;
const bodies = z.array(z.looseObject({}));
/** Records within a record have a version each; then they had none. */
const held = z.array(
  z.looseObject({ body: z.looseObject({}).optional() }).transform(({ body, ...rest }) => body ?? rest),
);

/** As that engine stored a container, and what of it is started again. What is stored so already stays. */
function withOneEndpoint(body: Body): Body {
  const { endpoints, ...rest } = body;
  if (endpoints === undefined) return body;
  return { ...rest, endpoint: z.looseObject({}).parse(endpoints).bridge ?? null };
}

const asThen: Readonly<Record<string, (body: Body) => Body>> = {
  container: withOneEndpoint,
  host: ({ link, startAgain, ...rest }) => ({
    ...rest,
    network: link,
    startAgain: bodies.parse(startAgain).map(withOneEndpoint),
  }),
  snapshot: ({ containers, images, running, ...rest }) => ({
    ...rest,
    containers: held.parse(containers).map(withOneEndpoint),
    images: held.parse(images),
    running: bodies.parse(running).map(withOneEndpoint),
  }),
};

/** Rewrites the records of an engine that does not run. The number of endpoints that they have then. */
function writeAsThen(engine: TestEngine): number {
  const database = new DatabaseSync(path.join(engine.instance.data, 'engine.db'));
  let endpoints = 0;
  try {
    const put = database.prepare('UPDATE record SET body = ?, v = 0 WHERE kind = ? AND host = ? AND id = ?');
    for (const { kind, host, id, body } of z.array(row).parse(database.prepare('SELECT * FROM record').all())) {
      const change = asThen[kind];
      if (!change) continue;
      const old = JSON.stringify(change(JSON.parse(body)));
      assert.doesNotMatch(old, /"endpoints"|"link"/);
      endpoints += old.match(/"endpointId"/g)?.length ?? 0;
      put.run(old, kind, host, id);
    }
  } finally {
    database.close();
  }
  return endpoints;
}

let engine: TestEngine;
async function docker(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.docker('dev', ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
const inspect = (name: string, format: string) => docker('inspect', '-f', format, name);
const place =
  '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Networks.bridge.EndpointID}} {{.NetworkSettings.MacAddress}}';
const shell = async (host: string, script: string): Promise<string> =>
  (await engine.client.run(host, { argv: ['bash', '-c', script], user: 'root' })).stdout.trim();
const answers = (host: string, address: string) =>
  shell(host, `curl -s --max-time 3 http://${address}:8080/index.html`);
const serve = ['busybox', 'sh', '-c', 'echo served >/index.html; exec httpd -f -p 80 -h /'];

beforeAll(async () => {
  engine = await startEngine();
  await engine.client.createHost('dev', { hostname: 'dev', link: 'lab' });
  await engine.client.createHost('prod', { hostname: 'prod', link: 'lab' });
  await docker('pull', 'busybox');
  // What is started anew gets the lowest address, which is free: whoever has another one has it from the record.
  await docker('run', '-d', '--name', 'lowest', 'busybox', 'sleep', '1000');
  await docker('run', '-d', '--name', 'first', 'busybox', 'sleep', '1000');
  await docker('run', '-d', '--name', 'web', '-p', '8080:80', ...serve);
  await docker('rm', '-f', 'lowest');
  await engine.client.takeSnapshot('dev', 'kept');
});
afterAll(() => engine?.[Symbol.asyncDispose]());

describe('X10 what an engine left that knew one endpoint', () => {
  test('goes on where it was killed: addresses, ports, names', async () => {
    const before = await inspect('web', place);
    await engine.kill();
    assert.equal(writeAsThen(engine), 6, 'two containers, twice more in the snapshot');
    await engine.start();
    assert.equal(await inspect('web', place), before);
    assert.match(await docker('network', 'inspect', 'bridge'), /"IPv4Address": "172\.17\.0\.4\/16"/);
    assert.match(await docker('ps', '--filter', 'name=web', '--format', '{{.Ports}}'), /0\.0\.0\.0:8080->80\/tcp/);
    await until('it answers', async () => (await answers('dev', '127.0.0.1')) === 'served');
    await until('it answers the other host', async () => (await answers('prod', 'dev')) === 'served');
    // What was adopted has its address and its port: a new one gets others, until it ends.
    await docker('run', '-d', '--name', 'next', 'busybox', 'sleep', '1000');
    await docker('run', '-d', '--name', 'last', 'busybox', 'sleep', '1000');
    assert.match(await inspect('next', place), /^172\.17\.0\.2 /);
    assert.match(await inspect('last', place), /^172\.17\.0\.5 /);
    assert.match((await engine.docker('dev', 'run', '-p', '8080:80', 'busybox')).stderr, /port is already allocated/);
    await docker('rm', '-f', 'web', 'next', 'last');
    assert.equal(await answers('dev', '127.0.0.1'), '');
  });

  test('is started again where it ran when it was shut down', async () => {
    await docker('run', '-d', '--name', 'web', '-p', '8080:80', ...serve);
    await engine.client.storeHost('dev');
    await engine.kill();
    writeAsThen(engine);
    await engine.start();
    await engine.client.startHost('dev');
    assert.match(await inspect('first', place), /^172\.17\.0\.3 /);
    assert.match(await inspect('web', place), /^172\.17\.0\.2 /);
    await until('it answers', async () => (await answers('prod', 'dev')) === 'served');
  });

  test('is restored from its snapshots', async () => {
    await docker('rm', '-f', 'first', 'web');
    await engine.client.restoreSnapshot('dev', 'kept');
    assert.match(await inspect('first', place), /^172\.17\.0\.3 /);
    assert.match(await inspect('web', place), /^172\.17\.0\.4 /);
    await until('it answers', async () => (await answers('dev', '127.0.0.1')) === 'served');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});
