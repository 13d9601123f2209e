// The baseline of every process in a host, read from outside in /proc and the cgroups: what no image, flag or student may lower.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import {
  controlOf,
  groupOf,
  limitsOf,
  mountsOf,
  namespaceKinds,
  namespacesOf,
  status,
  unifiedCgroups,
} from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;
/** CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE */
const fourteen = '00000000a80425fb';
/** And SYS_ADMIN, SYS_PTRACE. */
const ofWorkspace = '00000000a82c25fb';
/**
 * And DAC_READ_SEARCH, LINUX_IMMUTABLE, NET_BROADCAST, IPC_LOCK, IPC_OWNER, SYS_PACCT, SYS_BOOT, SYS_NICE, SYS_TIME,
 * SYS_TTY_CONFIG, LEASE, SYSLOG. Not NET_ADMIN, SYS_RESOURCE, SYS_MODULE, SYS_RAWIO, BPF and PERFMON.
 */
const all = '00000004befcefff';

interface Subject {
  readonly what: string;
  readonly host: () => DockerHost;
  readonly pid: () => number;
  readonly capabilities: string;
  readonly noNewPrivileges: boolean;
  /** In a container of its own, rather than in the workspace. */
  readonly contained: boolean;
  /** No path of the machine's is hidden or read-only: what a user namespace's root may write is told by a07-privileged.test.ts. */
  readonly open: boolean;
}

let engine: RunningEngine;
let one: DockerHost;
let two: DockerHost;
const pids = new Map<string, number>();

function subject(what: string, more: Partial<Omit<Subject, 'what'>> = {}): Subject {
  const pid = (): number => pids.get(what) ?? 0;
  const usual = { capabilities: fourteen, noNewPrivileges: false, contained: true, open: false };
  return { what, host: () => one, pid, ...usual, ...more };
}

const inWorkspace = { capabilities: ofWorkspace, contained: false };
const subjects: Subject[] = [
  subject('the workspace', inWorkspace),
  subject('a terminal', inWorkspace),
  subject('a container'),
  subject('a container with --user'),
  subject('a container with --tmpfs and --publish'),
  subject('a container with no-new-privileges', { noNewPrivileges: true }),
  subject('a container with a terminal'),
  subject('a container with all capabilities', { capabilities: all }),
  subject('a privileged container', { capabilities: all, open: true }),
  subject('an exec in a privileged container', { capabilities: all, open: true }),
  subject('a privileged exec', { capabilities: all }),
  subject('an exec'),
  subject('an exec with a terminal'),
  subject('an exec with --user'),
  subject('a container of another host', { host: () => two }),
  subject('the workspace of another host', { host: () => two, ...inWorkspace }),
  // C08: what RUN runs is a container as every other.
  subject('a step of a build'),
  subject('a step of a build with mounts'),
  subject('a step of a build of the classic builder'),
];

beforeAll(async () => {
  engine = await sharedEngine();
  [one, two] = await Promise.all([createDockerHost(engine, 'one'), createDockerHost(engine, 'two')]);
  const sleep = ['sleep', '1000'];
  pids.set('the workspace', one.info.pid);
  pids.set('the workspace of another host', two.info.pid);
  await engine.client.openTerminal('one', { id: 'shell', rows: 24, columns: 80, argv: ['/bin/sleep', '1234'] });
  // It is there a moment before it executes its program.
  let terminal = '';
  await until('the terminal executes its program', async () => {
    terminal = (await one.shell('pgrep --full "^/bin/sleep 1234"')).stdout;
    return terminal !== '';
  });
  pids.set('a terminal', one.pidFromInside(Number(terminal)));
  pids.set('a container', await one.run('plain', sleep));
  pids.set('a container with --user', await one.run('user', sleep, { User: '1000:1000' }));
  const ports = { Tmpfs: { '/scratch': 'size=1m' }, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } };
  pids.set('a container with --tmpfs and --publish', await one.run('ports', sleep, { HostConfig: ports }));
  const quiet = { HostConfig: { SecurityOpt: ['no-new-privileges'] } };
  pids.set('a container with no-new-privileges', await one.run('quiet', sleep, quiet));
  pids.set('a container with a terminal', await one.run('tty', sleep, { Tty: true, OpenStdin: true }));
  pids.set('a container with all capabilities', await one.run('all', sleep, { HostConfig: { CapAdd: ['ALL'] } }));
  pids.set('a privileged container', await one.run('privileged', sleep, { HostConfig: { Privileged: true } }));
  pids.set('an exec in a privileged container', await one.exec('privileged', ['sleep', '5000']));
  pids.set('a privileged exec', await one.exec('plain', ['sleep', '6000'], { Privileged: true }));
  pids.set('an exec', await one.exec('plain', ['sleep', '2000']));
  pids.set('an exec with a terminal', await one.exec('plain', ['sleep', '3000'], { Tty: true }));
  pids.set('an exec with --user', await one.exec('plain', ['sleep', '4000'], { User: '33' }));
  pids.set('a container of another host', await two.run('plain', sleep));
  const mounts = [
    'cache,target=/c',
    'tmpfs,target=/t',
    'secret,id=s',
    'bind,target=/b,rw',
    'bind,from=busybox,target=/o',
  ];
  const mounted = mounts.map((mount) => `--mount=type=${mount}`).join(' ');
  pids.set('a step of a build', await stepOf('docker build', 'RUN exec sleep 7001'));
  pids.set(
    'a step of a build with mounts',
    await stepOf('docker build --secret id=s,src=/etc/hostname', `RUN ${mounted} exec sleep 7002`),
  );
  pids.set(
    'a step of a build of the classic builder',
    await stepOf('DOCKER_BUILDKIT=0 docker build', 'RUN exec sleep 7003'),
  );
});

