// H07: tables of the kernel that namespaces do not divide. One student takes all that they can get of each, as root in their
// workspace and by many users; the neighbour then does what needs a place in the same table.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { sizeOf, tables } from '../../runtime/kernel/tables.ts';
import { maxNetworkNamespacesPerHost } from '../../runtime/limits.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { controlOf, groupOf, unifiedCgroups } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { errorsIn, programOf, type SystemCall } from '../support/system-calls.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let greedy: DockerHost;
let neighbour: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  [greedy, neighbour] = await Promise.all([createDockerHost(engine, 'greedy'), createDockerHost(engine, 'neighbour')]);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** The calls that take a place, by ctypes: each gives True where it worked. All that is taken is held until the program ends. */
const takes = `
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
kept = []
def inotify():
    return libc.inotify_init() >= 0
def twenty_inotifies_of_another_user():
    kept.append(os.pipe())
    if os.fork() == 0:
        os.setuid(2000 + len(kept))
        os.write(kept[-1][1], b"y" if all([inotify() for _ in range(20)]) else b"n")
        signal.pause()
    return os.read(kept[-1][0], 1) == b"y"
def queue():
    kept.append(0)
    return libc.mq_open(b"/q%d-%d" % (os.getpid(), len(kept)), os.O_CREAT | os.O_RDWR, 0o600, None) >= 0
def aio(events):
    return libc.syscall(206, events, ctypes.byref(ctypes.c_ulong())) == 0
`;

/** Calls it until it fails, at most \`most\` times; gives how often it worked. What was taken is held. */
async function takeAll(host: DockerHost, call: string, most: number): Promise<number> {
  const file = '/tmp/taken';
  const program = `${takes}
# One that fails may have met what another process just had.
def more(): return any(${call} or time.sleep(0.005) for _ in range(5))
n = 0
while n < ${most} and (${call} or more()): n += 1
open("${file}.new", "w").write(str(n)); os.rename("${file}.new", "${file}")
signal.sigwait([signal.SIGTERM])`;
  await host.shell(`rm -f ${file}; python3 -c '${program}' >/tmp/said 2>&1 &`);
  let taken = '';
  await until(`${call} was called until it failed`, async () => {
    taken = (await host.shell(`cat ${file} || { pgrep python3 >/dev/null || cat /tmp/said; }`)).stdout;
    return taken !== '';
  });
  assert.match(taken, /^\d+$/);
  return Number(taken);
}

const releaseAll = async (host: DockerHost): Promise<void> => {
  await host.shell('pkill -KILL python3; while pgrep python3 >/dev/null; do sleep 0.01; done; rm -f /dev/mqueue/q*');
};

/** Whether one more call works. */
async function works(host: DockerHost, call: string): Promise<boolean> {
  const { stdout, stderr } = await host.shell(`python3 -c '${takes}\nprint(${call})'`);
  assert.equal(stderr, '');
  return stdout === 'True\n';
}

describe('H07: what one student takes all of, the neighbour still has', { skip: process.arch !== 'x64' }, () => {
  /** More than the machine's default of each. */
  const shared = [
    { name: 'inotify instances', call: 'inotify()', most: 200 },
    {
      name: 'inotify instances, by many users',
      call: 'twenty_inotifies_of_another_user()',
      most: 15,
      one: 'inotify()',
    },
    { name: 'bytes of POSIX queues', call: 'queue()', most: 200 },
  ];
  for (const { name, call, most, one = call } of shared)
    test(name, async () => {
      const taken = await takeAll(greedy, call, most);
      try {
        assert.ok(taken > 0 && taken < most, `${taken} of ${most} were taken`);
        assert.equal(await works(greedy, one), false, 'the greedy one is at the end of their share');
        assert.equal(await works(neighbour, one), true, 'the neighbour is not');
      } finally {
        await releaseAll(greedy);
      }
      await until('what was taken is free again', () => works(greedy, one));
    });
});

