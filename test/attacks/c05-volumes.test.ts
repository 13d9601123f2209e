// C05: volumes and bind mounts that are to lead to the machine: by path, by link, by what changes while it is looked at.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { mountsOf } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { errorsIn, isBuilt, programOf, type SystemCall } from '../support/system-calls.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;
/** A directory of the machine that anyone may write to: only the engine can protect it. */
let marker: string;
const victim = 'victim';

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'binds');
  marker = mkdtempSync(path.join(engine.instance.folder, 'marker-'));
  chmodSync(marker, 0o777);
  writeFileSync(path.join(marker, victim), 'of the machine');
  chmodSync(path.join(marker, victim), 0o666);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

function assertUntouched(): void {
  assert.deepEqual(readdirSync(marker), [victim]);
  assert.equal(readFileSync(path.join(marker, victim), 'utf8'), 'of the machine');
}

/** What a container says that has `binds` and writes into them what it can. */
async function tryBinds(Binds: string[], script: string): Promise<{ status: number; text: string }> {
  const name = `try-${Math.random().toString(36).slice(2)}`;
  await host.create(name, ['sh', '-c', script], { Tty: true, HostConfig: { Binds } });
  const { status } = await ask(host.socket, `POST /containers/${name}/start`);
  if (status === 204) await expect(host.socket, `POST /containers/${name}/wait`, 200);
  const { body } = await ask(host.socket, `GET /containers/${name}/logs?stdout=1&stderr=1`);
  await expect(host.socket, `DELETE /containers/${name}?force=1&v=1`, 204);
  return { status, text: String(body) };
}

