// The hub at the site's address, for the docker commands and composes that people have: the workspace's (26.1, 2.26) and current ones (28,
// 2.40), each on a Docker host of Drydock's and on a real dockerd, where there is one.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connectEngine, type EngineClient, type HostInfo } from '@drydock/runtime';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { insideNetworkAt } from '../../../runtime/kernel/namespaces.ts';
import {
  type AtRegistry,
  type DockerShell,
  moveAllTags,
  moveIndex,
  moveProject,
} from '../../support/docker-at-registry.ts';
import { makeDockerConfig } from '../../support/docker-config.ts';
import { type Dockerd, hasDockerd, startDockerd } from '../../support/dockerd.ts';
import type { RunningDrydock } from '../../support/drydock.ts';
import { sharedDrydock } from '../../support/shared.ts';

const clara = { name: 'clara-outside', password: 'correct horse battery' };
const hostName = 'hub-clients';
/** Where the workspace finds the dockerd. */
const dockerdPort = 2375;

let drydock: RunningDrydock;
let engine: EngineClient;
let host: HostInfo;
let dockerd: Dockerd | null;
let folder: string;
let token: string;
const forwarders: net.Server[] = [];

/** What connects to a port of a network comes out at `to`. */
async function forward(network: string, port: number, to: net.NetConnectOpts): Promise<void> {
  // A client that attaches to a container says that there is no more, and listens on.
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const on = net.connect({ ...to, allowHalfOpen: true });
    const end = (): void => {
      socket.destroy();
      on.destroy();
    };
    socket.on('error', end);
    on.on('error', end);
    socket.pipe(on).pipe(socket);
  });
  forwarders.push(server);
  // Without a name to look up it is bound at once.
  insideNetworkAt(network, () => server.listen(port));
  await once(server, 'listening');
}

beforeAll(async () => {
  [drydock, dockerd] = await Promise.all([sharedDrydock(), startDockerd()]);
  engine = connectEngine(drydock.engineSocket);
  await engine.hub.createAccount(clara);
  ({ secret: token } = await engine.hub.createToken(clara.name, { name: 'laptop', scope: 'read-write' }));
  host = await engine.createHost(hostName);
  folder = path.join(os.tmpdir(), `drydock-hub-clients-${randomUUID()}`);
  fs.mkdirSync(folder);
  const site = { host: '127.0.0.1', port: drydock.port };
  await forward(`/proc/${host.pid}/ns/net`, drydock.port, site);
  if (!dockerd) return;
  await forward(dockerd.network, drydock.port, site);
  await forward(`/proc/${host.pid}/ns/net`, dockerdPort, { path: dockerd.socket });
});

afterAll(async () => {
  for (const server of forwarders) server.close();
  await engine?.removeHost(hostName);
  await engine?.hub.removeAccount(clara.name);
  await Promise.all([drydock?.[Symbol.asyncDispose](), dockerd?.[Symbol.asyncDispose]()]);
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The machine's docker command, with the compose that the tests are about. */
function current(socket: () => string): DockerShell {
  let cwd = '';
  return (script) => {
    cwd ||= fs.mkdtempSync(path.join(folder, 'cwd-'));
    const config = path.join(folder, 'config');
    if (!fs.existsSync(config)) makeDockerConfig(config);
    const env = { PATH: process.env.PATH, HOME: folder, DOCKER_CONFIG: config, DOCKER_HOST: `unix://${socket()}` };
    return new Promise((resolve) =>
      execFile('sh', ['-ec', script], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
      ),
    );
  };
}

/** The workspace's. */
function ofWorkspace(...env: string[]): DockerShell {
  return (script) =>
    engine.run(hostName, { argv: ['sh', '-ec', script], cwd: '/root', user: 'root', env, timeoutMs: 60_000 });
}

const everywhere: Readonly<Record<string, DockerShell>> = {
  'the workspace’s docker, on its host': ofWorkspace(),
  'a current docker, on a host': current(() => host.dockerSocket),
};
const onDockerd: Readonly<Record<string, DockerShell>> = {
  'the workspace’s docker, on a dockerd': ofWorkspace(`DOCKER_HOST=tcp://127.0.0.1:${dockerdPort}`),
  'a current docker, on a dockerd': current(() => dockerd?.socket ?? ''),
};
const shells = Object.entries(hasDockerd ? { ...everywhere, ...onDockerd } : everywhere);

for (const [n, [name, shell]] of shells.entries()) {
  describe(name, () => {
    const site = (): string => `localhost:${drydock.port}`;
    const at = (): AtRegistry => ({ shell, namespace: `${site()}/${clara.name}/c${n}`, manifestFlags: '--insecure' });
    const login = (secret: string) =>
      shell(`printf %s '${secret}' | docker login --username ${clara.name} --password-stdin ${site()}`);

    test('logs in with a token, and is told where it is wrong', async () => {
      const wrong = await login('wrong');
      assert.match(wrong.stderr, /unauthorized: incorrect username or password/);
      const { stdout, stderr } = await login(token);
      assert.match(stdout, /Login Succeeded/, stderr);
      const busybox = await shell('docker image inspect busybox >/dev/null 2>&1 || docker pull busybox');
      assert.equal(busybox.exitCode, 0, busybox.stderr);
    });

    test('compose pushes a project’s images and pulls them', () => moveProject(at()));

    test('all tags are pushed and pulled', () => moveAllTags(at()));

    test('an index is made, pushed and pulled', () => moveIndex(at()));

    test('is let in no more once it is logged out', async () => {
      await shell(`docker logout ${site()}`);
      const refused = await shell(`docker push ${at().namespace}/tags:1`);
      assert.match(refused.stderr, /denied: requested access to the resource is denied/);
    });
  });
}
