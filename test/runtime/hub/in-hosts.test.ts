// The docker command of a workspace and the hub: push, pull, login and search of `hub.drydock`, and whose names are whose.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { HubLogin } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { expect } from '../api/exchange.ts';

let engine: RunningEngine;
let ann: DockerHost;
/** Of another lab. */
let bob: DockerHost;
let annLogin: HubLogin;
let bobLogin: HubLogin;

beforeAll(async () => {
  engine = await sharedEngine();
  [annLogin, bobLogin] = await Promise.all([engine.client.hub.session(), engine.client.hub.session()]);
  ann = new DockerHost(engine, await engine.client.createHost('hub-ann', { hubAccount: annLogin.name }));
  bob = new DockerHost(engine, await engine.client.createHost('hub-bob', { hubAccount: bobLogin.name }));
  // The first on a machine makes the image.
  await expect(ann.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
});

afterAll(async () => {
  for (const { name } of [annLogin, bobLogin]) await engine.client.hub.removeAccount(name);
  await engine[Symbol.asyncDispose]();
});

async function ok(script: string, on = ann): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout;
}

/** What a command that fails says. */
async function fails(script: string, on = ann): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 1, `${script}: ${stdout}`);
  return stderr.replace('Error response from daemon: ', '').trim();
}

test('a student pushes to the namespace of their lab, and another student pulls and runs it', async () => {
  const name = `hub.drydock/${annLogin.name}/hello:1`;
  await ok(
    `printf x > file && docker create --name made busybox cat /file && docker cp -q file made:/file && docker commit made ${name}`,
  );
  const pushed = await ok(`docker push ${name}`);
  assert.match(
    pushed,
    /^The push refers to repository \[hub\.drydock\/student-\w+\/hello\]\n[0-9a-f]{12}: Preparing\n/,
  );
  assert.match(pushed, /\n[0-9a-f]{12}: Pushed\n1: digest: sha256:[0-9a-f]{64} size: \d+\n$/);
  const digest = /digest: (sha256:\S+)/.exec(pushed)?.[1];
  assert.match(await ok(`docker push ${name}`), /: Layer already exists\n/);
  const pulled = await ok(`docker pull ${name}`, bob);
  assert.match(
    pulled,
    /^1: Pulling from student-\w+\/hello\n([0-9a-f]{12}): Pulling fs layer\n(.*\n)*\1: Pull complete\n/,
  );
  assert.ok(pulled.endsWith(`Digest: ${digest}\nStatus: Downloaded newer image for ${name}\n${name}\n`), pulled);
  assert.match(await ok(`docker pull ${name}`, bob), /Status: Image is up to date for /);
  assert.equal(await ok(`docker run --rm ${name}`, bob), 'x');
  assert.match(await ok(`docker pull hub.drydock/${annLogin.name}/hello@${digest}`, bob), /Status: /);
});

test('the names of official images are the catalogue’s, and nobody pushes to them', async () => {
  const pulled = await ok('docker pull hub.drydock/busybox', bob);
  assert.match(pulled, /^Using default tag: latest\nlatest: Pulling from busybox\n/);
  assert.match(pulled, /Status: (Downloaded newer image|Image is up to date) for hub\.drydock\/busybox:latest\n/);
  await ok('docker pull hub.drydock/library/busybox:latest && docker run --rm hub.drydock/library/busybox true', bob);
  await ok('docker tag busybox hub.drydock/library/busybox:mine && docker tag busybox hub.drydock/mine');
  for (const name of ['hub.drydock/library/busybox:mine', 'hub.drydock/mine'])
    assert.match(await fails(`docker push ${name}`), /^denied: requested access to the resource is denied$/m);
  assert.match(
    await fails('docker pull hub.drydock/busybox:none'),
    /^manifest for hub\.drydock\/busybox:none not found: manifest unknown/,
  );
});

