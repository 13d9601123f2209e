// A19: many terminals at once on two hosts. No process has another's terminal, a socket of the engine, or a directory.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { conmonsOf, descriptorsOf, processesBelow } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { TerminalReader } from '../support/terminal-reader.ts';
import { until } from '../support/until.ts';

const terminalsPerHost = 10;
let engine: RunningEngine;
let hosts: DockerHost[];
const readers: TerminalReader[] = [];

beforeAll(async () => {
  engine = await sharedEngine();
  hosts = await Promise.all(['left', 'right'].map((name) => createDockerHost(engine, name)));
  for (const { name } of hosts) {
    const ids = Array.from({ length: terminalsPerHost }, (_, index) => `t${index}`);
    await Promise.all(ids.map((id) => engine.client.openTerminal(name, { id, rows: 24, columns: 80 })));
    for (const id of ids) readers.push(await TerminalReader.attach(engine.client, name, id, 0));
  }
  for (const host of hosts) {
    await host.run('tty', ['sh'], { Tty: true, OpenStdin: true });
    await host.run('plain', ['sleep', '1000']);
    await host.exec('plain', ['sleep', '1000'], { Tty: true });
  }
  // A shell that still reads its settings has them open.
  for (const reader of readers) await reader.until(/\$ /);
});

afterAll(async () => {
  for (const reader of readers) reader.close();
  await engine[Symbol.asyncDispose]();
});

interface Helper {
  readonly pid: number;
  readonly host: string;
  readonly what: string;
}

/** Every conmon, told by the host and process that it is for. */
function helpers(): Helper[] {
  return conmonsOf(engine.instance.run).map(({ pid, argv }) => {
    const bundle = argv[argv.indexOf('--bundle') + 1] ?? '';
    const [, host = '', what = ''] = /\/hosts\/([^/]+)\/b\/(.+)$/.exec(bundle) ?? [];
    return { pid, host, what };
  });
}

/** Which terminal a descriptor of a master is for: the file system of its host or container, and its number there. */
function masterOf(pid: number, fd: number): string {
  const number = /^tty-index:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1];
  assert.notEqual(number, undefined);
  return `${statSync(`/proc/${pid}/fd/${fd}`).dev}:${number}`;
}

/** `socket:[…]`, as a descriptor shows the Unix socket that listens at a path. */
function listenerAt(path: string): string {
  const accepts = '00010000'; // __SO_ACCEPTCON
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n');
  const found = lines.map((line) => line.split(/ +/)).find((words) => words[3] === accepts && words.at(-1) === path);
  assert.ok(found, `something listens at ${path}`);
  return `socket:[${found[6]}]`;
}

describe('A19: twenty terminals on two hosts', () => {
  test('each conmon has the master of its own terminal and of no other', () => {
    const masters = new Map<string, Helper>();
    for (const helper of helpers()) {
      const own = new Set(
        descriptorsOf(helper.pid)
          .filter(({ target }) => /ptmx|^\/dev\/tty/.test(target))
          .map(({ fd }) => masterOf(helper.pid, fd)),
      );
      const interactive = /^t-/.test(helper.what);
      if (interactive || own.size > 0) assert.equal(own.size, 1, `${helper.host} ${helper.what}`);
      for (const master of own) {
        const other = masters.get(master);
        assert.ok(!other, `${helper.host} ${helper.what} and ${other?.host} ${other?.what} both have ${master}`);
        masters.set(master, helper);
      }
    }
    assert.equal(masters.size, 2 * (terminalsPerHost + 2));
  });

  test('no conmon has a socket or pipe of the engine or of another conmon, or a directory', () => {
    const owners = new Map<string, number>();
    // Each workspace's conmon holds the socket that its host listens at, which outlives the engine by that.
    const kept = new Map(
      hosts.map(({ name }) => [name, listenerAt(`${engine.instance.run}/hosts/${name}/guest/docker.sock`)]),
    );
    for (const { target, fd } of descriptorsOf(engine.pid))
      if (fd > 2 && /^(socket|pipe):/.test(target)) owners.set(target, engine.pid);
    for (const { pid, host, what } of helpers())
      for (const { target, fd } of descriptorsOf(pid)) {
        const found = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
        if (!found) continue; // closed meanwhile
        assert.ok(!found.isDirectory(), `${target} of ${host} ${what}`);
        if (target.startsWith('/') && target.includes('/hosts/'))
          assert.ok(target.includes(`/hosts/${host}/`) || target.includes('/store/hosts/'), `${target} of ${host}`);
        if (what === 'workspace' && target === kept.get(host)) continue;
        // A pipe that everything has, this test too, comes from whoever runs the tests.
        if (!/^(socket|pipe):/.test(target) || descriptorsOf(process.pid).some((own) => own.target === target))
          continue;
        const owner = owners.get(target) ?? pid;
        assert.equal(owner, pid, `${target} of ${host} ${what}`);
        owners.set(target, pid);
      }
  });

  test('no shell has more than its own terminal', () => {
    for (const { group } of hosts)
      for (const pid of processesBelow(group)) {
        const terminals = new Set(
          descriptorsOf(pid).flatMap(({ target }) => {
            assert.match(target, /^(\/dev\/(null|pts\/\d+|console|tty)|pipe:|anon_inode:)/, `process ${pid}`);
            return /^\/dev\/(pts|console)/.test(target) ? [target] : [];
          }),
        );
        assert.ok(terminals.size <= 1, `process ${pid} has ${[...terminals].join(' ')}`);
      }
  });

  test('what is typed in one is said in that one alone', async () => {
    await Promise.all(
      readers.map(async (reader, index) => {
        reader.type(`echo "nonce-$((${index} + 1000))-"\r`);
        await reader.until(new RegExp(`nonce-${index + 1000}-`));
      }),
    );
    for (const [index, reader] of readers.entries()) {
      const told = new Set([...reader.bytes.toString('latin1').matchAll(/nonce-(\d+)-/g)].map((match) => match[1]));
      assert.deepEqual([...told], [String(index + 1000)]);
    }
  });

  test('closed, they leave no helper behind', async () => {
    for (const { name } of hosts)
      for (const { id } of await engine.client.terminals(name)) await engine.client.closeTerminal(name, id);
    await until('their conmons have ended', () => helpers().every(({ what }) => !what.startsWith('t-')));
  });
});
