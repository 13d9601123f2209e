// H07: tables of the kernel that namespaces do not divide. One student takes all that they can get of each, as root in their
// workspace and by many users; the neighbour then does what needs a place in the same table.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let greedy: DockerHost;
let neighbour: DockerHost;

before(async () => {
  engine = await startEngine();
  [greedy, neighbour] = await Promise.all([createDockerHost(engine, 'greedy'), createDockerHost(engine, 'neighbour')]);
});

after(async () => {
  await engine[Symbol.asyncDispose]();
});

/** The calls that take a place, by ctypes: each gives True where it worked. All that is taken is held until the program ends. */
const takes = `
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
kept = []
def inotify():
    return libc.inotify_init() >= 0
def inotify_of_another_user():
    kept.append(os.pipe())
    if os.fork() == 0:
        os.setuid(2000 + len(kept))
        os.write(kept[-1][1], b"y" if libc.inotify_init() >= 0 else b"n")
        signal.pause()
    return os.read(kept[-1][0], 1) == b"y"
def queue():
    kept.append(0)
    return libc.mq_open(b"/q%d-%d" % (os.getpid(), len(kept)), os.O_CREAT | os.O_RDWR, 0o600, None) >= 0
def timer():
    return libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) == 0
def aio(events):
    return libc.syscall(206, events, ctypes.byref(ctypes.c_ulong())) == 0
`;

/** Calls it until it fails, at most \`most\` times; gives how often it worked. What was taken is held. */
async function takeAll(host: DockerHost, call: string, most: number): Promise<number> {
  const file = '/tmp/taken';
  const program = `${takes}
n = 0
while n < ${most} and ${call}: n += 1
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
  const tables = [
    { name: 'inotify instances', call: 'inotify()', most: 200 },
    { name: 'inotify instances, by many users', call: 'inotify_of_another_user()', most: 150, one: 'inotify()' },
    { name: 'bytes of POSIX queues', call: 'queue()', most: 200 },
    { name: 'timers', call: 'timer()', most: 200_000 },
  ];
  for (const { name, call, most, one = call } of tables)
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
    const { stdout } = await greedy.shell(
      'for i in $(seq 120); do unshare --net sleep 60 & done 2>/tmp/no; sleep 1; pgrep -c -x sleep; pkill -x sleep; grep -c "No space" /tmp/no',
    );
    const [made = 0, refused = 0] = stdout.trim().split('\n').map(Number);
    assert.ok(made > 0 && made <= 101, stdout);
    assert.equal(made + refused, 120);
  });

  test('give no capability over networks: to root in the workspace, or by --cap-add', async () => {
    const { stdout } = await greedy.shell(
      'ip link add d0 type dummy; ip neigh add 172.17.9.9 lladdr 02:00:00:00:00:01 dev docker0; ip route add 10.1.0.0/16 dev docker0; ip -brief link | wc -l',
    );
    assert.equal(stdout, '2\n');
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