describe('C05: the source of a bind mount', () => {
  test('is a path of the student’s own host, however it is written', async () => {
    await host.shell('echo own >/only-here; mkdir -p /srv/dir; echo own >/srv/dir/file');
    for (const source of ['/', '/..', '/../../../..', '/srv/../srv/..', '/.', '/srv/dir/../..'])
      assert.match((await tryBinds([`${source}:/x`], 'cat /x/only-here')).text, /^own/, source);
    const { text } = await tryBinds(['/:/x'], `ls -d /x${marker} /x${engine.instance.run}; echo x >/x/srv/written`);
    assert.doesNotMatch(text, /^\/x/m, 'nothing of the machine is there');
    assert.equal((await host.shell('stat -c %u /srv/written')).stdout, '0\n', 'and it is the host itself');
    for (const spec of ['../../etc:/x', './x:/x', 'a/b:/x', '~/x:/x'])
      await expectSending(
        host.socket,
        'POST /containers/create',
        { Image: 'busybox', Cmd: ['true'], HostConfig: { Binds: [spec] } },
        400,
        {
          message: /includes invalid characters for a local volume name/,
        },
      );
    assertUntouched();
  });

  test('that is a path of the machine alone is made in the host, and is empty', async () => {
    const { text } = await tryBinds([`${marker}:/x`], 'ls -A /x; touch /x/new; ls -A /x');
    assert.equal(text.trim(), 'new');
    assert.equal((await host.shell(`ls -A ${marker}`)).stdout, 'new\n');
    assertUntouched();
  });

  test('follows links as the host does, and none out of it', async () => {
    await host.shell(
      `mkdir -p /links${marker} && cd /links && ln -s ${marker} absolute && ln -s ../../../../../../..${marker} relative &&
       ln -s absolute chained && ln -s /proc/1/root/srv outward && ln -s /proc/self/root self && ln -s loop loop`,
    );
    await host.shell(`mkdir -p ${marker}; rm -rf ${marker}/*; echo of the host >${marker}/${victim}`);
    for (const name of ['absolute', 'relative', 'chained'])
      assert.match((await tryBinds([`/links/${name}:/x`], `cat /x/${victim}`)).text, /^of the host/, name);
    for (const name of ['outward', 'self', 'loop'])
      assert.equal((await tryBinds([`/links/${name}:/x`], 'ls /x')).status >= 400, true, name);
    for (const source of [
      '/proc/1/root',
      '/proc/1/cwd',
      '/proc/1/fd/0',
      '/proc/1/ns/mnt',
      '/proc/self/root',
      '/proc/thread-self/cwd',
    ])
      assert.equal((await tryBinds([`${source}:/x`], 'ls /x')).status >= 400, true, source);
    assertUntouched();
  });

  test('of the kernel is shown no more than the host is', async () => {
    // What is mounted there, but for where: the same in the host, in /proc alone, and in all of the host.
    const below = (text: string, place: string): string[] =>
      [...text.matchAll(/^\S+ (\S+) (\S+) (r[ow])\b/gm)]
        .filter(([, target = '']) => target.startsWith(`${place}/`))
        .map(([, target = '', type, access]) => `${target.slice(place.length)} ${type} ${access}`)
        .sort();
    const own = below((await host.shell('cat /proc/mounts')).stdout, '/proc');
    assert.ok(own.includes('/sys proc ro'), own.join());
    const look = 'echo x >/x/sys/kernel/core_pattern; test -s /x/keys && echo keys; cat /proc/mounts';
    const { text } = await tryBinds(['/proc:/x'], look);
    assert.match(text, /core_pattern: (Read-only|Permission denied)/);
    assert.doesNotMatch(text, /^keys/m);
    assert.deepEqual(below(text, '/x'), own);
    assert.deepEqual(
      below((await tryBinds(['/:/x:ro'], 'cat /proc/mounts')).text, '/x/proc'),
      own.map((line) => line.replace(/rw$/, 'ro')),
    );
    const topOnly = { Type: 'bind', Source: '/proc', Target: '/x', BindOptions: { NonRecursive: true } };
    await host.create('bare-proc', ['true'], { HostConfig: { Mounts: [topOnly] } });
    await expect(host.socket, 'POST /containers/bare-proc/start', 400, { message: /cannot be left out here/ });
    await expect(host.socket, 'DELETE /containers/bare-proc', 204);
    const made = await tryBinds(['/proc/new:/x', '/sys/fs/cgroup/new:/y'], 'true');
    assert.equal(made.status, 500);
    const where = await tryBinds(['/sys/fs/cgroup/new:/y'], 'true');
    assert.equal(where.status, 500, 'no cgroup is made');
  });

  test('brings no more mounts along than the kernel and the OCI runtime can bear', async () => {
    // Each takes along all before: 1, 3, 7, … 63.
    await host.shell(
      'mkdir -p /many/{0..5}; mount --bind /srv /many/0; for n in {1..5}; do mount --rbind /many /many/$n; done',
    );
    const Binds = Array.from({ length: 40 }, (_, n) => `/many:/x${n}`);
    await host.create('many', ['true'], { HostConfig: { Binds } });
    await expect(host.socket, 'POST /containers/many/start', 429, { message: /^this host has so many mounts/ });
    await expect(host.socket, 'DELETE /containers/many', 204);
    assert.match((await tryBinds(['/many:/x'], 'grep -c " /x" /proc/mounts')).text, /^64\s/);
    assert.equal((await host.shell('for n in {5..0}; do umount -R /many/$n || exit 1; done')).exitCode, 0);
  });

  test('cannot be exchanged for a link while it is mounted or made', async () => {
    await host.shell(
      `mkdir -p /race/real/deep /race/made && echo own >/race/real/${victim} && ln -s ${marker} /race/link && cp -a /race/real /race/other`,
    );
    // Each exchange is atomic: the place is a directory, or a link to a path of the machine, or one of /proc. In the end it
    // is the directory, so that some round is let through however slow the machine is.
    const swap = `cd /race; ln -s /proc/1/root out; end=$((SECONDS + 30)); while test ! -e stop && test $SECONDS -lt $end; do
      ln -sfn real s; ln -sfn ${marker} s; ln -sfn /proc/1/root${marker} s; ln -sfn /race/real s
      rm -rf made; ln -sfn ${marker} made; rm -f made; mkdir made; done`;
    const swapping = engine.client.run(host.name, { argv: ['bash', '-c', swap], user: 'root', timeoutMs: 60_000 });
    const said = new Set<string>();
    for (let round = 0; round < 24 || !(said.has('own') || said.has('new')); round++) {
      const script = `cat /x/${victim} 2>/dev/null; touch /x/new /y/new 2>/dev/null; ls /y`;
      said.add((await tryBinds(['/race/s:/x', `/race/made/d${round}:/y`], script)).text.trim().split('\r\n')[0] ?? '');
      assertUntouched();
    }
    await host.shell('touch /race/stop');
    await swapping;
    assert.deepEqual(
      [...said].filter((line) => line.includes('of the machine')),
      [],
    );
  });
});

