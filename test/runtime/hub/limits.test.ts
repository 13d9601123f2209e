// A limit of pulls in a student's host: what the docker command says, and what curl sees of it.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { HubLogin } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';

let engine: RunningEngine;
let host: DockerHost;
let lab: HubLogin;

beforeAll(async () => {
  engine = await sharedEngine();
  lab = await engine.client.hub.session();
  host = new DockerHost(engine, await engine.client.createHost('hub-limited', { hubAccount: lab.name }));
});

afterAll(async () => {
  await engine.client.hub.removeAccount(lab.name);
  await engine[Symbol.asyncDispose]();
});

/** `curl` with a token, as Docker's documentation shows it: the status and the headers of a look at a manifest. */
const look = `token=$(curl -s "http://hub.drydock/token?service=hub.drydock&scope=repository:library/busybox:pull" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -s --head -H "Authorization: Bearer $token" http://hub.drydock/v2/library/busybox/manifests/latest`;

test('pulls are counted for the lab, looks are not, and the last one is told in Docker’s words', async () => {
  const ok = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await host.shell(script);
    assert.equal(exitCode, 0, `${script}: ${stderr}`);
    return stdout;
  };
  assert.doesNotMatch(await ok(look), /ratelimit/i);
  await engine.client.hub.setPullLimit(lab.name, '2;w=3600');
  const looked = await ok(look);
  assert.match(looked, /^HTTP\/1.1 200 /);
  assert.match(looked, /^RateLimit-Limit: 2;w=3600\r?$/im);
  assert.match(looked, /^RateLimit-Remaining: 2;w=3600\r?$/im);
  await ok('docker pull hub.drydock/library/busybox && docker rmi hub.drydock/library/busybox');
  assert.match(await ok(look), /^RateLimit-Remaining: 1;w=3600\r?$/im);
  await ok('docker pull hub.drydock/library/busybox');
  const { exitCode, stderr } = await host.shell('docker pull hub.drydock/library/busybox');
  assert.deepEqual(
    [exitCode, stderr.trim()],
    [1, 'Error response from daemon: toomanyrequests: You have reached your pull rate limit.'],
  );
  await engine.client.hub.setPullLimit(lab.name, '');
  await ok('docker pull hub.drydock/library/busybox');
});
