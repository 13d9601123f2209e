// Pull-through in a student's host: docker.io's names that the catalogue lacks, a registry of the operator's file, and what the docker
// command says when the other registry is away, or wants no more.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { refuse, TestRegistry } from '../../support/registry.ts';

let upstream: TestRegistry;
let theirs: TestRegistry;
let engine: TestEngine;
let first: DockerHost;
let second: DockerHost;
let directory: string;

beforeAll(async () => {
  upstream = await TestRegistry.open();
  theirs = await TestRegistry.open();
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-mirrors-'));
  const mirrors = path.join(directory, 'mirrors');
  fs.writeFileSync(mirrors, `registry.example.org ${theirs.url}\n`);
  engine = await startEngine({ upstream: upstream.url, mirrors });
  [first, second] = [await createDockerHost(engine, 'first'), await createDockerHost(engine, 'second')];
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  await theirs?.[Symbol.asyncDispose]();
  if (directory) fs.rmSync(directory, { recursive: true, force: true });
});

test('what the catalogue has is not asked for elsewhere; what it lacks is fetched once, for every host', async () => {
  const { layers } = await upstream.putImage('library/alpine', '3', ['one', 'two']);
  const busybox = await first.shell('docker pull busybox');
  assert.equal(busybox.exitCode, 0, busybox.stderr);
  assert.equal(upstream.requests.length, 0);
  const pulled = await first.shell('docker pull alpine:3 && docker image inspect -f "{{.RepoDigests}}" alpine:3');
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  assert.match(pulled.stdout, /^3: Pulling from library\/alpine$/m);
  assert.match(pulled.stdout, /^Status: Downloaded newer image for alpine:3$/m);
  assert.match(pulled.stdout, /^\[alpine@sha256:[0-9a-f]{64}\]$/m);
  const before = upstream.requests.length;
  assert.equal(upstream.requests.filter((line) => line.includes('/blobs/')).length, layers.length + 1);
  const again = await second.shell('docker pull alpine:3');
  assert.equal(again.exitCode, 0, again.stderr);
  assert.equal(upstream.requests.length, before, 'the second host’s pull asks nobody');
});

test('a registry of the file is pulled from by its own name, and over the network of the host by the hub’s', async () => {
  await theirs.putImage('team/app', '1', ['theirs']);
  const pulled = await first.shell('docker pull registry.example.org/team/app:1');
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  assert.match(pulled.stdout, /Downloaded newer image for registry\.example\.org\/team\/app:1/);
  const look = `token=$(curl -s "http://hub.drydock/token?service=hub.drydock&scope=repository:registry.example.org/team/app:pull" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
    curl -s --head -H "Authorization: Bearer $token" http://hub.drydock/v2/registry.example.org/team/app/manifests/1`;
  assert.match((await first.shell(look)).stdout, /^HTTP\/1.1 200 /);
  const pushed = await first.shell(
    'docker tag busybox hub.drydock/registry.example.org/team/app:2 && docker push hub.drydock/registry.example.org/team/app:2',
  );
  assert.equal(pushed.exitCode, 1);
  assert.match(pushed.stderr, /denied: requested access to the resource is denied/);
  assert.ok(theirs.requests.every((line) => /^(GET|HEAD) /.test(line)));
});

test('docker says what is not there, what is denied, and when it may be asked again', async () => {
  const missing = await first.shell('docker pull alpine:none');
  assert.deepEqual(
    [missing.exitCode, missing.stderr.trim()],
    [1, 'Error response from daemon: manifest for alpine:none not found: manifest unknown: manifest unknown'],
  );
  upstream.hook = ({ url = '' }, response) => {
    if (url.includes('/secret/')) refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    else if (url.includes('/busy/')) {
      response.setHeader('Retry-After', '2400');
      refuse(response, 429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.');
    } else return false;
    return true;
  };
  const denied = await first.shell('docker pull secret/app');
  assert.deepEqual(
    [denied.exitCode, denied.stderr.trim()],
    [
      1,
      "Error response from daemon: pull access denied for secret/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
  );
  const limited = await first.shell('docker pull busy/app');
  assert.deepEqual(
    [limited.exitCode, limited.stderr.trim()],
    [
      1,
      'Error response from daemon: toomanyrequests: docker.io has had as many requests of this machine as it takes now; it may be asked again in 40 minutes',
    ],
  );
  upstream.hook = () => false;
});

test('a registry that is away: docker tells that the image is as it was', async () => {
  await theirs.putImage('team/old', '1', ['old']);
  const pulled = await first.shell('docker pull registry.example.org/team/old:1');
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  // As if it had been asked for long ago.
  await engine.shutdown();
  await theirs[Symbol.asyncDispose]();
  theirs = await TestRegistry.open();
  const { DatabaseSync } = await import('node:sqlite');
  const tables = new DatabaseSync(`${engine.instance.data}/registry.db`);
  tables.exec(
    "UPDATE tag SET moved = 0 WHERE repository = (SELECT id FROM repository WHERE name = 'registry.example.org/team/old')",
  );
  tables.close();
  await engine.start();
  await engine.client.startHost('second');
  const stale = await second.shell('docker pull registry.example.org/team/old:1');
  assert.equal(stale.exitCode, 0, stale.stderr);
  assert.match(
    stale.stdout,
    /^registry\.example\.org does not answer this machine at the moment: this is 1 as it was there on 1970-01-01 00:00 UTC$/m,
  );
  assert.match(stale.stdout, /Downloaded newer image/);
});
