// What the docker command says of a registry that denies, does not know, or wants no more: of the hub over the network as of a dockerd
// (the judge), in a Docker host of ours, and of `hub.drydock` there, which no network is between.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { pipeline } from 'node:stream';
import { afterAll, beforeAll, test } from 'vitest';
import { bindInside } from '../../../runtime/kernel/bind.ts';
import { insideNetworkAt } from '../../../runtime/kernel/namespaces.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { noPullLimits } from '../../../runtime/registry/accounts/pull-limits.ts';
import { dockerCommand } from '../../support/docker-command.ts';
import { DockerHost } from '../../support/docker-host.ts';
import { type Dockerd, hasDockerd, startDockerd } from '../../support/dockerd.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { OwnHub } from '../../support/own-hub.ts';
import { sharedEngine } from '../../support/shared.ts';
import { fill } from '../registry/team.ts';

let engine: RunningEngine;
let dockerd: Dockerd | null;
let host: DockerHost;
let other: DockerHost;
let hub: OwnHub;
const forwarders: net.Server[] = [];
const port = 5000;
const domain = `localhost:${port}`;

beforeAll(async () => {
  [engine, dockerd] = await Promise.all([sharedEngine(), startDockerd()]);
  host = new DockerHost(engine, await engine.client.createHost('words'));
  other = new DockerHost(engine, await engine.client.createHost('words-other'));
  const [fd = 0] = bindInside(host.info.pid, ['tcp'], '127.0.0.1', port, 0);
  hub = await OwnHub.open({ fd, origins: [`http://${domain}`] });
  await createAccount(hub.accounts, { name: 'ada', password: 'correct horse' });
  await hub.accounts.change(() => hub.accounts.setVisibility('ada/secret', 'private'));
  for (const repository of ['ada/app', 'ada/secret']) await fill(hub, repository);
  for (const one of [host, other]) {
    const { exitCode, stderr } = await one.shell(
      'docker pull busybox && docker tag busybox hub.drydock/$HUB_NAMESPACE/app:1 && docker push hub.drydock/$HUB_NAMESPACE/app:1',
    );
    assert.equal(exitCode, 0, stderr);
  }
  await engine.client.hub.setVisibility(`${other.info.hubAccount}/secret`, 'private');
  if (!dockerd) return;
  // The hub listens in the host's network alone: from the dockerd's a connection is passed on to it.
  const server = net.createServer(async (socket) => {
    socket.on('error', () => socket.destroy());
    const on = await engine.client.dial(host.info.name, port, new AbortController().signal);
    on.on('error', () => on.destroy());
    pipeline(socket, on, () => undefined);
    pipeline(on, socket, () => undefined);
  });
  forwarders.push(server);
  insideNetworkAt(dockerd.network, () => server.listen(port));
  await once(server, 'listening');
});

afterAll(async () => {
  for (const server of forwarders) server.close();
  await dockerd?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

interface Said {
  readonly exitCode: number;
  readonly stderr: string;
}

/** In any order of the lines of layers, which a push has before it fails. */
const told = ({ exitCode, stderr }: Said): Said => ({ exitCode, stderr: stderr.trim() });

async function theirs(...args: string[]): Promise<Said> {
  assert.ok(dockerd);
  return told(await dockerCommand(dockerd.socket, ...args));
}

async function ours(...args: string[]): Promise<Said> {
  return told(await engine.docker(host.info.name, ...args));
}

const digest = `sha256:${'0'.repeat(64)}`;
const pulls = [
  ['ada/app:none', 'a tag that is not there'],
  [`ada/app@${digest}`, 'a digest that is not there'],
  ['ada/secret:1', 'a private repository'],
  ['ada/missing:1', 'a repository that is not there'],
  ['nobody/app:1', 'a namespace that is not there'],
  ['app:1', 'a name without a namespace'],
] as const;

for (const [name, what] of pulls)
  test.skipIf(!hasDockerd)(`a pull of ${what} is told as by a dockerd`, async () => {
    const wanted = await theirs('pull', `${domain}/${name}`);
    assert.equal(wanted.exitCode, 1);
    assert.deepEqual(await ours('pull', `${domain}/${name}`), wanted);
  });

test.skipIf(!hasDockerd)('so is one over a limit, and a push to what is another’s', async () => {
  hub.accounts.pulls.limits = { nobody: { pulls: 0, seconds: 3600 }, account: { pulls: 0, seconds: 3600 } };
  const limited = await theirs('pull', `${domain}/ada/app:1`);
  assert.match(
    limited.stderr,
    /toomanyrequests: You have reached your pull rate limit\. You may increase the limit by /,
  );
  assert.deepEqual(await ours('pull', `${domain}/ada/app:1`), limited);
  hub.accounts.pulls.limits = noPullLimits;
  for (const docker of [theirs, ours]) await docker('tag', 'busybox', `${domain}/ada/app:2`);
  const denied = await theirs('push', `${domain}/ada/app:2`);
  assert.match(denied.stderr, /denied: requested access to the resource is denied$/);
  assert.deepEqual(await ours('push', `${domain}/ada/app:2`), denied);
});

/** As it is told of a registry on a network, with the hub's name in it. */
async function asHub(name: string, of: string): Promise<Said> {
  const { exitCode, stderr } = await ours('pull', `${domain}/${of}`);
  return {
    exitCode,
    stderr: stderr.replaceAll(`${domain}/${of.split(/[:@]/, 1)[0]}`, `hub.drydock/${name.split(/[:@]/, 1)[0]}`),
  };
}

test('of hub.drydock the same is told as of a registry on a network', async () => {
  const theirLab = other.info.hubAccount ?? '';
  for (const [name, of] of [
    [`${theirLab}/app:none`, 'ada/app:none'],
    [`${theirLab}/app@${digest}`, `ada/app@${digest}`],
    [`${theirLab}/secret:1`, 'ada/secret:1'],
    [`${theirLab}/missing:1`, 'ada/missing:1'],
    ['nobody/app:1', 'nobody/app:1'],
    ['app:1', 'app:1'],
  ] as const) {
    const wanted = await asHub(name, of);
    assert.equal(wanted.exitCode, 1);
    assert.deepEqual(await ours('pull', `hub.drydock/${name}`), wanted, name);
  }
  await ours('tag', 'busybox', `hub.drydock/${theirLab}/app:2`);
  assert.match(
    (await ours('push', `hub.drydock/${theirLab}/app:2`)).stderr,
    /^denied: requested access to the resource is denied$/m,
  );
  await engine.client.hub.setPullLimit(host.info.hubAccount ?? '', '0;w=3600');
  assert.deepEqual(await ours('pull', `hub.drydock/${theirLab}/app:1`), {
    exitCode: 1,
    stderr: 'Error response from daemon: toomanyrequests: You have reached your pull rate limit.',
  });
});