describe('C05: a volume', () => {
  test('is on the host’s disk, and no device works in it', async () => {
    const pid = await host.run('mounts', ['sleep', '1000'], {
      Volumes: { '/a': {} },
      HostConfig: { Binds: ['v-one:/v'] },
    });
    for (const target of ['/a', '/v']) {
      const mount = mountsOf(pid).find((each) => each.target === target);
      assert.ok(mount, target);
      assert.match(JSON.stringify(mount), /nodev/);
    }
    await expect(host.socket, 'DELETE /containers/mounts?force=1&v=1', 204);
  });

  test('is where Docker keeps it in the workspace too, and nothing can be put in its place', async () => {
    await tryBinds(['seen:/v'], 'echo inside >/v/file');
    const place = '/var/lib/docker/volumes/seen';
    assert.equal((await host.shell(`cat ${place}/_data/file; echo outside >>${place}/_data/file`)).stdout, 'inside\n');
    assert.match((await tryBinds([`${place}/_data:/x`], 'cat /x/file')).text, /^inside\s+outside/);
    const { stdout } = await host.shell(
      `cd /var/lib/docker/volumes; for each in seen seen/_data; do mv $each moved 2>&1; rmdir $each 2>&1; ln -sfn / $each/new 2>&1; done
       ln -s ${marker} .going-x 2>&1; mkdir other 2>&1; touch seen/other 2>&1; chmod 777 . seen 2>&1; ls -A . seen`,
    );
    assert.match(stdout, /\.:\n(\S+\n)*seen\n[\s\S]*seen:\n_data\n$/);
    assert.doesNotMatch(stdout, /^(moved|other|\.going-x)$/m);
    assertUntouched();
  });

  test('is filled into itself alone, whatever a container that has it puts there meanwhile', async () => {
    const entries = Array.from({ length: 40 }, (_, n) => ({
      name: `data/d${n}/${victim}`,
      content: Buffer.from('image'),
    }));
    await host.import('fills', entries);
    for (let round = 0; round < 6; round++) {
      const volume = `filled-${round}`;
      // As long as it is empty it is filled: links appear in it and go again.
      const script = `cd /v; while :; do for n in 1 20 39; do ln -s ${marker} d$n 2>/dev/null; ln -s ${marker}/${victim} x$n 2>/dev/null; rm -rf d$n x$n; done; done`;
      await host.run(`swaps-${round}`, ['sh', '-c', script], { HostConfig: { Binds: [`${volume}:/v`] } });
      for (let n = 0; n < 4; n++) {
        const body = { Image: 'fills', Cmd: ['/x'], HostConfig: { Binds: [`${volume}:/data`] } };
        const { status, body: said } = await ask(host.socket, `POST /containers/create?name=fills-${round}-${n}`, body);
        assert.equal(status, 201, JSON.stringify(said));
      }
      assertUntouched();
      await expect(host.socket, `DELETE /containers/swaps-${round}?force=1`, 204);
    }
    assertUntouched();
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('is mounted in part from within itself, whatever becomes of that part', async () => {
    const swap =
      'cd /v; mkdir in; echo own >in/file; while :; do ln -sfn in part; ln -sfn / part; ln -sfn ../.. part; ln -sfn in part; done';
    await host.run('swaps', ['sh', '-c', swap], { HostConfig: { Binds: ['parts:/v'] } });
    const part = '/var/lib/docker/volumes/parts/_data/part';
    await until('the part is swapped', async () => (await host.shell(`test -L ${part}`)).exitCode === 0);
    const said = new Set<string>();
    for (let round = 0; round < 16; round++) {
      const Mounts = [{ Type: 'volume', Source: 'parts', Target: '/x', VolumeOptions: { Subpath: 'part' } }];
      await host.create('part', ['ls', '/x'], { Tty: true, HostConfig: { Mounts } });
      const { status } = await ask(host.socket, 'POST /containers/part/start');
      if (status === 204) await expect(host.socket, 'POST /containers/part/wait', 200);
      const { body } = await ask(host.socket, 'GET /containers/part/logs?stdout=1');
      said.add(status === 204 ? String(body).trim() : String(status));
      await expect(host.socket, 'DELETE /containers/part', 204);
    }
    await expect(host.socket, 'DELETE /containers/swaps?force=1', 204);
    assert.deepEqual(
      [...said].filter((line) => line !== 'file' && line !== '400'),
      [],
    );
    assert.ok(said.has('file'), [...said].join());
  });

  test('in memory takes the memory of its host, whatever size it says', async () => {
    const options = { type: 'tmpfs', device: 'tmpfs', o: 'size=999g' };
    await expectSending(host.socket, 'POST /volumes/create', { Name: 'huge', DriverOpts: options }, 201);
    const fill = ['dd', 'if=/dev/zero', 'of=/m/x', 'bs=1M', 'count=2000'];
    await host.create('fills-memory', fill, { HostConfig: { Binds: ['huge:/m'], Memory: 64 * 1024 * 1024 } });
    await expect(host.socket, 'POST /containers/fills-memory/start', 204);
    await expect(host.socket, 'POST /containers/fills-memory/wait', 200, { StatusCode: 137 });
    await expect(host.socket, 'DELETE /containers/fills-memory', 204);
  });
});

describe('C05: the removal of a volume', () => {
  test('removes nothing of the machine, whatever links are put there meanwhile', async () => {
    // A process that stands in the volume exchanges a directory and a link to the machine's, as fast as it can.
    const exchange = `chdir $ARGV[0] or die; my ($a, $b, $n) = ("d\\0", "l\\0", 0); my $end = time + 20;
      while (time < $end && $n < 3e6) { last if syscall(316, -100, $a, -100, $b, 2) < 0 && !-e "d";
        if (++$n == 10) { open my $f, ">", "/exchanging"; close $f } } print $n`;
    await host.shell(`echo '${exchange}' >/exchange.pl`);
    for (let round = 0; round < 8; round++) {
      const fill = `mkdir /v/d; for n in $(seq 20); do mkdir /v/d/$n; touch /v/d/$n/f /v/d/${victim}; done; ln -s ${marker} /v/l; sleep 1000`;
      await host.run('stands', ['sh', '-c', fill], { HostConfig: { Binds: ['raced:/v'] } });
      const { State } = (await expect(host.socket, 'GET /containers/stands/json', 200)) as { State: { Pid: number } };
      const ready = `rm -f /exchanging; until test -L /proc/${State.Pid}/root/v/l; do sleep 0.05; done`;
      const begin = `perl /exchange.pl /proc/${State.Pid}/root/v >/exchanged 2>&1 &`;
      await host.shell(`${ready}; ${begin} until test -e /exchanging; do sleep 0.05; done`);
      await expect(host.socket, 'DELETE /containers/stands?force=1', 204);
      await ask(host.socket, 'DELETE /volumes/raced');
      assertUntouched();
    }
    await until('links were put there', async () => /^\d{2,}$/.test((await host.shell('cat /exchanged')).stdout));
  });
});

describe('C05, D04: the disk of a host', { skip: !isBuilt }, () => {
  // linux/btrfs.h and linux/fs.h.
  const ioctls = {
    SUBVOL_CREATE: 0x5000940e,
    SNAP_CREATE: 0x50009401,
    SNAP_CREATE_V2: 0x50009417,
    SUBVOL_CREATE_V2: 0x50009418,
    DEFRAG: 0x50009402,
    START_SYNC: 0x80089418,
  };

  test('cannot be left for a subvolume of one’s own, which no quota counts and no removal takes along', async () => {
    const open: SystemCall = { number: 2, args: [Buffer.from('/v\0'), 0o200000, 0] };
    const argument = Buffer.alloc(4096);
    argument.write('own', 8); // struct btrfs_ioctl_vol_args: a descriptor, and a name
    const tries = Object.values(ioctls).map((request): SystemCall => ({ number: 16, args: [3, request, argument] }));
    // Also with bits above those that the kernel looks at.
    const high: SystemCall = { number: 16, args: [3, 0x1_5000_940en, argument] };
    await host.import('makes', [{ name: 'makes', mode: 0o755, content: programOf([open, ...tries, high]) }]);
    const { text } = await host.output(['/makes'], { Image: 'makes', HostConfig: { Binds: ['subvolumes:/v'] } });
    assert.deepEqual(errorsIn(text), ['ok', ...tries.map(() => 'EPERM'), 'EPERM']);
    const { text: left } = await host.output(['ls', '-A', '/v'], { HostConfig: { Binds: ['subvolumes:/v'] } });
    assert.equal(left, '');
  });

  test('is one on which files are still cloned', async () => {
    const files = ['/v/a', '/v/b'].map(
      (name): SystemCall => ({ number: 2, args: [Buffer.from(`${name}\0`), 0o102, 0o644] }),
    );
    const FICLONE = 0x40049409;
    const calls = [...files, { number: 16, args: [4, FICLONE, 3] }];
    await host.import('clones', [{ name: 'clones', mode: 0o755, content: programOf(calls) }]);
    const { text } = await host.output(['/clones'], { Image: 'clones', HostConfig: { Binds: ['subvolumes:/v'] } });
    assert.deepEqual(errorsIn(text), ['ok', 'ok', 'ok']);
  });
});
