// C03: what a check looks at in a container or a volume, from outside and as root of the machine, where a student has put links,
// FIFOs, devices and names that are to lead to the machine, or to hold up the engine.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { EngineError, type InsidePlace } from '../../runtime/index.ts';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';

let engine: RunningEngine;
let host: DockerHost;
/** A directory of the machine that anyone may read. */
let marker: string;
const victim = 'victim';
const secret = 'of the machine';

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'c03');
  marker = path.join(engine.instance.folder, 'marker-c03');
  mkdirSync(marker);
  chmodSync(marker, 0o755);
  writeFileSync(path.join(marker, victim), secret);
  await host.run('evil', ['sleep', '1000'], { HostConfig: { Binds: ['data:/data'] } });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** What is read, or the kind of the failure. */
async function look(place: InsidePlace): Promise<string> {
  try {
    const { type, bytes } = await engine.client.lookInside(host.name, place);
    return bytes === null ? type : Buffer.from(bytes).toString('latin1');
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error.kind;
  }
}

/** Runs a script in the container, and does not wait for its end where it is `detached`. */
async function exec(script: string, detached = false): Promise<void> {
  const more = { Cmd: ['sh', '-c', script], AttachStdout: !detached, Privileged: false };
  const { Id } = (await expectSending(host.socket, 'POST /containers/evil/exec', more, 201)) as { Id: string };
  await expectSending(host.socket, `POST /exec/${Id}/start`, { Detach: detached }, 200);
}

/** Places that are to lead to the marker, in the container or from its volume. */
const ways = [
  `ln -s ${'MARKER'}/victim absolute`,
  'ln -s ../../../../../../../../../..MARKER/victim relative',
  'ln -s MARKER folder',
  'ln -s /proc/1/root/MARKER/victim process',
  'ln -s /proc/self/root/MARKER/victim itself',
  'ln -s /proc/self/cwd/victim cwd',
  'ln -s /proc/self/fd/3 descriptor',
  'ln -s absolute chained',
  'ln -s loop loop',
];
const places = ['absolute', 'relative', 'folder/victim', 'process', 'itself', 'cwd', 'descriptor', 'chained', 'loop'];

test('C03 no link of a container or a volume leads a look to the machine', async () => {
  const make = ways.map((way) => way.replaceAll('MARKER', marker)).join('; ');
  await exec(`mkdir -p /ways; cd /ways; ${make}; cd /data; ${make}; ln -s /ways/absolute outward`);
  for (const name of places) {
    assert.doesNotMatch(await look({ container: 'evil', path: `/ways/${name}` }), /machine/, name);
    assert.doesNotMatch(await look({ container: 'evil', path: `/data/${name}` }), /machine/, name);
    assert.doesNotMatch(await look({ volume: 'data', path: name }), /machine/, name);
  }
  assert.equal(await look({ volume: 'data', path: 'outward' }), 'invalid', 'nor to another file of the container');
  await expect(host.socket, 'POST /containers/evil/stop?t=0', 204);
  for (const name of places)
    assert.doesNotMatch(await look({ container: 'evil', path: `/ways/${name}` }), /machine/, `${name}, stopped`);
  await expect(host.socket, 'POST /containers/evil/start', 204);
});

test('C03 no path or name of a look is more than a path and a name', async () => {
  const up = '../'.repeat(30);
  for (const at of [`/${up}${marker}/${victim}`, `${up}${marker}/${victim}`, `${marker}/${victim}`, `/a\0${marker}`])
    assert.doesNotMatch(await look({ container: 'evil', path: at }), /machine/, at);
  for (const at of [`${up}${marker}/${victim}`, `/${marker}/${victim}`, '..', '../../..', 'a\0b', '/'])
    assert.match(await look({ volume: 'data', path: at }), /^(invalid|notFound)$/, at);
  for (const name of ['..', '../../x', '.', 'data/_data', `..${marker}`, '/', 'x'.repeat(256), '__proto__', ''])
    assert.match(await look({ volume: name, path: victim }), /^(invalid|notFound)$/, name);
  for (const name of ['..', '/', '__proto__', 'evil/', '-x'])
    assert.equal(await look({ container: name, path: '/x' }), 'notFound', name);
});

test('C03 nothing in a container holds a look up, and no device is opened', async () => {
  await exec('mkfifo /fifo; ln -s /dev/tty /tty; ln -s /dev/zero /zero; truncate -s 1G /sparse; : >/odd; chmod 0 /odd');
  const beganMs = performance.now();
  for (const name of ['/fifo', '/tty', '/zero', '/dev/zero', '/dev/null', '/dev/console', '/proc/kcore', '/proc/kmsg'])
    assert.match(await look({ container: 'evil', path: name }), /^(other|forbidden|notFound|invalid)$/, name);
  assert.equal(await look({ container: 'evil', path: '/sparse' }), 'file');
  // Nobody ever writes to the FIFO.
  assert.ok(performance.now() - beganMs < 20_000);
});

test('C03 a folder that is exchanged for a link while it is looked at leads nowhere else', async () => {
  await exec(`mkdir -p /race/real/deep /data/real; echo own >/race/real/${victim}; echo own >/data/real/${victim}`);
  const swap = (at: string) => `cd ${at}; ln -s ${marker} out; end=$(($(date +%s) + 20))
    while test ! -e /stop && test $(date +%s) -lt $end; do mv real s; mv s real; mv out s; mv s out; done`;
  await exec(swap('/race'), true);
  await exec(swap('/data'), true);
  const said = new Set<string>();
  for (let round = 0; round < 300; round++)
    for (const place of [
      { container: 'evil', path: `/race/s/${victim}` },
      { volume: 'data', path: `s/${victim}` },
    ])
      said.add(await look(place));
  await exec('touch /stop');
  assert.deepEqual(
    [...said].filter((text) => text.includes('machine')),
    [],
  );
  assert.ok(said.has('own\n') || said.has('notFound'), [...said].join());
  assert.deepEqual(readdirSync(marker), [victim]);
});
