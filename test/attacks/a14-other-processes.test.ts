// A14: processes that are not a student's own: of other hosts, and conmon, which stands beside the student's in `ps`.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { checkApart } from '../../runtime/kernel/namespaces.ts';
import { ask } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { conmonsOf, numbersOf, status } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';

let engine: RunningEngine;
let mine: DockerHost;
let theirs: DockerHost;
let theirContainer: string;
let theirPid: number;
/** The conmon of a container of mine: as the machine numbers it, and as the workspace does. */
let conmon: { readonly outside: number; readonly inside: number };

beforeAll(async () => {
  engine = await sharedEngine();
  [mine, theirs] = await Promise.all([createDockerHost(engine, 'mine'), createDockerHost(engine, 'theirs')]);
  theirPid = await theirs.run('victim', ['sleep', '4321']);
  const { body } = await ask(theirs.socket, 'GET /containers/victim/json');
  theirContainer = (body as { Id: string }).Id;
  await mine.run('box', ['sleep', '1000']);
  const outside = conmonsOf(engine.instance.run).find(({ pid, argv }) => {
    return argv.some((word) => word.includes('/hosts/mine/')) && numbersOf(pid).length === 2;
  })?.pid;
  assert.ok(outside);
  conmon = { outside, inside: numbersOf(outside)[1] ?? 0 };
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('A14: --pid, --network, --ipc of another host’s container', () => {
  for (const key of ['PidMode', 'NetworkMode', 'IpcMode'])
    for (const name of ['id', 'name'])
      test(`${key} by its ${name} finds nothing`, async () => {
        const HostConfig = { [key]: `container:${name === 'id' ? theirContainer : 'victim'}` };
        const body = { Image: 'busybox', Cmd: ['ps'], HostConfig };
        const place = `/containers/${key}-${name}`;
        const created = await ask(mine.socket, `POST /containers/create?name=${key}-${name}`, body);
        const refused = created.status === 201 ? await ask(mine.socket, `POST ${place}/start`) : created;
        assert.ok([400, 404, 409].includes(refused.status), JSON.stringify(refused));
        assert.match(JSON.stringify(refused.body), /No such container|is not (supported|possible)/);
      });

  for (const mode of ['host', `container:../../../proc/${process.pid}`, 'ns:/proc/1/ns/net', '/proc/1/ns/net'])
    test(`a mode that is no container (${mode.slice(0, 20)}) leads to nothing of the machine`, async () => {
      // Most may be the host's: the workspace's, that is.
      const keys = mode === 'host' ? ['CgroupnsMode'] : ['PidMode', 'IpcMode', 'UsernsMode', 'UTSMode', 'CgroupnsMode'];
      for (const key of keys) {
        const body = { Image: 'busybox', Cmd: ['ps'], HostConfig: { [key]: mode } };
        const { status: answer } = await ask(mine.socket, 'POST /containers/create', body);
        assert.equal(answer, 400, `${key} ${mode}`);
      }
    });

  for (const key of ['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode'])
    test(`${key} host is the workspace’s, never the machine’s`, async () => {
      const pid = await mine.run(`shares-${key}`, ['sleep', '1000'], { HostConfig: { [key]: 'host' } });
      checkApart(pid);
    });
});

describe('A14: the workspace’s root', () => {
  test('sees conmon in ps, and can do nothing to it', async () => {
    assert.equal(status(conmon.outside, 'Uid').split('\t')[0], '0');
    const { inside } = conmon;
    const attach = `perl -e 'my $r = syscall(101, 16, ${inside}, 0, 0); print "ptrace $r $!\\n"'`;
    const descriptor = `perl -e 'my $p = syscall(434, ${inside}, 0); my $r = syscall(438, $p, 0, 0); print "pidfd $r $!\\n"'`;
    const memory = `perl -e 'my $b = "x" x 64; my $v = pack("QQ", unpack("Q", pack("p", $b)), 64); my $w = pack("QQ", 4194304, 64);
      my $r = syscall(310, ${inside}, $v, 1, $w, 1, 0); print "vm $r $!\\n"'`;
    const { stdout } = await mine.shell(`
      ps -o user=,comm= -p ${inside}
      for s in 9 15 19 2; do kill -$s ${inside} 2>&1; done
      for n in mnt net pid user ipc; do nsenter --$n=/proc/${inside}/ns/$n true 2>&1 || echo "no $n"; done
      nsenter -t ${inside} -a true 2>&1 || echo 'no all'
      ls /proc/${inside}/root/ /proc/${inside}/cwd/ /proc/${inside}/fd/ 2>&1
      cat /proc/${inside}/environ /proc/${inside}/maps /proc/${inside}/stack 2>&1
      echo 1000 > /proc/${inside}/oom_score_adj
      ${attach}; ${descriptor}; ${memory}
      prlimit --pid ${inside} --nofile=1 2>&1; renice 19 ${inside} 2>&1
    `);
    assert.match(stdout, /^(nobody|root|65534)\s+conmon$/m);
    const refusals = stdout.match(/Operation not permitted|Permission denied/g) ?? [];
    assert.ok(refusals.length >= 18, stdout);
    for (const kind of ['mnt', 'net', 'pid', 'user', 'ipc', 'all'])
      assert.match(stdout, new RegExp(`^no ${kind}$`, 'm'));
    for (const call of ['ptrace', 'pidfd', 'vm'])
      assert.match(stdout, new RegExp(`^${call} -1 Operation not permitted`, 'm'));
    assert.match(status(conmon.outside, 'State'), /^S/);
    assert.equal(status(conmon.outside, 'TracerPid'), '0');
  });

  test('neither sees nor reaches a process of another host or of the machine', async () => {
    const numbers = [...numbersOf(theirPid), engine.pid, process.pid, theirs.info.pid];
    const { stdout } = await mine.shell(`ps -eo args; for p in ${numbers.join(' ')}; do
      [ "$(tr '\\0' ' ' </proc/$p/cmdline 2>/dev/null)" = "sleep $((4320 + 1)) " ] && echo fo""und; done; true`);
    assert.doesNotMatch(stdout, /sleep 4321|found|main\.ts/);
    // Everything that can be killed from here is killed: only this host feels it.
    await mine.shell('kill -9 -1');
    assert.ok(existsSync(`/proc/${theirPid}`));
    assert.ok(existsSync(`/proc/${engine.pid}`));
    assert.equal((await engine.client.host('mine')).state, 'running');
  });
});

test('A14: a process in the machine’s own namespaces is never let run as a container', () => {
  assert.throws(() => checkApart(process.pid), /has the engine's own user namespace/);
});
