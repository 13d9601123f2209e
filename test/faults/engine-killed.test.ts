// The engine is killed with `kill -9` and started again: nobody's shell, container, log, port or exit code may notice (X05).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, Bytes, expect, unframe, upgrade } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf } from '../support/outside.ts';
import { TerminalReader } from '../support/terminal-reader.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const count = 'i=0; while :; do echo $i; i=$((i+1)); usleep 20000; done';
const untilTold = (exitCode: number) => `while [ ! -e /go ]; do usleep 20000; done; exit ${exitCode}`;

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'kept');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** What port 8080 of the host answers, asked without the engine. */
async function served(): Promise<string> {
  const enter = [`--net=/proc/${host.info.pid}/ns/net`, 'busybox', 'wget', '-q', '-O', '-'];
  return (await run('nsenter', [...enter, 'http://127.0.0.1:8080/index.html'], { timeout: 10_000 })).stdout;
}

/** The lines of a container's log. */
async function linesOf(name: string): Promise<string[]> {
  const { body } = await ask(host.socket, `GET /containers/${name}/logs?stdout=1`);
  const text = unframe(Buffer.from(String(body), 'utf8').toString('latin1'));
  return text
    .map((piece) => piece.slice(2))
    .join('')
    .split('\n')
    .filter(Boolean);
}

interface Inspected {
  readonly State: { readonly Status: string; readonly Pid: number; readonly ExitCode: number };
}
async function stateOf(name: string): Promise<Inspected['State']> {
  return ((await expect(host.socket, `GET /containers/${name}/json`, 200)) as Inspected).State;
}

