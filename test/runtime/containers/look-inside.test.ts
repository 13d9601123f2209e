// What is looked at in a container or a volume from outside: as a process there sees it, and nothing that is not there.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { EngineError, type InsidePlace } from '../../../runtime/index.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { expect, expectSending } from '../api/exchange.ts';

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'looks');
  await host.run('web', ['sh', '-c', 'echo inside >/note; mkdir /full /none; echo x >/full/x; exec sleep 1000'], {
    HostConfig: { Binds: ['data:/data', '/home/student:/home'], Tmpfs: { '/memory': '' } },
  });
  await host.shell('echo at home >/home/student/page');
  const script = 'ln -s /note /link; echo kept >/data/kept; ln -s kept /data/near; echo t >/memory/t; mkfifo /fifo';
  await exec(
    `until [ -s /full/x ]; do sleep 0.05; done; ${script}; head -c 262145 /dev/zero >/large; head -c 262144 /dev/zero >/small; ln -s /nowhere /lost`,
  );
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Runs a script in `web` to its end. */
async function exec(script: string): Promise<void> {
  const more = { Cmd: ['sh', '-c', script], AttachStdout: true };
  const { Id } = (await expectSending(host.socket, 'POST /containers/web/exec', more, 201)) as { Id: string };
  await expectSending(host.socket, `POST /exec/${Id}/start`, { Detach: false }, 200);
  const { ExitCode } = (await expect(host.socket, `GET /exec/${Id}/json`, 200)) as { ExitCode: number };
  assert.equal(ExitCode, 0, script);
}

async function look(place: InsidePlace): Promise<string> {
  try {
    const { type, empty, bytes } = await engine.client.lookInside(host.name, place);
    const text = bytes === null ? '' : bytes.length > 1000 ? ` ${bytes.length} bytes` : ` ${Buffer.from(bytes)}`;
    return `${type}${empty ? ', empty' : ''}${text}`.trim();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error.kind;
  }
}

describe('of a container', () => {
  const same = async (): Promise<void> => {
    const at = (path: string) => look({ container: 'web', path });
    assert.equal(await at('/note'), 'file inside');
    assert.equal(await at('/link'), 'file inside');
    assert.equal(await at('/data/kept'), 'file kept');
    assert.equal(await at('/home/page'), 'file at home');
    assert.match(await at('/etc/hosts'), /^file 127\.0\.0\.1\s+localhost/);
    assert.equal(await at('/full'), 'folder');
    assert.equal(await at('/none'), 'folder, empty');
    assert.equal(await at('/fifo'), 'other', 'and nobody waited for its other end');
    assert.equal(await at('/small'), 'file 262144 bytes');
    assert.equal(await at('/large'), 'file');
    assert.equal(await at('/nowhere'), 'notFound');
    assert.equal(await at('/note/x'), 'notFound');
    assert.equal(await at('/lost'), 'notFound');
    assert.equal(await look({ container: 'we', path: '/note' }), 'notFound', 'its whole name, not the beginning');
  };

  test('that runs, each path is what its processes see there', async () => {
    await same();
    assert.equal(await look({ container: 'web', path: '/memory/t' }), 'file t');
    assert.equal(await look({ container: 'web', path: '/proc/version' }), 'forbidden');
    assert.equal(await look({ container: 'web', path: '/sys/kernel' }), 'forbidden');
    assert.notEqual(await look({ container: 'web', path: '/proc/1/root/note' }), 'file inside');
  });

  test('and so it is of one that has stopped, volumes and the host’s files too', async () => {
    await expect(host.socket, 'POST /containers/web/stop?t=0', 204);
    await same();
    await expect(host.socket, 'POST /containers/web/start', 204);
    await host.pidOf('web');
    assert.equal(await look({ container: 'web', path: '/data/kept' }), 'file kept');
  });
});

describe('of a volume', () => {
  test('each path is below its root, and links are followed that stay in it', async () => {
    const at = (path: string) => look({ volume: 'data', path });
    assert.equal(await at('kept'), 'file kept');
    assert.equal(await at('near'), 'file kept');
    assert.equal(await at(''), 'folder');
    assert.equal(await at('nothing'), 'notFound');
    assert.equal(await look({ volume: 'other', path: '' }), 'notFound');
    await expectSending(host.socket, 'POST /volumes/create', { Name: 'fresh' }, 201);
    assert.equal(await look({ volume: 'fresh', path: '' }), 'folder, empty');
    await expectSending(
      host.socket,
      'POST /volumes/create',
      { Name: 'memory', DriverOpts: { type: 'tmpfs', device: 'tmpfs' } },
      201,
    );
    assert.equal(await look({ volume: 'memory', path: '' }), 'notFound', 'it has no files but in containers');
  });
});
