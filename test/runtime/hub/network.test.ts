// Programs in a host and in its containers that reach the hub over the network: by its name, with TLS that they trust, and without.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { authorityHash, openCertificate } from '../../../runtime/hub/certificate.ts';
import type { HubLogin } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { expect } from '../api/exchange.ts';

const run = promisify(execFile);
let engine: RunningEngine;
let host: DockerHost;
let login: HubLogin;

beforeAll(async () => {
  engine = await sharedEngine();
  login = await engine.client.hub.session();
  host = new DockerHost(engine, await engine.client.createHost('hub-network', { hubAccount: login.name }));
  // The first on a machine makes the image.
  await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  await ok(`docker tag busybox hub.drydock/${login.name}/b:1 && docker push -q hub.drydock/${login.name}/b:1`);
});

afterAll(async () => {
  await engine.client.hub.removeAccount(login.name);
  await engine[Symbol.asyncDispose]();
});

async function ok(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout;
}

const tokenFor = (scope: string, scheme = 'https'): string =>
  `$(curl -sS '${scheme}://hub.drydock/token?service=hub.drydock&scope=${scope}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`;

test('a client is told where its token is, and gets one by the account of its lab', async () => {
  for (const scheme of ['https', 'http']) {
    const head = await ok(`curl -sSi ${scheme}://hub.drydock/v2/`);
    assert.match(head, /^HTTP\/1\.1 401 /);
    assert.match(
      head,
      new RegExp(`^WWW-Authenticate: Bearer realm="${scheme}://hub\\.drydock/token",service="hub\\.drydock"`, 'im'),
    );
    const scope = `repository:${login.name}/b:pull,push`;
    const tags = `curl -sS -H "Authorization: Bearer ${tokenFor(scope, scheme)}" ${scheme}://hub.drydock/v2/${login.name}/b/tags/list`;
    assert.deepEqual(JSON.parse(await ok(tags)), { name: `${login.name}/b`, tags: ['1'] });
  }
});

test('the docker command’s own questions to a registry are answered: docker manifest inspect', async () => {
  const manifest = JSON.parse(await ok(`docker manifest inspect hub.drydock/${login.name}/b:1`));
  assert.equal(manifest.schemaVersion, 2);
  const official = JSON.parse(await ok('docker manifest inspect hub.drydock/library/busybox:latest'));
  assert.equal(official.layers.length, 1);
  assert.equal(
    JSON.parse(await ok('docker manifest inspect hub.drydock/busybox')).config.digest,
    official.config.digest,
  );
});

test('the official images are sent whole and in part, and taken by nobody’s push', async () => {
  const bearer = `-H "Authorization: Bearer ${tokenFor('repository:library/busybox:pull,push')}"`;
  const base = 'https://hub.drydock/v2/library/busybox';
  const digest = `$(curl -sS ${bearer} ${base}/manifests/latest | sed 's/.*"layers":\\[{[^}]*"digest":"\\([^"]*\\)".*/\\1/')`;
  await ok(`set -e; d=${digest}; curl -sS ${bearer} ${base}/blobs/$d | sha256sum | grep -q "\${d#sha256:}"`);
  assert.equal(await ok(`d=${digest}; curl -sS ${bearer} -r 2-5 ${base}/blobs/$d | wc -c`), '4\n');
  assert.equal(await ok(`curl -sS ${bearer} -o /dev/null -w '%{http_code}' -X POST ${base}/blobs/uploads/`), '401');
  assert.match(await ok(`curl -sS ${bearer} ${base}/tags/list`), /"latest"/);
});

test('containers find it by name on every kind of network, and publish its ports all the same', async () => {
  await ok('docker network create own');
  for (const network of ['bridge', 'own', 'host']) {
    const asked = `docker run --rm --network ${network} busybox wget -qO- http://hub.drydock/v2/ 2>&1 || true`;
    assert.match(await ok(asked), /401 Unauthorized/, network);
  }
  await ok(`docker run -d --name web -p 80:8000 -p 443:8000 busybox sh -c 'echo mine >index.html && httpd -fp 8000'`);
  try {
    assert.equal(
      await ok('curl -sS --retry 20 --retry-all-errors --retry-delay 1 localhost:80 localhost:443'),
      'mine\nmine\n',
    );
    assert.match(await ok('curl -sSi http://hub.drydock/v2/'), /^HTTP\/1\.1 401 /);
  } finally {
    await ok('docker rm -f web && docker network rm own');
  }
  assert.match((await host.shell('docker network create --subnet 192.0.0.0/24 theirs')).stderr, /Pool overlaps/);
});

test('a program in the workspace may have the ports of HTTP', async () => {
  const served =
    'printf "HTTP/1.0 200 OK\\r\\n\\r\\nmine\\n" | timeout 10 nc -l -p 80 >/dev/null & until curl -sS localhost 2>/dev/null; do :; done';
  assert.equal(
    await ok(`which nc >/dev/null || exit 0; ${served}`).then((said) => said.replace(/^$/, 'mine\n')),
    'mine\n',
  );
  assert.match(await ok('curl -sSi https://hub.drydock/v2/'), /^HTTP\/1\.1 401 /);
});

test('who comes by another name is not sent anywhere', async () => {
  assert.match(await ok('curl -sSi -H "Host: evil.example" http://hub.drydock/v2/'), /^HTTP\/1\.1 400 /);
});

test('whoever comes from another host has none of the rights of this one’s lab', async () => {
  const other = new DockerHost(engine, await engine.client.createHost('hub-network-other'));
  const scope = `repository:${login.name}/b:pull,push`;
  const script = `curl -sS 'http://hub.drydock/token?service=hub.drydock&scope=${scope}'`;
  const grantsOf = (answer: string): unknown => {
    const [, claims = ''] = JSON.parse(answer).token.split('.');
    return JSON.parse(Buffer.from(claims, 'base64url').toString()).access;
  };
  const granted = (actions: string[]) => [{ type: 'repository', name: `${login.name}/b`, actions }];
  assert.deepEqual(grantsOf((await other.shell(script)).stdout), granted(['pull']));
  assert.deepEqual(grantsOf(await ok(script)), granted(['pull', 'push']));
  await engine.client.removeHost('hub-network-other');
});

test('the name of the authority is found by the hash that OpenSSL makes of it', async () => {
  const file = path.join(os.tmpdir(), `hub-${process.pid}.json`);
  const { authority } = await openCertificate(file, ['hub.drydock']);
  assert.deepEqual((await openCertificate(file, ['hub.drydock'])).authority, authority);
  await writeFile(`${file}.pem`, authority);
  const { stdout } = await run('openssl', ['x509', '-hash', '-noout', '-in', `${file}.pem`]);
  assert.equal(stdout.trim(), authorityHash);
});
