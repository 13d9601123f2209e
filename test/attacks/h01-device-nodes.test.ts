// H01: root in a container, or the OCI runtime on its behalf, changes a file that the engine handed down: the machine's
// /dev/null as stdio, a device node, a masked path, the image's files, the runtime itself. None of them may be the machine's.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { namespaceFile } from '../../cli/supervisor/run-directory.ts';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { changesOf, type FileFacts, factsBelow, machineDevices } from '../support/machine-files.ts';
import { conmonsOf, descriptorsOf } from '../support/outside.ts';
import { isSoak } from '../support/soak.ts';
import { TerminalReader } from '../support/terminal-reader.ts';
import { until } from '../support/until.ts';

const numbers = { null: '1:3', zero: '1:5', full: '1:7', random: '1:8', urandom: '1:9', tty: '5:0' };
const runProgram = promisify(execFile);

/**
 * Starts the engine again where what is the machine's to it are device nodes that this test made: what an attack reaches is then
 * the test's, and no other engine on this machine can change it meanwhile. Gives their directory.
 */
async function withOwnDevices(engine: TestEngine, change?: (nodes: string) => void): Promise<string> {
  const { folder, run } = engine.instance;
  await engine.shutdown();
  const nodes = path.join(folder, 'devices');
  mkdirSync(nodes);
  for (const [name, number] of Object.entries(numbers)) {
    const node = path.join(nodes, name);
    await runProgram('mknod', ['-m', '666', node, 'c', ...number.split(':')]);
    await runProgram('nsenter', [`--mount=${namespaceFile(run)}`, 'mount', '--bind', node, `/dev/${name}`]);
  }
  change?.(nodes);
  await engine.start();
  return nodes;
}

