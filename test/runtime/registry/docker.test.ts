// Docker's client pushes to the registry and pulls from it, through the engine: the registry listens on the host's own localhost.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { bindInside } from '../../../runtime/kernel/bind.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { OwnRegistry } from '../../support/own-registry.ts';

let engine: TestEngine;
let host: DockerHost;
let served: OwnRegistry;
const name = 'localhost:5000';

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'pushing');
  const [fd = -1] = bindInside(host.info.pid, ['tcp'], '127.0.0.1', 5000, 0);
  served = await OwnRegistry.open({ fd });
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

async function docker(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(command);
  assert.equal(exitCode, 0, `${command}: ${stdout}${stderr}`);
  return stdout;
}

test('an image is pushed, removed and pulled again; what is there is not sent twice', async () => {
  await docker(`docker pull busybox && docker tag busybox ${name}/team/bb:1`);
  const pushed = await docker(`docker push ${name}/team/bb:1`);
  const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(pushed)?.[1];
  assert.equal(served.registry.manifests.need('team/bb', '1').digest, digest);
  assert.match(await docker(`docker push ${name}/team/bb:1`), /Layer already exists/);
  await docker(`docker tag busybox ${name}/team/other:1`);
  assert.match(await docker(`docker push ${name}/team/other:1`), /Mounted from team\/bb/);
  await docker(`docker rmi ${name}/team/bb:1 ${name}/team/other:1 busybox`);
  assert.match(await docker(`docker pull ${name}/team/bb@${digest}`), /Downloaded newer image/);
  assert.equal(await docker(`docker run --rm ${name}/team/bb@${digest} echo it runs`), 'it runs\n');
});

test('what a container has changed is pushed and pulled by its tag', async () => {
  await docker(`docker pull busybox && docker run --name made busybox sh -c 'echo mine >/made'`);
  await docker(`docker commit made ${name}/team/made:1 && docker push ${name}/team/made:1`);
  await docker(`docker rm made && docker rmi ${name}/team/made:1 && docker pull ${name}/team/made:1`);
  assert.equal(await docker(`docker run --rm ${name}/team/made:1 cat /made`), 'mine\n');
  const { digest } = served.registry.manifests.need('team/made', '1');
  // Docker asks for the tag's digest by HEAD, and pulls that.
  const [last] = served.registry.audit.list({ repository: 'team/made', most: 1 });
  assert.deepEqual([last?.action, last?.digest], ['pull', digest]);
});
