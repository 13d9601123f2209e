// The most that a student can be: root in the workspace, with SYS_ADMIN in a user namespace. What is the machine's stays as it is.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { conmonsOf, controlOf, numbersOf, unifiedCgroups } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';

let engine: RunningEngine;
let host: DockerHost;
/** The ID of a container. */
let box: string;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'root');
  await host.run('box', ['sleep', '1000']);
  ({ Id: box } = (await expect(host.socket, 'GET /containers/box/json', 200)) as { Id: string });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('A06, A11: kernel settings', () => {
  const settings = [
    'kernel/core_pattern',
    'kernel/modprobe',
    'kernel/sysrq',
    'vm/overcommit_memory',
    'kernel/hostname',
  ];

  test('are the machine’s, with masks and read-only mounts taken away too', async () => {
    const there = settings.filter((name) => existsSync(`/proc/sys/${name}`));
    const values = () => there.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8'));
    const before = values();
    const { stdout } = await host.shell(`
      for m in $(awk '$2 ~ "^/(proc|sys)/" { print $2 }' /proc/mounts | tac); do umount -l $m 2>/dev/null; done
      mount -o remount,rw,bind /proc 2>/dev/null; mount -o remount,rw,bind /sys 2>/dev/null
      try() { ( echo "$2" > "$1" ) 2>/dev/null && echo "wrote $1"; }
      for s in core_pattern modprobe sysrq; do try /proc/sys/kernel/$s pwned; done
      try /proc/sys/vm/overcommit_memory 1
      try /proc/sys/vm/drop_caches 1
      try /proc/sysrq-trigger h
      try /proc/sys/fs/binfmt_misc/register ':x:M::x::/x:'
      try /sys/kernel/uevent_helper /x
      try /sys/power/state mem
      try /proc/1/oom_score_adj -1000
      mkdir -p /mnt/p /mnt/s
      mount -t proc proc /mnt/p 2>/dev/null && try /mnt/p/sys/kernel/core_pattern pwned
      mount -t sysfs sysfs /mnt/s 2>/dev/null && try /mnt/s/kernel/uevent_helper /x
      for f in /proc/kcore /proc/kmsg /sys/kernel/security/lockdown /sys/kernel/debug/tracing/trace; do
        head -c 1 $f >/dev/null 2>&1 && echo "read $f"; done; true`);
    assert.equal(stdout, '');
    assert.deepEqual(values(), before);
  });

  test('and so are the limits of the host’s cgroup', async () => {
    const limit = unifiedCgroups ? 'memory.max' : 'memory.limit_in_bytes';
    const before = [controlOf(host.group, 'memory', limit), controlOf(host.group, 'pids', 'pids.max')];
    await host.shell(`
      mkdir -p /mnt/c
      for t in memory pids devices freezer cpu; do
        mount -t cgroup -o $t cgroup /mnt/c 2>/dev/null || mount -t cgroup2 cgroup2 /mnt/c 2>/dev/null
        for f in $(find /mnt/c /sys/fs/cgroup -maxdepth 3 \\( -name '*limit_in_bytes' -o -name '*.max' -o -name devices.allow -o -name release_agent -o -name notify_on_release \\) 2>/dev/null); do
          mount -o remount,rw,bind $(dirname $f) 2>/dev/null
          for v in -1 max 1 a; do ( echo $v > $f ) 2>/dev/null; done
        done
        umount -l /mnt/c 2>/dev/null
      done; true`);
    assert.deepEqual([controlOf(host.group, 'memory', limit), controlOf(host.group, 'pids', 'pids.max')], before);
    const root = unifiedCgroups ? null : readFileSync('/sys/fs/cgroup/memory/release_agent', 'utf8').trim();
    assert.ok(root === null || root === '');
  });
});

describe('A07, A08, A09, A12, A13: calls and devices', () => {
  // perl has syscall(2) and is in every Debian. Numbers of x86-64.
  const calls: Record<string, string> = {
    open_by_handle_at: 'syscall(304, 0, $b, 0)',
    init_module: 'syscall(175, $b, 1, $b)',
    finit_module: 'syscall(313, 0, $b, 0)',
    kexec_load: 'syscall(246, 0, 0, 0, 0)',
    keyctl: 'syscall(250, 0, -3, 0)',
    add_key: 'syscall(248, $b, $b, $b, 1, -3)',
    io_uring_setup: 'syscall(425, 1, $b)',
    userfaultfd: 'syscall(323, 0)',
    bpf: 'syscall(321, 0, $b, 128)',
    perf_event_open: 'syscall(298, $b, 0, -1, -1, 0)',
    swapon: 'syscall(167, $b, 0)',
    reboot: 'syscall(169, 0, 0, 0, 0)',
    settimeofday: 'syscall(164, $b, 0)',
    iopl: 'syscall(172, 3)',
    AF_VSOCK: 'syscall(41, 40, 1, 0)',
    AF_ALG: 'syscall(41, 38, 5, 0)',
  };

  test('that lead out of a namespace are answered with “Operation not permitted”', {
    skip: process.arch !== 'x64',
  }, async () => {
    const program = Object.entries(calls).map(([name, call]) => `$! = 0; $r = ${call}; print "${name} $r $!\\n";`);
    program.unshift('$b = "x" x 256;');
    const { stdout } = await host.engine.client.run(host.name, {
      argv: ['perl', '-e', program.join(' ')],
      user: 'root',
    });
    const expected = Object.keys(calls).map((name) => `${name} -1 Operation not permitted`);
    assert.deepEqual(stdout.trim().split('\n'), expected);
  });

  test('no device can be made or mounted', async () => {
    const { stdout } = await host.shell(`
      cd /root; mknod disk b 254 0 2>/dev/null && echo made; mknod mem c 1 1 2>/dev/null && echo made
      mkdir -p /mnt/d; mount -t tmpfs -o dev tmpfs /mnt/d && mknod /mnt/d/mem c 1 1 2>/dev/null && echo made
      for t in ext4 btrfs xfs vfat iso9660; do for d in /dev/vda /dev/sda /dev/loop0; do
        mount -t $t $d /mnt/d 2>/dev/null && echo mounted; done; done
      truncate -s 1M image; losetup -f image 2>/dev/null && echo loop; head -c 1 /dev/vda /dev/mem /dev/kvm /dev/fuse 2>/dev/null; true`);
    assert.equal(stdout, '');
  });

  test('no link can be put into the machine’s network through conmon, which stands in it', async () => {
    // Of the container: that of a command that has just ended may be gone by the time it is looked at.
    const outside = conmonsOf(engine.instance.run).find(({ argv }) => argv.includes(box))?.pid;
    assert.ok(outside && numbersOf(outside).length === 2);
    const inside = numbersOf(outside)[1];
    const { stdout } = await host.shell(`
      ip link add leak0 type veth peer name leak1 netns ${inside} 2>/dev/null && echo made
      ip link add leak2 type dummy && ip link set leak2 netns ${inside} 2>/dev/null && echo moved
      ip link del leak2; true`);
    assert.equal(stdout, '');
    assert.doesNotMatch(readFileSync('/proc/net/dev', 'utf8'), /leak/);
  });
});

test('the host goes on', async () => {
  assert.equal((await host.output(['echo', 'fine'])).text, 'fine\r\n');
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});
