// What one student does to their own host to disturb the others: from inside it, with what a student has.

import fs from 'node:fs';
import type { EngineClient } from '@drydock/runtime';

export interface Attack {
  readonly name: string;
  /** Begins it in the host; it goes on until the host is removed. Resolves once it is under way. */
  readonly begin: (client: EngineClient, host: string, signal: AbortSignal) => Promise<void>;
}

const flooder = fs.readFileSync(new URL('flood.py', import.meta.url), 'utf8');
const longestMs = 60_000;

/** Runs until the host is removed: nobody waits for it. */
function inWorkspace(client: EngineClient, host: string, ...argv: string[]): void {
  client.run(host, { argv, user: 'student', timeoutMs: longestMs }).catch(() => undefined);
}

/** A shell script in `copies` of busybox at once. */
const inContainers =
  (copies: number, script: string): Attack['begin'] =>
  async (client, host) => {
    const docker = client.docker(await client.host(host));
    for (let n = 0; n < copies; n++) {
      const body = { Image: 'busybox', Cmd: ['sh', '-c', script] };
      await docker.request('POST', `/containers/create?name=attack-${n}`, body);
      await docker.request('POST', `/containers/attack-${n}/start`);
    }
  };

type Ask = readonly [method: string, path: string, body?: string];

const flood =
  (connections: number, asks: readonly Ask[], reads = true): Attack['begin'] =>
  async (client, host) => {
    const docker = client.docker(await client.host(host));
    await docker.request('POST', '/containers/create?name=target', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    await docker.request('POST', '/containers/target/start');
    const plan = { connections, reads, asks: asks.map(([method, path, body]) => [method, path, body ?? null]) };
    inWorkspace(client, host, 'python3', '-c', flooder, JSON.stringify(plan));
  };

/** Terminals of the host in which `script` runs, and whose output is read by a page, or by nobody. */
const inTerminals =
  (copies: number, script: string, reads: boolean): Attack['begin'] =>
  async (client, host, signal) => {
    for (let n = 0; n < copies; n++) {
      await client.openTerminal(host, { id: `a${n}`, rows: 24, columns: 80 });
      const { stream } = await client.attachTerminal(host, `a${n}`, 0, signal);
      stream.on('error', () => undefined);
      if (reads) stream.resume();
      stream.write(`${script}\n`);
    }
  };

const container = '{"Image":"busybox","Cmd":["true"]}';
const labels = `{"Image":"busybox","Cmd":["true"],"Labels":{"a":"${'$k'.repeat(200)}"}}`;
const tags: readonly Ask[] = Array.from(
  { length: 40 },
  () => ['POST', '/images/busybox/tag?repo=many&tag=t$n'] as const,
);
const globs = encodeURIComponent(
  JSON.stringify({ reference: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`*a*b*c*${n}*`, true])) }),
);
const patterns = encodeURIComponent(JSON.stringify({ name: { '(.*a){12}$': true, '.*.*.*x$': true } }));

/** Each on a host of its own, fresh from its start. */
export const attacks: readonly Attack[] = [
  { name: 'fork bomb', begin: inContainers(3, 'b() { b & b & }; while :; do b; sleep 0.1; done') },
  {
    name: 'memory, over the limit again and again',
    begin: inContainers(4, 'while :; do dd if=/dev/zero of=/dev/null bs=400M count=2; done'),
  },
  { name: 'CPU, eight loops', begin: inContainers(8, 'while :; do :; done') },
  { name: 'fsync', begin: inContainers(4, 'while :; do dd if=/dev/zero of=/f bs=4k count=64 conv=fsync; done') },
  { name: 'large writes', begin: inContainers(3, 'while :; do dd if=/dev/zero of=/f bs=1M count=200; done') },
  {
    name: 'files made and removed',
    begin: inContainers(
      4,
      'while :; do mkdir /d; (cd /d; i=0; while [ $i -lt 2000 ]; do : >$i; i=$((i+1)); done); rm -r /d; done',
    ),
  },
  { name: 'yes to the logs of 16 containers', begin: inContainers(16, 'exec yes') },
  { name: 'yes to 6 terminals that are read', begin: inTerminals(6, 'yes', true) },
  { name: 'yes to 6 terminals that nobody reads', begin: inTerminals(6, 'yes', false) },
  { name: 'flood of _ping, 32 connections', begin: flood(32, [['GET', '/_ping']]) },
  { name: 'flood of ps', begin: flood(32, [['GET', '/containers/json?all=1']]) },
  { name: 'flood of ps with hard patterns', begin: flood(16, [['GET', `/containers/json?all=1&filters=${patterns}`]]) },
  {
    name: 'flood of images, many tags and globs',
    begin: flood(16, [...tags, ['GET', `/images/json?filters=${globs}`]]),
  },
  { name: 'flood of inspect', begin: flood(32, [['GET', '/containers/target/json']]) },
  {
    name: 'flood of create and rm, 200 KiB of labels',
    begin: flood(16, [
      ['POST', '/containers/create?name=f$n', labels],
      ['DELETE', '/containers/f$n?force=1'],
    ]),
  },
  {
    name: 'flood of run',
    begin: flood(16, [
      ['POST', '/containers/create?name=f$n', container],
      ['POST', '/containers/f$n/start'],
      ['DELETE', '/containers/f$n?force=1'],
    ]),
  },
  {
    name: 'flood of exec',
    begin: flood(16, [
      ['POST', '/containers/target/exec', '{"Cmd":["true"]}'],
      ['POST', '/exec/$id/start', '{"Detach":true}'],
    ]),
  },
  {
    name: 'bodies of 1 MB that are refused',
    begin: flood(16, [['POST', '/containers/create', `{"Image":"${'$k'.repeat(1000)}"}`]]),
  },
  { name: '200 readers of stats that never read', begin: flood(200, [['GET', '/containers/target/stats']], false) },
  { name: '32 loads of what is no image', begin: flood(32, [['POST', '/images/load', '$k'.repeat(512)]]) },
];