test('what is not there, and what is another’s, is told as Docker tells it', async () => {
  const own = `hub.drydock/${annLogin.name}`;
  const none = `${own}/none`;
  const denied = (name: string): string =>
    `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;
  assert.equal(await fails('docker pull hub.drydock/nobody/x'), denied('hub.drydock/nobody/x'));
  assert.match(
    await fails(`docker pull ${own}/hello:2`),
    /^manifest for \S+\/hello:2 not found: manifest unknown: manifest unknown$/,
  );
  assert.match(
    await fails(`docker pull ${none}`),
    /^manifest for \S+\/none:latest not found: manifest unknown: manifest unknown$/,
  );
  await ok(`docker tag busybox ${own}/theirs`, bob).catch(() =>
    ok(`docker pull busybox && docker tag busybox ${own}/theirs`, bob),
  );
  assert.match(await fails(`docker push ${own}/theirs`, bob), /denied: requested access to the resource is denied$/);
});

test('docker login takes a password once, and what it keeps is no password; a wrong one is told as such', async () => {
  const account = { name: 'carla', password: 'correct horse battery' };
  await engine.client.hub.createAccount(account);
  try {
    assert.equal(
      await fails('echo wrong-password | docker login -u carla --password-stdin hub.drydock'),
      'Get "https://hub.drydock/v2/": unauthorized: incorrect username or password',
    );
    assert.match(
      await ok(`echo '${account.password}' | docker login -u carla --password-stdin hub.drydock`),
      /Login Succeeded/,
    );
    const kept = await ok('cat ~/.docker/config.json');
    assert.ok(!kept.includes(Buffer.from(`carla:${account.password}`).toString('base64')), kept);
    assert.match(kept, /identitytoken/);
    await ok('docker tag busybox hub.drydock/carla/b:1 && docker push hub.drydock/carla/b:1');
    assert.match(
      await fails('docker tag busybox hub.drydock/dora/b && docker push hub.drydock/dora/b'),
      /denied: requested/,
    );
    await ok('docker logout hub.drydock');
    assert.match(await fails('docker push hub.drydock/carla/b:1'), /denied: requested/);
  } finally {
    await engine.client.hub.removeAccount('carla');
  }
});

test('a search of the hub finds what whoever searches may pull', async () => {
  const found = await ok("docker search --format '{{.Name}} {{.IsOfficial}}' hub.drydock/b");
  assert.match(found, /^hub\.drydock\/busybox (\[OK\]|true)$/m);
  assert.match(await ok(`docker search --format '{{.Name}}' hub.drydock/${annLogin.name}/hello`, bob), /\/hello\n$/);
});

test('a second host’s pull of what the machine has copies nothing and unpacks nothing', async () => {
  const name = `hub.drydock/${annLogin.name}/large:1`;
  const script = `docker rm -f made; head -c 100000000 /dev/urandom > large && docker create --name made busybox && docker cp -q large made:/large && docker commit made ${name} && docker push -q ${name} && rm large`;
  await ok(script);
  const before = performance.now();
  await expect(bob.socket, `POST /images/create?fromImage=${encodeURIComponent(name)}&tag=1`, 200).catch(
    () => undefined,
  );
  await expect(bob.socket, `POST /images/create?fromImage=hub.drydock/${annLogin.name}/large&tag=1`, 200);
  console.log(`pull: ${(performance.now() - before).toFixed(1)} ms`);
  assert.equal(await ok(`docker run --rm ${name} stat -c %s /large`, bob), '100000000\n');
});

test('the hosts of a lab have one account, which goes with the last of them and all that it has pushed', async () => {
  const create = (name: string, hostname: string) =>
    engine.client.createHost(name, { link: 'hub-lab', hostname }).then((info) => new DockerHost(engine, info));
  const [dev, prod] = [await create('hub-lab-dev', 'dev'), await create('hub-lab-prod', 'prod')];
  const { hubAccount } = await engine.client.host('hub-lab-dev');
  assert.ok(hubAccount);
  assert.equal((await engine.client.host('hub-lab-prod')).hubAccount, hubAccount);
  await ok(
    'docker pull -q busybox && docker tag busybox hub.drydock/$HUB_NAMESPACE/b && docker push -q hub.drydock/$HUB_NAMESPACE/b',
    dev,
  );
  await ok('docker pull -q hub.drydock/$HUB_NAMESPACE/b', prod);
  await engine.client.removeHost('hub-lab-dev');
  assert.equal((await engine.client.hub.account(hubAccount)).kind, 'session');
  await engine.client.removeHost('hub-lab-prod');
  await assert.rejects(engine.client.hub.account(hubAccount), /has no account/);
  const { repositories } = await engine.client.hub.report();
  assert.deepEqual(
    repositories.filter(({ name }) => name.startsWith(`${hubAccount}/`)),
    [],
  );
});

test('tables and files agree', async () => {
  assert.deepEqual((await engine.client.check()).findings, []);
});