describe('H07: terminals', { skip: process.arch !== 'x64' }, () => {
  const open = 'exec perl -e \'while (@f < $ARGV[1] && open(my $f, "+<", $ARGV[0])) { push @f, $f } print scalar @f\' ';

  test('of a container and of the workspace have a most, which root there cannot change', async () => {
    const calls: SystemCall[] = Array.from({ length: 40 }, () => ({
      ...{ number: 2, args: [Buffer.from('/dev/ptmx\0'), 2, 0] },
    }));
    await greedy.import('opens', [{ name: 'opens', mode: 0o755, content: programOf(calls) }]);
    const { text } = await greedy.output(['/opens'], { Image: 'opens' });
    // One of the sixteen is its own.
    assert.deepEqual(errorsIn(text), [...Array(15).fill('ok'), ...Array(25).fill('ENOSPC')]);
    const { stdout } = await greedy.shell(
      `mount -o remount,max=4000 /dev/pts; mount -t devpts -o remount,max=4000 devpts /dev/pts; ${open} /dev/ptmx 100`,
    );
    assert.equal(stdout, '64');
  });

  test('go on for the neighbour while a student takes all that the kernel gives them, again and again', async () => {
    await greedy.shell('mkdir -p /mnt/pts; mount -t devpts -o newinstance,ptmxmode=666 devpts /mnt/pts');
    const said = '/tmp/held';
    const take = `while (1) { if (open(my $f, "+<", "/mnt/pts/ptmx")) { push @f, $f; next } next if $told++; my $why = $!; open(my $o, ">", "${said}.$$"); print $o $why; close $o; rename("${said}.$$", "${said}") }`;
    await greedy.shell(`for i in 1 2 3; do perl -e '${take}' >/dev/null 2>&1 & done`);
    try {
      await until('all are taken', async () => (await greedy.shell(`test -e ${said}`)).exitCode === 0);
      // By the kernel, not for want of descriptors.
      assert.equal((await greedy.shell(`cat ${said}`)).stdout, 'No space left on device');
      for (let n = 1; n <= 5; n++) {
        const terminals = await Promise.all([neighbour.output(['tty']), greedy.output(['tty'])]);
        for (const { text } of terminals) assert.match(text, /^\/dev\/(console|pts\/0)\r\n$/);
      }
    } finally {
      await greedy.shell('pkill -KILL -x perl; while pgrep -x perl >/dev/null; do sleep 0.01; done; umount /mnt/pts');
    }
  });

  test('of a container are no more when it is gone: who holds on to its /dev/pts gets none beside the next one’s', async () => {
    const { stdout, stderr } = await greedy.shell(`
      for i in 1 2 3; do
        box=$(docker run --detach busybox sleep 1000)
        exec {d}<"/proc/$(docker inspect --format '{{.State.Pid}}' $box)/root/dev/pts"
        held="$held $d"
        docker rm --force $box >/dev/null
      done
      perl -e 'for my $d (@ARGV) { while (@f < 100 && open(my $f, "+<", "/proc/self/fd/$d/ptmx")) { push @f, $f } } print scalar @f' $held`);
    assert.equal(stdout, '16', stderr);
  });

  test('come from the kernel’s reserve, also where whoever started the engine has ended', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'first-mounts-'));
    try {
      const program = `
        import { readlinkSync, renameSync, writeFileSync } from 'node:fs';
        import { hasMachineMounts, insideMachineMounts, insideNewMountNamespace } from ${JSON.stringify(new URL('../../runtime/kernel/namespaces.ts', import.meta.url).href)};
        const first = insideNewMountNamespace(() => insideMachineMounts(() => readlinkSync('/proc/thread-self/ns/mnt')));
        const [, file] = process.argv;
        writeFileSync(file + '.new', hasMachineMounts ? first : 'none');
        renameSync(file + '.new', file);`;
      const found = async (name: string, ...before: string[]): Promise<string> => {
        const file = path.join(folder, name);
        const [first = '', ...rest] = [...before, process.execPath, '--input-type=module', '-e', program, file];
        execFileSync(first, rest);
        await until(`${file} is there`, () => existsSync(file));
        return readFileSync(file, 'utf8');
      };
      const here = await found('here');
      assert.equal(await found('orphan', 'setsid', '--fork', 'unshare', '--mount'), here);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('H07: neighbours', { skip: process.arch !== 'x64' }, () => {
  /** All that the kernel has, of every network (`entries`, the first column, in hexadecimal; all processors tell the same). */
  const entries = (): number =>
    Number.parseInt(readFileSync('/proc/net/stat/arp_cache', 'utf8').split('\n')[1]?.split(' ')[0] ?? '', 16);
  /** A packet to each address of a subnet of 65,536, as fast as can be. */
  const scan = (subnet: string): string =>
    `python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setblocking(False)
for n in range(1, 65535):
    try: s.sendto(b"x", ("${subnet}.%d.%d" % (n >> 8, n & 255), 9))
    except OSError: pass'`;

  test('that a student looks for are few, from the workspace and from containers', async () => {
    await greedy.run('box', ['sleep', '1000']);
    const inBox = `nsenter --target "$(docker inspect -f '{{.State.Pid}}' box)" --net`;
    const before = entries();
    await greedy.shell(`${scan('172.17')} & ${inBox} ${scan('172.17')} & wait`);
    const looked = entries() - before;
    assert.ok(looked < 400, `${looked} more neighbours`);
    const { stdout } = await greedy.shell(
      `ping -c 1 -W 2 172.17.9.9 2>&1; ip neigh show to 172.17.9.9; ${inBox} ip route; ${inBox} ip -6 addr show dev eth0`,
    );
    assert.match(stdout, /No route to host/);
    assert.doesNotMatch(stdout, /172\.17\.9\.9 dev|inet6/);
    assert.match(stdout, /^default via 172\.17\.0\.1 dev eth0 *\n172\.17\.0\.0\/16 dev eth0 /m);
  });

  test('of the other student answer meanwhile', async () => {
    await neighbour.run('web', ['httpd', '-f', '-p', '80']);
    const scanning = greedy.shell(`for i in 1 2 3; do ${scan('172.17')}; done`);
    const { text } = await neighbour.output(['ping', '-c', '3', '-i', '0.2', '-W', '10', '172.17.0.2']);
    await scanning;
    assert.match(text, /3 packets transmitted, 3 packets received/);
  });

  test('have room for a class', () => {
    for (const table of tables) assert.ok(sizeOf(table) >= table.least, `${table.setting} is ${sizeOf(table)}`);
  });
});

describe('H07: memory of sockets', () => {
  /** Connections to itself that nobody reads from, each filled until it takes no more; gives how many bytes they hold. */
  const fill = `python3 -c '
import socket
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(500)
kept, sent = [], 0
for i in range(150):
    c = socket.create_connection(l.getsockname()); a = l.accept()[0]; kept += [c, a]
    c.setblocking(False)
    try:
        while True: sent += c.send(b"x" * 1048576)
    except OSError: pass
print(sent)'`;

  test('that one student’s connections hold has a most', async () => {
    const { memoryBytes } = greedy.info.limits;
    const { stdout, exitCode } = await greedy.shell(fill);
    if (exitCode === 0) assert.ok(Number(stdout) < (unifiedCgroups ? memoryBytes : memoryBytes / 4), `${stdout} bytes`);
    else assert.equal(exitCode, 137); // killed for the memory that it took
    const box = await greedy.run('sockets', ['sleep', '1000']);
    if (unifiedCgroups) return;
    for (const group of [greedy.group, groupOf(greedy.info.pid), groupOf(box)])
      assert.equal(Number(controlOf(group, 'memory', 'memory.kmem.tcp.limit_in_bytes')), memoryBytes / 8);
  });

  test('is enough for a connection of a student’s own to go on', async () => {
    const { stdout } = await greedy.shell(
      'head -c 50M /dev/zero >/tmp/f; cd /tmp; python3 -m http.server --bind 127.0.0.1 8123 >/dev/null 2>&1 & sleep 0.5; ' +
        'curl --retry 20 --retry-connrefused --retry-delay 1 -s http://127.0.0.1:8123/f | wc -c; kill %1; rm /tmp/f',
    );
    assert.equal(stdout, `${50 * 1024 * 1024}\n`);
  });
});

describe('H07: asynchronous input and output', { skip: process.arch !== 'x64' }, () => {
  test('goes on for the neighbour whatever a student asks for', async () => {
    const ofMachine = 65_536; // fs.aio-max-nr as Linux has it
    const taken = await takeAll(greedy, 'aio(60000)', 20);
    try {
      assert.ok(taken * 60_000 > ofMachine, `${taken} of 60,000 requests each`);
      assert.equal(await works(neighbour, 'aio(128)'), true);
    } finally {
      await releaseAll(greedy);
    }
  });
});

describe('H07: a student’s namespaces', () => {
  test('are no way to more rights over networks: there is no user namespace below the host’s', async () => {
    for (const user of ['root', 'student']) {
      const { stdout } = await greedy.shell(
        'unshare --user --map-root-user --net ip link add d0 type dummy && echo made; unshare --user true 2>&1',
        user,
      );
      assert.equal(stdout, 'unshare: unshare failed: No space left on device\n');
    }
    const raised = await greedy.shell(
      'mount -o remount,rw,bind /proc/sys; mount -t proc proc /mnt; for d in /proc /mnt; do ( echo 100 >$d/sys/user/max_user_namespaces ); done; cat /mnt/sys/user/max_user_namespaces',
    );
    assert.equal(raised.stdout, '0\n');
  });

  test('of the other kinds are made by hand, as a lesson does', async () => {
    const { stdout } = await greedy.shell(
      'unshare --mount --uts --ipc --net --pid --fork --mount-proc sh -c "hostname inside; hostname; ip -brief link; ps -o comm="',
    );
    assert.match(stdout, /^inside\nlo +DOWN .*\nsh\nps\n$/);
  });

  test('hold no more networks than a host has containers, and as many again', async () => {
    const { stdout } = await greedy.shell(`python3 -c '
import os
kept = []
try:
    while len(kept) < 200:
        os.unshare(os.CLONE_NEWNET); kept.append(os.open("/proc/self/ns/net", os.O_RDONLY))
except OSError as error: print(len(kept), error.strerror)'`);
    const [, made] = /^(\d+) No space left on device\n$/.exec(stdout) ?? [];
    assert.ok(Number(made) > 0 && Number(made) <= maxNetworkNamespacesPerHost, stdout);
  });

  test('give no capability over networks: to root in the workspace, or by --cap-add', async () => {
    const { stdout } = await greedy.shell(
      'ip link add d0 type dummy; ip neigh add 172.17.9.9 lladdr 02:00:00:00:00:01 dev docker0; ip route add 10.1.0.0/16 dev docker0; ip rule del pref 100; ip link show d0; ip neigh show 172.17.9.9; ip route show 10.1.0.0/16; ip rule show pref 100',
    );
    assert.match(stdout, /^100:\s+from all to 172.17.0.0\/16 lookup 100\s*$/);
    for (const capability of ['NET_ADMIN', 'SYS_RESOURCE']) {
      const refused = await engine.docker(greedy.name, 'run', '--rm', '--cap-add', capability, 'busybox', 'true');
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.stderr, new RegExp(`CAP_${capability} reaches beyond a host.*leave it out`));
    }
    const all = await engine.docker(
      greedy.name,
      'run',
      '--rm',
      '--cap-add',
      'ALL',
      'busybox',
      'ip',
      'link',
      'set',
      'eth0',
      'down',
    );
    assert.match(all.stderr, /Operation not permitted/);
  });
});
