// Containers that come and go, thousands of them, leave nothing: what the engine and the kernel hold is as before.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf, mountsOf, residentBytes } from '../support/outside.ts';
import { isSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';

const cycles = isSoak ? 10_000 : 48;
/** What is loaded and kept at first use is there by then. */
const warmUp = isSoak ? 1000 : 12;
const atATime = 4;
const MiB = 1024 * 1024;

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'cycles');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** With a port, a volume of its own and a health check: each leaves other things behind where it does. */
async function cycle(name: string): Promise<void> {
  await host.create(name, ['sleep', '1000'], {
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '0' }] } },
    Volumes: { '/data': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 3_600_000_000_000 },
  });
  await expect(host.socket, `POST /containers/${name}/start`, 204);
  await expect(host.socket, `DELETE /containers/${name}?force=1&v=1`, 204);
}

async function cyclesOf(count: number, mark: string): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await cycle(`${mark}${next++}`);
  };
  await Promise.all(Array.from({ length: atATime }, one));
}

/** 0 where something in it goes while it is looked at: that is no look at rest. */
function entries(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true }).length;
  } catch {
    return 0;
  }
}

/** Of each kind of thing how many there are. */
async function held(): Promise<Record<string, number>> {
  const { data, run } = engine.instance;
  // Our connection to the engine is kept for a minute after its last use: with this it is there at every look.
  await engine.client.status();
  const inNetwork = ['nsenter', `--net=/proc/${host.info.pid}/ns/net`] as const;
  const links = execFileSync(inNetwork[0], [inNetwork[1], 'ip', '-oneline', 'link'], { encoding: 'utf8' });
  return {
    descriptors: readdirSync(`/proc/${engine.pid}/fd`).length,
    // Those of the machine come and go with what else runs on it.
    mounts: mountsOf(engine.pid).filter(({ target }) => target.startsWith(run) || target.startsWith(data)).length,
    'mounts of the host': mountsOf(host.info.pid).length,
    links: links.trim().split('\n').length,
    conmons: conmonsOf(run).length,
    'entries in the run directory': entries(run),
    subvolumes: entries(`/proc/${engine.pid}/root${data}/store/hosts/${host.info.id}/containers`),
    groups: groupsBelow(host.group),
  };
}

/** Once nothing is on its way out any more: one look is as the one before, half a second ago. */
async function heldAtRest(): Promise<Record<string, number>> {
  let last = await held();
  await until('nothing changes any more', async () => {
    await delay(500);
    const now = await held();
    const isSame = JSON.stringify(now) === JSON.stringify(last);
    last = now;
    return isSame;
  });
  return last;
}

/** Cgroups of the host, in whichever hierarchy has most. */
function groupsBelow(group: string): number {
  const roots = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)];
  const below = (folder: string): number => {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory())
        .length;
    } catch {
      return 0; // not in this hierarchy
    }
  };
  return Math.max(...roots.map((root) => below(root + group)));
}

test(`D11: after ${cycles} times create, start and remove, the engine and the kernel hold what they held`, async () => {
  await cyclesOf(warmUp, 'w');
  const before = await heldAtRest();
  const residentBefore = residentBytes(engine.pid);
  await cyclesOf(cycles, 'c');
  const isAsBefore = async (): Promise<boolean> => JSON.stringify(await held()) === JSON.stringify(before);
  await until('all is as before', isAsBefore).catch(async () => assert.deepEqual(await held(), before));
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  const grown = residentBytes(engine.pid) - residentBefore;
  assert.ok(grown < 64 * MiB, `the engine has grown by ${Math.round(grown / MiB)} MiB`);
});
