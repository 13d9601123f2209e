// The docker command of a workspace and a real registry: Debian's docker-registry, which the student runs as a container on the host's own
// localhost.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { HostOptions } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: RunningEngine;
let host: DockerHost;
/** Another one of the same lab. */
let other: DockerHost;

async function linkedHost(name: string, options: HostOptions): Promise<DockerHost> {
  return new DockerHost(engine, await engine.client.createHost(name, options));
}

beforeAll(async () => {
  engine = await sharedEngine();
  host = await linkedHost('registries-dev', { link: 'registries', hostname: 'dev' });
  other = await linkedHost('registries-prod', { link: 'registries', hostname: 'prod' });
  // The first on a machine makes the images.
  for (const image of ['registry', 'busybox'])
    await expect(host.socket, `POST /images/create?fromImage=${image}&tag=latest`, 200);
  await ok('docker run --detach --name registry --publish 5000:5000 registry:2');
  await answers('localhost:5000');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function ok(script: string, on = host): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout;
}

/** What a command that fails says. */
async function fails(script: string, on = host): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 1, `${script}: ${stdout}`);
  return stderr.replace('Error response from daemon: ', '').trim();
}

async function answers(address: string): Promise<void> {
  await until(`${address} answers`, async () => (await host.shell(`curl --silent ${address}/v2/`)).exitCode === 0);
}

test('an image is pushed to localhost, pulled again and run', async () => {
  await ok('docker tag busybox localhost:5000/bb:1');
  const pushed = await ok('docker push localhost:5000/bb:1');
  assert.match(pushed, /^The push refers to repository \[localhost:5000\/bb\]\n[0-9a-f]{12}: Preparing\n/);
  assert.match(pushed, /\n[0-9a-f]{12}: Pushed\n1: digest: sha256:[0-9a-f]{64} size: \d+\n$/);
  assert.match(await ok('docker push localhost:5000/bb:1'), /: Layer already exists\n/);
  const digest = /digest: (sha256:\S+)/.exec(pushed)?.[1];
  assert.match(await ok('docker images --digests localhost:5000/bb'), new RegExp(`\\s1\\s+${digest}\\s`));
  await ok('docker rmi localhost:5000/bb:1 busybox');
  const pulled = await ok('docker pull localhost:5000/bb:1');
  assert.match(pulled, /^1: Pulling from bb\n([0-9a-f]{12}): Pulling fs layer\n(.*\n)*\1: Pull complete\n/);
  assert.ok(
    pulled.endsWith(`Digest: ${digest}\nStatus: Downloaded newer image for localhost:5000/bb:1\nlocalhost:5000/bb:1\n`),
    pulled,
  );
  assert.equal(await ok('docker run --rm localhost:5000/bb:1 echo it runs'), 'it runs\n');
  assert.match(await ok('docker pull 127.0.0.1:5000/bb:1'), /: Already exists\n/);
  assert.equal(await ok('docker pull --quiet localhost:5000/bb:1'), 'localhost:5000/bb:1\n');
  await ok(`docker rmi --force 127.0.0.1:5000/bb:1 && docker pull localhost:5000/bb@${digest}`);
  const seen = await ok(
    'docker events --since 0 --until "$(($(date +%s) + 1))" --filter type=image --format "{{.Action}} {{.Actor.ID}}"',
  );
  assert.match(seen, /^push localhost:5000\/bb(:1)?$/m);
  assert.match(seen, /^pull localhost:5000\/bb:1$/m);
});

test('all tags are pushed and pulled', async () => {
  await ok('docker pull busybox && docker tag busybox localhost:5000/all:a && docker tag busybox localhost:5000/all:b');
  const pushed = await ok('docker push --all-tags localhost:5000/all');
  assert.match(pushed, /\na: digest: .*\n(.*\n)*b: digest: /);
  await ok('docker rmi localhost:5000/all:a localhost:5000/all:b');
  const pulled = await ok('docker pull --all-tags localhost:5000/all');
  assert.match(pulled, /Status: (Image is up to date|Downloaded newer image) for localhost:5000\/all\n/);
  assert.equal((await ok('docker images --quiet localhost:5000/all')).trim().split('\n').length, 2);
});