describe('X05: an engine that is killed and started again', () => {
  const pids: Record<string, number> = {};
  const names = ['counter', 'typed', 'paused', 'web'];
  let before: TerminalReader;
  let shell: string;

  test('leaves a shell, containers and a published port to themselves', async () => {
    await host.run('counter', ['sh', '-c', count]);
    await host.run('typed', ['sh'], { Tty: true, OpenStdin: true });
    await host.run('paused', ['sh', '-c', count]);
    await expect(host.socket, 'POST /containers/paused/pause', 204);
    const publish = { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } } };
    await host.run('web', ['sh', '-c', 'echo served >/index.html; exec httpd -f -p 80 -h /'], publish);
    const passing = await host.run('passing', ['sh', '-c', untilTold(3)], { HostConfig: { AutoRemove: true } });
    const seven = await host.run('seven', ['sh', '-c', untilTold(7)]);
    for (const name of names) pids[name] = (await stateOf(name)).Pid;

    using typed = new Bytes(host.socket);
    typed.request('POST /containers/typed/attach?stream=1&stdin=1&stdout=1', upgrade);
    await typed.until(/101 UPGRADED/);
    typed.send('answer=41; echo "set $answer"\r');
    await typed.until(/\r\nset 41\r\n/);

    await engine.client.openTerminal('kept', { id: 'main', rows: 24, columns: 80 });
    before = await TerminalReader.attach(engine.client, 'kept', 'main', 0);
    before.type('echo "shell $$."\r');
    shell = (await before.until(/shell (\d+)\./))[1] ?? '';
    const perl = '$|=1; for ($i=0;;$i++) { printf "<%07d>\\n", $i; select undef, undef, undef, 0.004 }';
    before.type(`perl -e '${perl}'\r`);
    await before.until(/<0000050>/);
    await until('the port is served', async () => (await served().catch(() => '')) === 'served\n');

    await engine.kill();
    // Nobody is there to hear these, and still both must have been heard.
    writeFileSync(`/proc/${passing}/root/go`, '');
    writeFileSync(`/proc/${seven}/root/go`, '');
    await until('both have ended', () => !existsSync(`/proc/${passing}`) && !existsSync(`/proc/${seven}`));
    assert.equal(await served(), 'served\n');
    await engine.start();
    assert.equal(await served(), 'served\n');
  });

  test('finds the same processes, and those that ended meanwhile with their exit codes', async () => {
    for (const name of names) {
      const { Pid, Status } = await stateOf(name);
      assert.equal(Pid, pids[name], name);
      assert.equal(Status, name === 'paused' ? 'paused' : 'running', name);
    }
    await until('seven is told', async () => (await stateOf('seven')).Status === 'exited');
    assert.equal((await stateOf('seven')).ExitCode, 7);
    await until(
      '--rm is honoured',
      async () => (await ask(host.socket, 'GET /containers/passing/json')).status === 404,
    );
  });

  test('gives a container that starts now no terminals of one that ran on', async () => {
    await host.run('late', ['sh'], { Tty: true, OpenStdin: true });
    const devices = new Set<number>();
    for (const name of [...names, 'late']) devices.add(statSync(`/proc/${await host.pidOf(name)}/root/dev/pts`).dev);
    assert.equal(devices.size, names.length + 1);
    await expect(host.socket, 'DELETE /containers/late?force=1', 204);
  });

  test('tells a terminal’s output on from any byte, none lost and none twice', async () => {
    const seen = before.bytes;
    before.close();
    const now = await TerminalReader.attach(engine.client, 'kept', 'main', seen.length);
    assert.equal(now.offset, seen.length);
    const last = Number([...seen.toString('latin1').matchAll(/<(\d{7})>\r\n/g)].at(-1)?.[1]);
    await now.until(new RegExp(`<${String(last + 800).padStart(7, '0')}>\r\n`));
    now.type('\x03');
    now.type('echo "still $$."\r');
    assert.equal((await now.until(/still (\d+)\./))[1], shell);
    const whole = Buffer.concat([seen, now.bytes]).toString('latin1');
    const numbers = whole.slice(whole.indexOf('<0000000>'), whole.lastIndexOf('>\r\n') + 3);
    const expected = Array.from({ length: numbers.length / 11 }, (_, i) => `<${String(i).padStart(7, '0')}>\r\n`);
    assert.equal(numbers, expected.join(''));
    now.close();
    // And from the start again, for a page that was reloaded.
    const again = await TerminalReader.attach(engine.client, 'kept', 'main', 0);
    await again.until(/still (\d+)\./);
    assert.equal(again.offset, 0);
    assert.equal(again.bytes.subarray(0, seen.length).compare(seen), 0);
    again.close();
  });

  test('goes on with logs without a gap or a double', async () => {
    await until('it has counted', async () => (await linesOf('counter')).length > 20);
    const { length } = await linesOf('counter');
    await until('the log goes on', async () => (await linesOf('counter')).length > length);
    const lines = await linesOf('counter');
    assert.deepEqual(
      lines,
      lines.map((_, index) => String(index)),
    );
  });

  test('execs, attaches, unpauses, stops', async () => {
    const pid = await host.exec('counter', ['sleep', '1000']);
    assert.ok(existsSync(`/proc/${pid}`));
    using typed = new Bytes(host.socket);
    typed.request('POST /containers/typed/attach?stream=1&stdin=1&stdout=1', upgrade);
    await typed.until(/101 UPGRADED/);
    typed.send('echo "now $((answer + 1))"; exit 5\r');
    await typed.until(/\r\nnow 42\r\n/);
    await expect(host.socket, 'POST /containers/typed/wait', 200, { StatusCode: 5 });
    const paused = (await linesOf('paused')).length;
    await expect(host.socket, 'POST /containers/paused/unpause', 204);
    await until('it counts again', async () => (await linesOf('paused')).length > paused);
    for (const name of ['counter', 'paused', 'web']) {
      await expect(host.socket, `POST /containers/${name}/stop?t=0`, 204);
      assert.equal((await stateOf(name)).ExitCode, 137, name);
    }
    await assert.rejects(served());
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('has the same socket inside: a container that mounts it goes on, and who connects meanwhile is answered', async () => {
    const Binds = ['/var/run/docker.sock:/var/run/docker.sock'];
    const pid = await host.run('has-docker', ['sleep', '1000'], { HostConfig: { Binds } });
    const mounted = `/proc/${pid}/root/var/run/docker.sock`;
    await expect(mounted, 'GET /info', 200, { ID: host.info.id });
    for (let kills = 0; kills < 2; kills++) {
      await engine.kill();
      const early = ask(mounted, 'GET /info');
      early.catch(() => undefined); // awaited below
      await engine.start();
      assert.equal((await early).status, 200);
      await expect(mounted, 'GET /info', 200, { ID: host.info.id });
    }
    await expect(mounted, 'DELETE /containers/has-docker?force=1', 204);
  });

  test('leaves no conmon but the workspace’s and the terminal’s', async () => {
    await until('the others have ended', () => conmonsOf(engine.instance.run).length <= 2);
    assert.equal(conmonsOf(engine.instance.run).length, 2);
  });
});
