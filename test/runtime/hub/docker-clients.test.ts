// `hub.drydock` for the docker commands and composes that people have: the workspace's (26.1, 2.26), and current ones (28, 2.40) outside.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { HostInfo, HubLogin } from '../../../runtime/index.ts';
import {
  type AtRegistry,
  type DockerShell,
  moveAllTags,
  moveIndex,
  moveProject,
} from '../../support/docker-at-registry.ts';
import { makeDockerConfig } from '../../support/docker-config.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { unpacked } from '../../support/unpacked.ts';
import { expect } from '../api/exchange.ts';

const hostName = 'hub-docker-clients';
const oras = unpacked('oras');
let engine: RunningEngine;
let host: HostInfo;
let lab: HubLogin;
let folder: string;

beforeAll(async () => {
  engine = await sharedEngine();
  lab = await engine.client.hub.session();
  host = await engine.client.createHost(hostName, { hubAccount: lab.name });
  await expect(host.dockerSocket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  folder = path.join(os.tmpdir(), `drydock-docker-clients-${randomUUID()}`);
  fs.mkdirSync(folder);
  makeDockerConfig(path.join(folder, 'config'));
});

afterAll(async () => {
  await engine?.client.hub.removeAccount(lab.name);
  await engine?.[Symbol.asyncDispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

const inside: DockerShell = (script) =>
  engine.client.run(hostName, { argv: ['sh', '-ec', script], cwd: '/root', user: 'root', timeoutMs: 60_000 });

const outside: DockerShell = (script) => {
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, DOCKER_CONFIG: path.join(folder, 'config') },
    DOCKER_HOST: `unix://${host.dockerSocket}`,
  };
  return new Promise((resolve) =>
    execFile('sh', ['-ec', script], { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
    ),
  );
};

const at = (shell: DockerShell, below: string): AtRegistry => ({
  shell,
  namespace: `hub.drydock/${lab.name}/${below}`,
  manifestFlags: '',
});

for (const [name, shell] of Object.entries({ 'the workspace’s docker': inside, 'a current docker': outside })) {
  test(`${name}: compose pushes a project’s images and pulls them`, () => moveProject(at(shell, name.slice(0, 1))));
  test(`${name}: all tags are pushed and pulled`, () => moveAllTags(at(shell, name.slice(0, 1))));
}

test('the workspace’s docker makes an index, over the TLS that the workspace trusts', async () => {
  const { password } = lab;
  const login = await inside(`printf %s '${password}' | docker login -u ${lab.name} --password-stdin hub.drydock`);
  assert.equal(login.exitCode, 0, login.stderr);
  await moveIndex(at(inside, 'w'));
});

test('so does its buildx, and reads it', async () => {
  const name = `hub.drydock/${lab.name}/w/index`;
  const made = await inside(`docker buildx imagetools create -t ${name}:again ${name}:all`);
  assert.equal(made.exitCode, 0, made.stderr);
  const seen = await inside(`docker buildx imagetools inspect --raw ${name}:again`);
  assert.match(seen.stdout, /"architecture": ?"riscv64"/, seen.stderr);
});

test.skipIf(!oras)('oras in the workspace pushes there and pulls, with the login of the docker command', async () => {
  assert.ok(oras);
  fs.copyFileSync(oras.file, `/proc/${host.pid}/root/usr/local/bin/oras`);
  const name = `hub.drydock/${lab.name}/artifact:1`;
  const pushed = await inside(
    `cd /root && echo hello >note && oras push ${name} note && rm note && oras pull ${name} && cat note`,
  );
  assert.equal(pushed.exitCode, 0, pushed.stderr);
  assert.match(pushed.stdout, /^hello$/m);
});
