// A03, CVE-2026-47766: images whose mount points are links to a directory of the machine. Nothing may be written there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost, type Entry } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
let engine: RunningEngine;
let host: DockerHost;
/** A directory of the machine that anyone may write to: only the engine can protect it. */
let marker: string;
const victim = 'victim';

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'links');
  marker = mkdtempSync(path.join(engine.instance.folder, 'marker-'));
  chmodSync(marker, 0o777);
  writeFileSync(path.join(marker, victim), 'untouched');
  chmodSync(path.join(marker, victim), 0o666);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

function assertUntouched(): void {
  assert.deepEqual(readdirSync(marker), [victim]);
  assert.equal(readFileSync(path.join(marker, victim), 'utf8'), 'untouched');
}

/** A root file system that could run, in which the marker's path exists too, as the attack needs it. */
function rootWith(...links: Entry[]): Entry[] {
  const folders = marker.split('/').slice(1);
  const inside = folders.map((_, index) => folders.slice(0, index + 1).join('/'));
  const directories = ['bin', 'dev', 'proc', 'sys', 'etc', ...inside].filter(
    (name) => !links.some((l) => l.name === name),
  );
  return [
    ...directories.map((name): Entry => ({ name, type: 'directory' })),
    { name: 'bin/busybox', mode: 0o755, content: readFileSync('/bin/busybox') },
    ...links,
  ];
}

const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });
const shapes: Record<string, (name: string) => Entry[]> = {
  absolute: (name) => [link(name, marker)],
  relative: (name) => [link(name, `../../../..${marker}`)],
  chained: (name) => [link('first', marker), link('second', '/first'), link(name, 'second')],
  dangling: (name) => [link(name, '/nowhere')],
};

for (const name of ['dev', 'proc', 'sys', 'etc'])
  describe(`A03: an image whose /${name} is a link`, () => {
    for (const [shape, links] of Object.entries(shapes))
      test(`${shape} is refused, and says so`, async () => {
        const image = `${name}-${shape}`;
        await host.import(image, rootWith(...links(name)));
        await host.create(image, ['/bin/busybox', 'true'], { Image: image });
        await expect(host.socket, `POST /containers/${image}/start`, 400, {
          message: new RegExp(`^/${name} of the image is a symbolic link`),
        });
        await expect(host.socket, `GET /containers/${image}/json`, 200, { State: { Status: 'created', Pid: 0 } });
        assertUntouched();
      });

    test('is refused as a file too', async () => {
      await host.import(`${name}-file`, rootWith({ name, content: Buffer.from('x') }));
      await host.create(`${name}-file`, ['/bin/busybox', 'true'], { Image: `${name}-file` });
      await expect(host.socket, `POST /containers/${name}-file/start`, 400, { message: /is not a directory/ });
      assertUntouched();
    });
  });

describe('A03: links below the mount points', () => {
  for (const name of [
    'etc/hosts',
    'etc/hostname',
    'etc/resolv.conf',
    'dev/shm',
    'dev/pts',
    'dev/null',
    'etc/passwd',
    'etc/group',
  ])
    test(`/${name} leads nowhere outside`, async () => {
      const image = name.replaceAll('/', '-');
      await host.import(image, rootWith(link(name, path.join(marker, victim))));
      await host.create(image, ['/bin/busybox', 'sh', '-c', 'echo x >/etc/hosts; echo y >/etc/hostname'], {
        Image: image,
      });
      const { status } = await ask(host.socket, `POST /containers/${image}/start`);
      assert.ok(status === 204 || status === 400, `${status}`);
      if (status === 204) await expect(host.socket, `POST /containers/${image}/wait`, 200);
      assertUntouched();
    });

  test('a tmpfs on a link stays in the container', async () => {
    await host.import('tmpfs', rootWith(link('x', marker)));
    const script = 'echo inside >/x/new; echo done';
    const HostConfig = { Tmpfs: { '/x': '' } };
    await host.create('tmpfs', ['/bin/busybox', 'sh', '-c', script], { Image: 'tmpfs', HostConfig });
    const { status } = await ask(host.socket, 'POST /containers/tmpfs/start');
    if (status === 204) await expect(host.socket, 'POST /containers/tmpfs/wait', 200);
    assertUntouched();
  });

  test('what is refused leaves nothing in the kernel', async () => {
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
    const known = () => readdirSync(`${engine.instance.run}/oci`).join();
    await until('the OCI runtime knows the workspace alone', () => known() === `w${host.info.id}`);
  });
});

test('A03: what the OCI runtime of this machine does with such an image, without the engine', async (context) => {
  const bundle = path.join(engine.instance.folder, 'bundle');
  mkdirSync(path.join(bundle, 'rootfs', marker), { recursive: true });
  mkdirSync(path.join(bundle, 'rootfs/proc'));
  mkdirSync(path.join(bundle, 'rootfs/sys'));
  symlinkSync(marker, path.join(bundle, 'rootfs/dev'));
  const crun = ['crun', `--root=${bundle}/state`];
  const inside = [`--mount=${engine.instance.run}/mnt`, `--wd=${bundle}`];
  await run('nsenter', [...inside, 'crun', 'spec']);
  const id = `${engine.instance.name}-control`;
  await run('nsenter', [...inside, ...crun, 'run', id], { timeout: 10_000 }).catch(() => undefined);
  await run('nsenter', [...inside, ...crun, 'delete', '--force', id]).catch(() => undefined);
  const written = readdirSync(marker).filter((name) => name !== victim);
  await context.annotate(written.length > 0 ? `it writes outside: ${written.join(' ')}` : 'it writes nothing outside');
});