/** Whatever a process of a host was given, or can reach, that may lead to what is not its own. */
const files = [
  ...[
    '/dev/*',
    '/proc/self/fd/0',
    '/proc/self/fd/1',
    '/proc/self/fd/2',
    '/proc/kcore',
    '/proc/keys',
    '/proc/timer_list',
  ],
  ...['/sys/firmware', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc/passwd', '/run/docker-host/*'],
].join(' ');
/** Every way to change them; what is refused is as good as what changes an own one only. */
const attack = [
  ...[`chmod 1606 ${files}`, `chown 7:7 ${files}`, `touch -d '2001-01-01 00:00' ${files}`],
  ...[`chown 0:0 ${files}`, `chmod 0622 ${files}`],
  ...['mount -o remount,rw /dev', 'mount -o remount,rw,bind /dev', 'mount -o remount,rw /proc/kcore', 'true'],
].join('; ');
/** After this runc executes nothing any more in the container: it wants a /dev/null there. */
const destruction = 'rm -f /dev/*; mknod /dev/null c 1 3; mknod /dev/kmsg c 1 11; umount /dev /proc/kcore; true';

const runtimes = { crun: '', ...(isSoak && { runc: '/usr/sbin/runc' }) };

for (const [name, ociRuntime] of Object.entries(runtimes))
  describe(`H01: device nodes, with ${name}`, () => {
    let engine: TestEngine;
    const hosts: DockerHost[] = [];
    let devices: FileFacts;
    let handedDown: FileFacts;

    /** What conmon and the runtime see, the runtime, and the layers of every image. */
    const facts = (): FileFacts => {
      const root = `/proc/${engine.pid}/root`;
      const { run, data } = engine.instance;
      const folders = [`${root}${run}/nodes`, `${root}${run}/runtime`, `${root}${data}/store/layers`];
      return new Map(folders.flatMap((folder) => [...factsBelow(folder)]));
    };
    const untouched = (): void => {
      assert.deepEqual(changesOf(devices, machineDevices(engine.pid)), []);
      assert.deepEqual(changesOf(handedDown, facts()), []);
    };

    beforeAll(async () => {
      engine = await startEngine({ ociRuntime });
      await withOwnDevices(engine);
      devices = machineDevices(engine.pid);
      for (const host of ['left', 'right']) hosts.push(await createDockerHost(engine, host));
      handedDown = facts();
    });

    afterAll(() => engine[Symbol.asyncDispose]());

    test('hosts are made without a change to the machine’s', () => {
      assert.equal(lstatSync(`/proc/${engine.pid}/root/dev/null`).uid, 0);
      untouched();
    });

    for (const Tty of [false, true])
      test(`root in a container ${Tty ? 'with' : 'without'} a terminal changes nodes of its own alone`, async () => {
        for (const host of hosts) {
          const { exitCode } = await host.output(['sh', '-c', `${attack}; ${destruction}`], { Tty });
          assert.equal(exitCode, 0);
        }
        untouched();
      });

    test('execs, with a terminal and as any user, change nothing of the machine’s or of another container’s', async () => {
      for (const host of hosts) {
        await host.run('target', ['sleep', '1000']);
        await host.run('beside', ['sleep', '1000'], { Tty: true, OpenStdin: true, User: '1000:1000' });
        for (const User of ['', '1000:1000'])
          for (const Tty of [false, true])
            for (const AttachStdin of [false, true]) {
              const body = { Cmd: ['sh', '-c', attack], User, Tty, AttachStdin };
              const { Id } = (await expectSending(host.socket, 'POST /containers/target/exec', body, 201)) as {
                Id: string;
              };
              await expectSending(host.socket, `POST /exec/${Id}/start`, { Detach: true, Tty }, 200);
              await until('the exec has ended', async () => {
                const { Running } = (await expect(host.socket, `GET /exec/${Id}/json`, 200)) as { Running: boolean };
                return !Running;
              });
            }
        const seen = await host.shell(
          'docker exec -u 0 beside stat -c "%n %a %F %t:%T" /dev/null /dev/zero /dev/random',
        );
        const what = 'character special file';
        assert.equal(
          seen.stdout,
          `/dev/null 666 ${what} 1:3\n/dev/zero 666 ${what} 1:5\n/dev/random 666 ${what} 1:8\n`,
        );
      }
      untouched();
    });

    test('root in a workspace, by a command and by a terminal, changes nodes of its own alone', async () => {
      for (const host of hosts) {
        await host.shell(attack);
        await engine.client.openTerminal(host.name, { id: 'one', rows: 24, columns: 80, user: 'root' });
        const reader = await TerminalReader.attach(engine.client, host.name, 'one', 0);
        await reader.until(/# /);
        reader.type(`${attack}; ${destruction}; echo do""ne\r`);
        await reader.until(/done\r/);
        reader.close();
      }
      untouched();
    });

    test('a container’s devices are its own: root may change them there, and another has its own as before', async () => {
      const [host] = hosts;
      assert.ok(host);
      const stat = 'stat -c "%n %a %u:%g %F %t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty';
      const first = await host.output(['sh', '-c', `chmod 600 /dev/null && chown 5:5 /dev/zero && ${stat}`]);
      assert.match(first.text, /\/dev\/null 600 0:0 .*\r\n\/dev\/zero 666 5:5/);
      const second = await host.output([
        'sh',
        '-c',
        `${stat}; ls -l /dev | grep -c '^l'; grep -c ' /dev/[nzfrut]' /proc/mounts`,
      ]);
      const lines = Object.entries(numbers).map(
        ([node, number]) => `/dev/${node} 666 0:0 character special file ${number}`,
      );
      assert.deepEqual(second.text.trim().split('\r\n'), [...lines, '6', '0']);
    });

    test('no process of the engine’s that works for a host has a file of the machine’s open', () => {
      const machine = statSync(`/proc/${engine.pid}/root/dev/null`);
      for (const { pid } of conmonsOf(engine.instance.run))
        for (const { fd, target } of descriptorsOf(pid)) {
          if (target !== '/dev/null') continue;
          const found = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
          if (!found) continue; // closed meanwhile
          assert.notDeepEqual([found.dev, found.ino], [machine.dev, machine.ino], `conmon ${pid}, descriptor ${fd}`);
        }
    });

    test('what the engine removes with its hosts leaves the machine’s as they were', async () => {
      for (const host of hosts) await engine.client.removeHost(host.name);
      untouched();
    });
  });

test('H01: a start gives the machine’s root back what an engine before this one let a host take', async () => {
  await using engine = await startEngine();
  const nodes = await withOwnDevices(engine, (taken) => {
    chownSync(`${taken}/full`, engine.instance.uidBase, engine.instance.uidBase);
    chmodSync(`${taken}/full`, 0o1666);
  });
  const { uid, gid, mode } = lstatSync(`${nodes}/full`);
  assert.deepEqual([uid, gid, (mode & 0o7777).toString(8)], [0, 0, '666']);
  await until('it is told in the log', () => /"restored":\["\/dev\/full"\]/.test(engine.log()));
});
