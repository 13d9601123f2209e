// A06, A07, A11, A12: `docker run --privileged`. It means the student's host: root in such a container is at most what root in the
// workspace is. What is the machine's stays as it is, and nothing that is done in there lasts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { changesOf, type FileFacts, factsBelow, machineDevices } from '../support/machine-files.ts';
import { controlOf, unifiedCgroups } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { errorsIn, programOf, type SystemCall } from '../support/system-calls.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;
let neighbour: DockerHost;
let before: FileFacts;

/** Settings of the machine's, which nothing else changes while tests run. */
const settings = [
  ...['kernel/core_pattern', 'kernel/modprobe', 'kernel/hostname', 'kernel/sysrq', 'kernel/pid_max'],
  ...['kernel/pty/max', 'vm/overcommit_memory', 'fs/file-max'],
];
const facts = (): FileFacts =>
  new Map([
    ...machineDevices(),
    ...factsBelow(`/proc/${engine.pid}/root${engine.instance.run}/nodes`),
    ...settings
      .filter((name) => existsSync(`/proc/sys/${name}`))
      .map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8')] as const),
  ]);

beforeAll(async () => {
  engine = await sharedEngine();
  [host, neighbour] = await Promise.all([createDockerHost(engine, 'open'), createDockerHost(engine, 'beside')]);
  before = facts();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** What a privileged container writes, line by line. */
async function outputOf(script: string, more: object = {}): Promise<string[]> {
  const HostConfig = { Privileged: true, ...more };
  const { text } = await host.output(['sh', '-c', `exec 2>/dev/null; ${script}`], { HostConfig });
  return text.split('\r\n').filter(Boolean);
}

describe('a privileged container', () => {
  test('A07: makes none of the calls that lead out of a namespace', { skip: process.arch !== 'x64' }, async () => {
    const bytes = Buffer.alloc(256, 'x\0');
    const calls: Record<string, SystemCall> = {
      open_by_handle_at: { number: 304, args: [0, bytes, 0] },
      init_module: { number: 175, args: [bytes, 1, bytes] },
      finit_module: { number: 313, args: [0, bytes, 0] },
      delete_module: { number: 176, args: [bytes, 0] },
      kexec_load: { number: 246, args: [0, 0, 0, 0] },
      kexec_file_load: { number: 320, args: [0, 0, 0, bytes, 0] },
      keyctl: { number: 250, args: [0, -3, 0] },
      add_key: { number: 248, args: [bytes, bytes, bytes, 1, -3] },
      request_key: { number: 249, args: [bytes, bytes, bytes, -3] },
      io_uring_setup: { number: 425, args: [1, bytes] },
      userfaultfd: { number: 323, args: [0] },
      bpf: { number: 321, args: [0, bytes, 128] },
      perf_event_open: { number: 298, args: [bytes, 0, -1, -1, 0] },
      syslog: { number: 103, args: [3, bytes, 256] },
      swapon: { number: 167, args: [bytes, 0] },
      swapoff: { number: 168, args: [bytes] },
      // No time: if it were let through, the machine would keep its own.
      settimeofday: { number: 164, args: [bytes, 0] },
      clock_settime: { number: 227, args: [0, bytes] },
      iopl: { number: 172, args: [3] },
      ioperm: { number: 173, args: [0x80, 1, 1] },
      'socket AF_VSOCK': { number: 41, args: [40, 1, 0] },
      'socket AF_ALG': { number: 41, args: [38, 5, 0] },
      'socket AF_PACKET': { number: 41, args: [17, 3, 0] },
      'socket NETLINK_XFRM': { number: 41, args: [16, 3, 6] },
      'socket NETLINK_NETFILTER': { number: 41, args: [16, 3, 12] },
      'unshare CLONE_NEWUSER': { number: 272, args: [0x10000000] },
      'unshare CLONE_NEWUTS': { number: 272, args: [0x04000000] },
    };
    await host.import('calls', [{ name: 'calls', mode: 0o755, content: programOf(Object.values(calls)) }]);
    for (const HostConfig of [{ Privileged: true }, { CapAdd: ['ALL'] }]) {
      const { text } = await host.output(['/calls'], { Image: 'calls', HostConfig });
      const names = Object.keys(calls);
      const answers = Object.fromEntries(errorsIn(text).map((answer, index) => [names[index], answer]));
      const expected = Object.fromEntries(names.map((name) => [name, 'EPERM']));
      const own = { 'unshare CLONE_NEWUSER': 'ENOSPC', 'unshare CLONE_NEWUTS': 'ok' };
      assert.deepEqual(answers, { ...expected, ...own });
    }
  });

  test('A06: changes no limit of its host by cgroups, and has no program run by them', async () => {
    const limit = unifiedCgroups ? 'memory.max' : 'memory.limit_in_bytes';
    const limits = () => [controlOf(host.group, 'memory', limit), controlOf(host.group, 'pids', 'pids.max')];
    const was = limits();
    const written = await outputOf(`
      mkdir /c
      for t in memory pids devices freezer cpu blkio name=systemd rdma; do
        mount -t cgroup -o $t cgroup /c || mount -t cgroup2 cgroup2 /c
        for m in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,rw $m; mount -o remount,rw,bind $m; done
        mkdir /c/own && echo "made a group"
        for f in $(find /c /sys/fs/cgroup -name '*limit_in_bytes' -o -name '*.max' -o -name 'devices.*' -o -name release_agent -o -name notify_on_release -o -name cgroup.procs -o -name freezer.state); do
          for v in -1 max 1 'a *:* rwm' /x FROZEN; do ( echo "$v" >$f ) && echo "wrote $v to $f"; done
        done
        umount -l /c
      done`);
    assert.deepEqual(written, []);
    assert.deepEqual(limits(), was);
    const agent = '/sys/fs/cgroup/memory/release_agent';
    if (existsSync(agent)) assert.equal(readFileSync(agent, 'utf8').trim(), '');
  });

  test('A11: can write to nothing in /proc and /sys but to what is its namespaces’', async () => {
    const writable = await outputOf(
      `mount -o remount,rw /sys; mount -o remount,rw /proc; mkdir /p /s; mount -t proc proc /p; mount -t sysfs sysfs /s
       find /p/sys /p/sysrq-trigger /p/irq /p/bus /p/fs /proc/sys /sys /s -type f | while read f; do true >>"$f" && echo "$f"; done`,
    );
    // Of its PID, IPC and UTS namespace, and its network's interfaces, which only who has CAP_NET_ADMIN may change (below).
    const own =
      /^\/(p|proc)\/sys\/(fs\/mqueue\/|kernel\/(shm|msg|sem|auto_msgmni|hostname|domainname|pid_max|ns_last_pid))|^\/s(ys)?\/devices\/virtual\/net\/(lo|eth0)\//;
    assert.deepEqual(
      writable.filter((file) => !own.test(file)),
      [],
    );
    assert.ok(writable.includes('/proc/sys/kernel/shmmax'), 'what is its own is found');
    const tried = await outputOf(`
      try() { ( echo "$2" >"$1" ) && echo "wrote $1"; }
      same() { try "$1" "$(cat "$1")"; }
      same /proc/sys/kernel/core_pattern; same /proc/sys/kernel/modprobe; same /proc/sys/vm/overcommit_memory
      for f in $(find /sys/devices/virtual/net/ /proc/sys/net -type f | grep -v /power/); do same $f; done
      same /proc/sys/kernel/pty/max; same /proc/sys/user/max_user_namespaces; try /proc/sysrq-trigger h
      mkdir /p
      for t in debugfs tracefs securityfs bpf pstore efivarfs configfs; do mount -t $t none /p && ls /p; done
      for f in /proc/kcore /proc/kmsg /dev/kmsg /proc/kpageflags /sys/firmware/acpi/tables/DSDT; do
        head -c 1 $f | grep -q . && echo "read $f"; done
      dmesg; insmod /bin/busybox && echo loaded`);
    assert.deepEqual(tried, []);
  });

  test('A11: says what runs a kind of file for its own host alone', async () => {
    // Since Linux 6.7 each user namespace has its own binfmt_misc; before, none may mount it.
    const folder = mkdtempSync(path.join(os.tmpdir(), 'kinds-'));
    try {
      const file = path.join(folder, 'a.drydock');
      writeFileSync(file, 'exit 3', { mode: 0o755 });
      // The kernel knows no program for it, so that the C library tries the shell.
      const answer = () => spawnSync(file).status;
      assert.equal(answer(), 3);
      await outputOf('mkdir /p; mount -t binfmt_misc none /p; echo ":drydock:E::drydock::/bin/busybox:" >/p/register');
      assert.equal(answer(), 3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('A12: makes no device, mounts none, and has none that another container has not', async () => {
    const made = await outputOf(`
      for d in 'sda b 8 0' 'vda b 254 0' 'loop9 b 7 9' 'mem c 1 1' 'kmsg c 1 11' 'fuse c 10 229' 'kvm c 10 232' 'tun c 10 200'; do mknod /dev/\${d%% *} \${d#* } && echo "made $d"; done
      mkdir /d; mount -t tmpfs -o dev none /d; mknod /d/sda b 8 0 && echo made
      for d in /dev/sda /dev/vda /dev/loop0; do for t in ext4 btrfs vfat; do mount -t $t $d /d && echo "mounted $d"; done; done
      mount -t devtmpfs none /d && ls /d; mount -t overlay -o lowerdir=/bin:/etc none /d && mknod /d/sda b 8 0 && echo made
      losetup -f /bin/busybox && echo attached`);
    assert.deepEqual(made, []);
    const devices = 'find /dev \\( -type c -o -type b \\) | sort';
    const usual = await host.output(['sh', '-c', devices]);
    assert.deepEqual(await outputOf(devices), usual.text.trim().split('\r\n'));
    await outputOf(`chmod 0 /dev/* /dev/pts/*; chown 7:7 /dev/*; rm -f /dev/*; umount -l /dev/pts /dev /proc /sys`);
  });

  test('mounts what nobody else has, and what goes with it', async () => {
    const mark = `leak${process.pid}`;
    const script = `mkdir /m; mount --make-rshared /; mount -t tmpfs ${mark} /m; mount -t tmpfs ${mark} /etc; mount -t tmpfs ${mark} /dev/shm; echo ready; sleep 1000`;
    const pid = await host.run('mounts', ['sh', '-c', script], {
      HostConfig: { Privileged: true, Binds: ['/srv:/srv:rshared'] },
    });
    /** The mount namespaces of all processes that see such a mount. */
    const seenIn = (): string[] =>
      readdirSync('/proc').flatMap((name) => {
        if (!/^\d+$/.test(name)) return [];
        try {
          const seen = readFileSync(`/proc/${name}/mountinfo`, 'utf8').includes(mark);
          return seen ? [readlinkSync(`/proc/${name}/ns/mnt`)] : [];
        } catch {
          return []; // it has ended
        }
      });
    await until('it is mounted', () => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split(mark).length > 3);
    assert.deepEqual([...new Set(seenIn())], [readlinkSync(`/proc/${pid}/ns/mnt`)]);
    await expect(host.socket, 'DELETE /containers/mounts?force=1', 204);
    await until('nobody has the mounts', () => seenIn().length === 0);
  });

  test('with --pid host is beside the workspace’s processes, and enters the workspace', async () => {
    const first = `/proc/${host.info.pid}/ns`;
    const seen = await outputOf(
      'for n in mnt uts net pid user; do nsenter -t 1 -m -u -n -p readlink /proc/self/ns/$n; done; nsenter -t 1 -m -p sh -c "ls -d /proc/[0-9]*" | wc -l',
      { PidMode: 'host' },
    );
    const [most, ...spaces] = seen.toReversed();
    assert.deepEqual(
      spaces.toReversed(),
      ['mnt', 'uts', 'net', 'pid', 'user'].map((kind) => readlinkSync(`${first}/${kind}`)),
    );
    assert.ok(Number(most) < 50, `${most} processes`);
  });

  test('is refused what reaches beyond a host: capabilities, and the loosening of its filter', async () => {
    for (const more of [
      ['--cap-add', 'NET_ADMIN'],
      ['--cap-add', 'SYS_MODULE'],
      ['--security-opt', 'seccomp=unconfined'],
    ]) {
      const refused = await engine.docker(host.name, 'run', '--rm', '--privileged', ...more, 'busybox', 'true');
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.stderr, /reaches beyond a host|is not possible on a host/);
    }
  });
});

describe('afterwards', () => {
  test('the machine’s devices and settings are as before', () => {
    assert.deepEqual(changesOf(before, facts()), []);
  });

  test('the hosts go on', async () => {
    for (const each of [host, neighbour]) assert.equal((await each.output(['echo', 'fine'])).text, 'fine\r\n');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});
