// A10: what sockets a student reaches. The host's own Docker socket, and through it what is the host's own; nothing else.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstatSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';

let engine: RunningEngine;
let one: DockerHost;
let two: DockerHost;
let container: number;
/** What the machine listens on, in each way there is; a connection is an attack that worked. */
const traps: net.Server[] = [];
let reached = 0;
let port: number;
let abstract: string;
let trapSocket: string;

async function trap(where: net.ListenOptions): Promise<ReturnType<net.Server['address']>> {
  const server = net.createServer((socket) => {
    reached++;
    socket.destroy();
  });
  traps.push(server);
  server.listen(where);
  await once(server, 'listening');
  return server.address();
}

beforeAll(async () => {
  engine = await sharedEngine();
  [one, two] = await Promise.all([createDockerHost(engine, 'one'), createDockerHost(engine, 'two')]);
  container = await one.run('box', ['sleep', '1000']);
  abstract = `${engine.instance.name}-abstract`;
  trapSocket = path.join(engine.instance.folder, 'trap.sock');
  port = ((await trap({ port: 0, host: '0.0.0.0' })) as net.AddressInfo).port;
  await trap({ path: `\0${abstract}` });
  await trap({ path: trapSocket });
});

afterAll(async () => {
  for (const server of traps) server.close();
  await engine[Symbol.asyncDispose]();
});

/** Every socket file below a process's root, as the machine's root finds them; other file systems too. */
function socketsBelow(pid: number): string[] {
  const root = `/proc/${pid}/root`;
  const found: string[] = [];
  const visit = (folder: string, depth: number): void => {
    for (const name of readdirSync(`${root}${folder}`)) {
      const place = path.posix.join(folder, name);
      if (['/proc', '/sys'].includes(place)) continue;
      const entry = lstatSync(`${root}${place}`);
      if (entry.isSocket()) found.push(place);
      else if (entry.isDirectory() && depth < 12) visit(place, depth + 1);
    }
  };
  visit('/', 0);
  return found;
}