/** A build in the workspace whose last step runs a while; gives the machine's number of what it executes. */
async function stepOf(command: string, instruction: string): Promise<number> {
  const [sleep = ''] = /sleep \d+/.exec(instruction) ?? [];
  const folder = sleep.replace(' ', '');
  const script = `mkdir ${folder}; cd ${folder}; printf '%s\\n' 'FROM busybox' '${instruction}' > Dockerfile; ${command} .`;
  await engine.client.openTerminal('one', { id: folder, rows: 24, columns: 80, argv: ['/bin/sh', '-c', script] });
  let found = '';
  await until(`the step executes ${sleep}`, async () => {
    found = (await one.shell(`pgrep --full "^${sleep}"`)).stdout.trim();
    return /^\d+$/.test(found);
  });
  return one.pidFromInside(Number(found));
}

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

for (const each of subjects)
  describe(`the baseline: ${each.what}`, () => {
    const { pid, host } = each;

    test('has its host’s users and no others', () => {
      for (const map of ['uid_map', 'gid_map']) {
        const line = readFileSync(`/proc/${pid()}/${map}`, 'utf8').trim().split(/\s+/).map(Number);
        assert.deepEqual(line, [0, host().info.uidBase, 65_536]);
      }
      const ids = [...status(pid(), 'Uid').split('\t'), ...status(pid(), 'Gid').split('\t')].map(Number);
      const groups = status(pid(), 'Groups').split(' ').filter(Boolean).map(Number);
      const { uidBase } = host().info;
      for (const id of [...ids, ...groups]) assert.ok(id >= uidBase && id < uidBase + 65_536, `${id} from ${uidBase}`);
    });

    test('shares no namespace with the machine, and none but the user’s with its host', () => {
      const machine = namespacesOf('self');
      const engines = namespacesOf(engine.pid);
      const workspace = namespacesOf(host().info.pid);
      const own = namespacesOf(pid());
      for (const kind of namespaceKinds) {
        assert.notEqual(own[kind], machine[kind], kind);
        assert.notEqual(own[kind], engines[kind], kind);
        if (each.contained && kind !== 'user') assert.notEqual(own[kind], workspace[kind], kind);
      }
      assert.equal(own.user, workspace.user);
    });

    test('is filtered, and has Docker’s capabilities at most', () => {
      assert.equal(status(pid(), 'Seccomp'), '2');
      assert.equal(status(pid(), 'NoNewPrivs'), each.noNewPrivileges ? '1' : '0');
      assert.equal(status(pid(), 'CapBnd'), each.capabilities);
      assert.equal(status(pid(), 'CapInh'), '0000000000000000');
      assert.equal(status(pid(), 'CapAmb'), '0000000000000000');
    });

    test('dumps no core, opens a bounded number of files, and dies before what runs the machine', () => {
      assert.deepEqual(limitsOf(pid(), 'Max core file size'), ['0', '0']);
      const [, files] = limitsOf(pid(), 'Max open files');
      assert.ok(Number(files) <= 1_048_576, files);
      const score = Number(readFileSync(`/proc/${pid()}/oom_score_adj`, 'utf8'));
      assert.ok(score > 0, `oom_score_adj is ${score}`);
    });

    test('sees the machine through masked and read-only paths, and a /dev of its own', () => {
      const root = `/proc/${pid()}/root`;
      const mounts = mountsOf(pid());
      const at = (target: string) => mounts.filter((mount) => mount.target === target).at(-1);
      for (const masked of [
        '/proc/acpi',
        '/proc/kcore',
        '/proc/keys',
        '/proc/timer_list',
        '/proc/scsi',
        '/sys/firmware',
      ]) {
        if (each.open || !existsSync(masked)) continue;
        const mount = at(masked);
        if (mount)
          assert.ok(mount.root === '/null' || mount.type === 'tmpfs', `${masked} is ${mount.type} ${mount.root}`);
        // A device with nothing behind it cannot be read: that is how this kernel has /proc/kcore.
        else assert.throws(() => readFileSync(`${root}${masked}`), `${masked} is not masked`);
      }
      for (const readonly of ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'])
        if (!each.open && existsSync(readonly))
          assert.ok(at(readonly)?.options.includes('ro'), `${readonly} is read-only`);
      assert.equal(at('/sys')?.options.includes('ro'), !each.open);
      assert.equal(at('/dev')?.type, 'tmpfs');
      assert.equal(at('/dev/pts')?.type, 'devpts');
      const devices = readdirSync(`${root}/dev`).filter((name) => {
        const found = lstatSync(`${root}/dev/${name}`);
        return found.isCharacterDevice() || found.isBlockDevice();
      });
      const harmless = ['console', 'full', 'null', 'random', 'tty', 'urandom', 'zero'];
      assert.deepEqual(
        devices.filter((name) => !harmless.includes(name)),
        [],
      );
    });

    test('has its files on its host’s own disk, and nothing else of the machine', () => {
      const mounts = mountsOf(pid());
      const own = `/hosts/${host().info.id}/`;
      const root = mounts.find(({ target }) => target === '/');
      assert.equal(root?.type, 'overlay');
      assert.ok(root.options.includes('nodev'));
      const upper = root.superOptions.find((option) => option.startsWith('upperdir=')) ?? '';
      assert.ok(upper.startsWith(`upperdir=${engine.instance.data}/store${own}`), upper);
      for (const mount of mounts) {
        if (mount.type === 'btrfs') assert.ok(mount.root.startsWith(own), `${mount.root} on ${mount.target}`);
        else if (mount.type === 'cgroup' || mount.type === 'cgroup2')
          assert.ok(mount.root.startsWith(`${host().group}/`) && mount.options.includes('ro'), mount.root);
        // H01: no device node of the machine, not even a harmless one.
        else if (mount.type === 'devtmpfs') assert.fail(`the machine’s ${mount.root} on ${mount.target}`);
        else if (!['overlay', 'proc', 'sysfs', 'tmpfs', 'devpts', 'mqueue'].includes(mount.type)) {
          // The one thing of the machine: the directory that holds the host's own Docker socket.
          assert.equal(mount.target, '/run/docker-host');
          // As its file system names it: in a chroot that is a longer path than ours.
          assert.ok(mount.root.endsWith(`${engine.instance.run}/hosts/${host().name}/guest`), mount.root);
          assert.ok(['ro', 'nosuid', 'nodev'].every((option) => mount.options.includes(option)));
        }
      }
    });

    test('is counted and limited in a cgroup below its host’s', () => {
      const group = groupOf(pid());
      assert.ok(group.startsWith(`${host().group}/`), group);
      if (each.contained) {
        const most = controlOf(group, 'pids', 'pids.max');
        assert.ok(Number(most) <= 256, `pids.max is ${most}`);
      }
    });
  });

describe('the baseline: a host', () => {
  test('has a cgroup and a range of users that nothing else has', () => {
    const containers = subjects.filter(
      ({ what }) => what.startsWith('a container') || what.startsWith('the workspace'),
    );
    const groups = containers.map(({ pid }) => groupOf(pid()));
    assert.equal(new Set(groups).size, groups.length);
    assert.ok(Math.abs(one.info.uidBase - two.info.uidBase) >= 65_536);
    const spaces = [one, two].map(({ info }) => namespacesOf(info.pid));
    for (const kind of namespaceKinds) assert.notEqual(spaces[0]?.[kind], spaces[1]?.[kind], kind);
  });

  test('has hard limits of memory, swap, CPU and processes', () => {
    for (const { group, info } of [one, two]) {
      const { memoryBytes, cpus, pids: most } = info.limits;
      // Those that conmon and the OCI runtime may be for it come on top, and nothing inside gets at them.
      assert.equal(Number(controlOf(group, 'pids', 'pids.max')), most + 256);
      assert.equal(Number(controlOf(`${group}/workspace`, 'pids', 'pids.max')), most);
      if (unifiedCgroups) {
        assert.equal(Number(controlOf(group, 'memory', 'memory.max')), memoryBytes);
        assert.equal(Number(controlOf(group, 'memory', 'memory.swap.max')), 0);
        assert.equal(controlOf(group, 'cpu', 'cpu.max'), `${cpus * 100_000} 100000`);
        assert.match(controlOf(group, 'io', 'io.max'), /^\d+:\d+ rbps=209715200 wbps=209715200/);
      } else {
        assert.equal(Number(controlOf(group, 'memory', 'memory.limit_in_bytes')), memoryBytes);
        assert.equal(Number(controlOf(group, 'memory', 'memory.memsw.limit_in_bytes')), memoryBytes);
        assert.equal(Number(controlOf(group, 'cpu', 'cpu.cfs_quota_us')), cpus * 100_000);
        assert.equal(Number(controlOf(group, 'cpu', 'cpu.cfs_period_us')), 100_000);
        for (const direction of ['read', 'write']) {
          assert.match(controlOf(group, 'blkio', `blkio.throttle.${direction}_bps_device`), /^\d+:\d+ 209715200$/);
        }
      }
    }
  });

  test('limits the memory of a container with its swap where that was asked for', async () => {
    const pid = await one.run('small', ['sleep', '1000'], { HostConfig: { Memory: 32 * MiB } });
    const group = groupOf(pid);
    const files = unifiedCgroups ? ['memory.max'] : ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
    for (const file of files) assert.equal(Number(controlOf(group, 'memory', file)), 32 * MiB);
  });

  test('leaves nothing in a container’s reach that it may not have: devices are refused', async () => {
    const { text } = await one.output(['sh', '-c', 'mknod /tmp/d b 7 0; mknod /tmp/m c 1 1; ls /tmp/d /tmp/m']);
    assert.match(text, /mknod: \/tmp\/d: Operation not permitted/);
    assert.match(text, /mknod: \/tmp\/m: Operation not permitted/);
  });
});

describe('the baseline: the engine’s own files', () => {
  test('are open to nobody else: sockets 0600, no directory that can be listed', () => {
    const modes = (file: string): string => (lstatSync(file).mode & 0o777).toString(8);
    const { run, data } = engine.instance;
    for (const socket of [`${run}/engine.sock`, one.socket, two.socket]) assert.equal(modes(socket), '600', socket);
    for (const point of ['rootfs', 'etc', 'guest', 'l', 'p'])
      assert.deepEqual(readdirSync(`${run}/${point}`), [], point);
    const open: string[] = [];
    const visit = (place: string): void => {
      const found = lstatSync(place);
      const others = found.mode & 0o007;
      if (found.isDirectory()) {
        // A mount point shows nothing outside of the namespaces that something is mounted in.
        if (others & 0o006 && readdirSync(place).length > 0) open.push(`${modes(place)} ${place}`);
        // What others cannot enter needs no look.
        if (others & 0o001) for (const name of readdirSync(place)) visit(path.join(place, name));
      } else if (others & 0o006 && place !== `${run}/mnt`) open.push(`${modes(place)} ${place}`);
    };
    visit(run);
    visit(data);
    assert.deepEqual(open, []);
  });

  test('cannot be reached by another user of the machine, not even where a student owns them', () => {
    const as = (uid: number, ...argv: string[]): number => {
      try {
        execFileSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...argv], { stdio: 'ignore' });
        return 0;
      } catch (error) {
        return (error as { status: number | null }).status ?? -1;
      }
    };
    const store = `${engine.instance.data}/store`;
    const inside = `/proc/${engine.pid}/root${store}`;
    assert.ok(existsSync(`${inside}/hosts/${one.info.id}`));
    for (const uid of [65_534, one.info.uidBase, one.info.uidBase + 1000]) {
      assert.equal(as(uid, 'test', '-e', '/'), 0);
      for (const place of [store, `${engine.instance.run}/oci`, `${engine.instance.run}/exits`])
        assert.notEqual(as(uid, 'ls', place), 0, `${uid} lists ${place}`);
      assert.notEqual(as(uid, 'test', '-r', `${engine.instance.data}/engine.db`), 0);
    }
  });
});