test('an image that is committed is pushed, and another host of the lab that may do without TLS pulls it', async () => {
  assert.equal(
    await fails('docker pull dev:5000/made', other),
    'Get "https://dev:5000/v2/": http: server gave HTTP response to HTTPS client',
  );
  const settings = '{"insecure-registries": ["dev:5000", "10.9.0.0/16"]}';
  await ok(`mkdir -p /etc/docker && echo '${settings}' > /etc/docker/daemon.json`, other);
  assert.match(
    await ok('docker info', other),
    /\n Insecure Registries:\n {2}dev:5000\n {2}10\.9\.0\.0\/16\n {2}::1\/128\n {2}127\.0\.0\.0\/8\n/,
  );
  await ok('docker run --name made busybox sh -c "echo made here >/made" && docker commit made localhost:5000/made');
  await ok('docker push localhost:5000/made');
  await ok('docker pull dev:5000/made', other);
  assert.equal(await ok('docker run --rm dev:5000/made cat /made', other), 'made here\n');
  await ok('docker tag dev:5000/made dev:5000/again && docker push dev:5000/again', other);
  await ok('docker pull localhost:5000/again');
  await ok("echo '{}' > /etc/docker/daemon.json", other);
  assert.match(await fails('docker pull dev:5000/made', other), /gave HTTP response to HTTPS client$/);
});

test('what cannot be pulled or pushed is told in Docker’s words', async () => {
  assert.equal(
    await fails('docker pull localhost:5000/nope'),
    'manifest for localhost:5000/nope:latest not found: manifest unknown: manifest unknown',
  );
  assert.equal(
    await fails('docker pull localhost:5999/x'),
    'Get "http://localhost:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused',
  );
  const address = (await ok("docker inspect --format '{{.NetworkSettings.IPAddress}}' registry")).trim();
  assert.equal(
    await fails(`docker pull ${address}:5000/bb:1`),
    `Get "https://${address}:5000/v2/": http: server gave HTTP response to HTTPS client`,
  );
  assert.match(await fails('docker pull nowhere.example/x'), /dial tcp: lookup nowhere\.example/);
  assert.equal(
    await fails('docker push localhost:5000/not-here'),
    'An image does not exist locally with the tag: localhost:5000/not-here',
  );
  assert.match(
    await ok('docker pull --platform linux/riscv64 localhost:5000/bb:1'),
    /\nWARNING: image with reference localhost:5000\/bb:1 was found but its platform \(linux\/\w+\) does not match/,
  );
});

test('a registry with a lock lets in whoever logs in, until they log out', async () => {
  // The password is `secret`.
  const line = 'ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a';
  await ok(`mkdir -p /root/auth && echo '${line}' >/root/auth/htpasswd`);
  await ok(
    [
      'docker run --detach --name locked --publish 5001:5000 --volume /root/auth:/auth',
      ...[
        'REGISTRY_AUTH=htpasswd',
        'REGISTRY_AUTH_HTPASSWD_REALM=ours',
        'REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd',
      ].map((variable) => `--env ${variable}`),
      'registry:2',
    ].join(' '),
  );
  await answers('localhost:5001');
  await ok('docker tag busybox localhost:5001/bb');
  assert.equal(await fails('docker push localhost:5001/bb'), 'no basic auth credentials');
  assert.equal(
    await fails('echo wrong | docker login --username ann --password-stdin localhost:5001'),
    'login attempt to http://localhost:5001/v2/ failed with status: 401 Unauthorized',
  );
  assert.match(
    await ok('echo secret | docker login --username ann --password-stdin localhost:5001'),
    /^Login Succeeded$/m,
  );
  await ok('docker push localhost:5001/bb && docker pull localhost:5001/bb');
  await ok('docker logout localhost:5001');
  assert.equal(
    await fails('docker pull localhost:5001/bb'),
    'Head "http://localhost:5001/v2/bb/manifests/latest": no basic auth credentials',
  );
});

test('a search finds what the catalogue has', async () => {
  const found = await ok('docker search --format "{{.Name}} {{.IsOfficial}}" registry');
  assert.match(found, /^registry \[OK\]$|^registry true$/m);
  assert.equal(await ok('docker search --format "{{.Name}}" no-such-image'), '');
  assert.match(await fails('docker search --limit 101 x'), /limit 101 is outside the range of \[1, 100\]/);
});