describe('A10: unix sockets', () => {
  test('there is one in the workspace: its own Docker socket, in a directory that cannot be written', async () => {
    assert.deepEqual(socketsBelow(one.info.pid), ['/run/docker-host/docker.sock']);
    const { stdout } = await one.shell(
      'readlink -f /var/run/docker.sock; touch /run/docker-host/x 2>&1; rm -f /run/docker-host/docker.sock 2>&1',
    );
    assert.match(stdout, /^\/run\/docker-host\/docker\.sock\n.*Read-only file system\n.*Read-only file system\n$/);
  });

  test('there is none in a container', () => {
    assert.deepEqual(socketsBelow(container), []);
  });

  test('of the machine cannot be reached by abstract name or by path', async () => {
    const { stdout, exitCode } = await one.shell(
      `curl --silent --show-error --max-time 3 --abstract-unix-socket ${abstract} http://x/ 2>&1; echo; grep -c @ /proc/net/unix;
       curl --silent --show-error --max-time 3 --unix-socket ${trapSocket} http://x/ 2>&1; echo`,
    );
    assert.equal(exitCode, 0);
    assert.match(stdout, /Could not connect|Failed to connect|Couldn't connect/);
    assert.match(stdout, /^0$/m);
    assert.equal(reached, 0);
  });

  test('are not brought in with -v or --mount, but for the host’s own', async () => {
    const own = '/docker-host/docker.sock';
    for (const [HostConfig, found] of [
      [{ Binds: ['/var/run/docker.sock:/x/docker.sock'] }, ['/docker.sock']],
      [{ Binds: ['/run:/x'] }, ['/docker.sock', own]], // a link to it
      [{ Binds: ['/:/x:ro'] }, [`/run${own}`]],
      [{ Binds: [`${engine.instance.run}:/x`] }, []],
      [{ Mounts: [{ Type: 'bind', Source: '/run', Target: '/x' }] }, ['/docker.sock', own]],
    ] as const) {
      const script = `find /x -xdev -type s; for place in '' /docker-host /run/docker-host; do
        test -S /x$place/docker.sock && echo /x$place/docker.sock; done`;
      const { text } = await one.output(['sh', '-c', script], { HostConfig });
      assert.deepEqual(
        [...new Set(text.trim().split(/\s+/).filter(Boolean))],
        found.map((place) => `/x${place}`),
      );
    }
    assert.equal(reached, 0);
  });

  test('answer in a container with its own host’s API, and another one’s is not to be had', async () => {
    const HostConfig = { Binds: ['/var/run/docker.sock:/var/run/docker.sock'] };
    const pid = await one.run('has-docker', ['sleep', '1000'], { HostConfig });
    await expect(`/proc/${pid}/root/var/run/docker.sock`, 'GET /info', 200, { ID: one.info.id });
    await expect(one.socket, 'DELETE /containers/has-docker?force=1', 204);
  });

  test('and devices cannot be asked for', async () => {
    for (const PathOnHost of ['/dev/vda', '/dev/mem', '/dev/../dev/vda', '/dev', '/etc/passwd']) {
      const Devices = [{ PathOnHost, PathInContainer: PathOnHost, CgroupPermissions: 'rwm' }];
      await one.create('device', ['true'], {
        HostConfig: { Privileged: true, Devices, DeviceCgroupRules: ['b *:* rwm'] },
      });
      await expect(one.socket, 'POST /containers/device/start', 500, { message: /no such file or directory$/ });
      await expect(one.socket, 'DELETE /containers/device', 204);
    }
  });
});

describe('A10: addresses', () => {
  test('of the machine lead nowhere: a host has a loopback and docker0, and no link out', async () => {
    const { stdout } = await one.shell(
      `for ip in 127.0.0.1 172.17.0.1 0.0.0.0 10.0.0.1 169.254.169.254; do
         curl --silent --max-time 2 "http://$ip:${port}/" && echo "reached $ip"; done; ip -4 route; ip -4 -brief address`,
    );
    assert.doesNotMatch(stdout, /reached/);
    assert.match(stdout, /^172\.17\.0\.0\/16 dev docker0 /m);
    assert.doesNotMatch(stdout, /^default/m);
    const addresses = [...stdout.matchAll(/^(\S+)\s+(?:UP|UNKNOWN|DOWN)\s+(\S+)/gm)].map(
      ([, link, ip]) => `${link} ${ip}`,
    );
    assert.deepEqual(addresses, ['lo 127.0.0.1/8', 'docker0 172.17.0.1/16']);
    assert.equal(reached, 0);
  });

  test('have no Docker API on them, in the workspace or in a container', async () => {
    const ports = [2375, 2376, 4243];
    const curl = ports.map((each) => `curl --silent --max-time 2 http://127.0.0.1:${each}/_ping && echo reached;`);
    assert.doesNotMatch((await one.shell(curl.join(' '))).stdout, /reached/);
    const wget = [...ports, port].map((each) => `wget -q -T 2 -O - http://172.17.0.1:${each}/_ping && echo reached;`);
    const { text } = await one.output(['sh', '-c', wget.join(' ')]);
    assert.doesNotMatch(text, /reached/);
    assert.equal(reached, 0);
  });
});

describe('A10: the Docker socket', () => {
  test('shows and takes only what is its own host’s', async () => {
    const id = await two.create('hidden', ['sleep', '1000'], { Labels: { whose: 'two' } });
    await expect(two.socket, 'POST /containers/hidden/start', 204);
    const exec = (await expectSending(two.socket, 'POST /containers/hidden/exec', { Cmd: ['true'] }, 201)) as {
      Id: string;
    };
    await two.import('secret', [{ name: 'etc', type: 'directory' }]);
    const image = (await expect(two.socket, 'GET /images/secret/json', 200)) as { Id: string };
    for (const [place, status] of [
      [`GET /containers/${id}/json`, 404],
      [`GET /containers/hidden/json`, 404],
      [`GET /containers/${id.slice(0, 12)}/logs?stdout=1`, 404],
      [`POST /containers/${id}/stop`, 404],
      [`POST /containers/${id}/kill`, 404],
      [`POST /containers/${id}/attach?stream=1&stdout=1`, 404],
      [`DELETE /containers/${id}?force=1`, 404],
      [`GET /exec/${exec.Id}/json`, 404],
      [`POST /exec/${exec.Id}/resize?h=1&w=1`, 404],
      [`GET /images/${image.Id}/json`, 404],
      ['GET /images/secret/json', 404],
      [`DELETE /images/${image.Id}`, 404],
    ] as const)
      await expect(one.socket, place, status);
    await expectSending(one.socket, `POST /exec/${exec.Id}/start`, {}, 404);
    await expectSending(one.socket, 'POST /containers/create', { Image: image.Id, Cmd: ['x'] }, 404);
    const inside = await one.shell(
      'docker ps --all --quiet --no-trunc; docker images --quiet --no-trunc; docker events --since 1 --until 0s',
      'student',
    );
    assert.equal(inside.exitCode, 0, inside.stderr);
    for (const foreign of [id, image.Id, 'hidden', 'whose']) assert.ok(!inside.stdout.includes(foreign), foreign);
    assert.equal((await ask(two.socket, 'GET /containers/hidden/json')).status, 200);
  });

  test('takes no other host’s container to share a namespace with', async () => {
    const { Id } = (await expect(two.socket, 'GET /containers/hidden/json', 200)) as { Id: string };
    for (const [index, HostConfig] of [{ NetworkMode: `container:${Id}` }, { IpcMode: `container:${Id}` }].entries()) {
      const body = { Image: 'busybox', Cmd: ['true'], HostConfig };
      const created = await ask(one.socket, `POST /containers/create?name=join-${index}`, body);
      const refused = created.status === 201 ? await ask(one.socket, `POST /containers/join-${index}/start`) : created;
      assert.ok([400, 404, 409].includes(refused.status), JSON.stringify(refused));
      assert.match(JSON.stringify(refused.body), /No such container|is not (supported|possible)/);
    }
  });
});
