// The engine is killed at any moment of a script of commands: each time nothing is half there, and the script goes on where it was.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { type Answer, ask, expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf } from '../support/outside.ts';
import { isSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';

const kills = isSoak ? 200 : 6;

/** What is asked, what is sent, and what answers it: also that of a second time, where the first was done but not told of. */
type Step = readonly [place: string, body: object | undefined, ...answers: number[]];

const onNet = { HostConfig: { NetworkMode: 'net', Binds: ['data:/data'] } };
/** One way through the nouns, which ends where it began. */
const script: readonly Step[] = [
  ['POST /volumes/create', { Name: 'data', Labels: { kept: 'yes' } }, 201],
  ['POST /networks/create', { Name: 'net' }, 201, 409],
  ['POST /networks/create', { Name: 'other', Internal: true }, 201, 409],
  ['POST /containers/create?name=first', { Image: 'busybox', Cmd: ['sleep', '1000'], ...onNet }, 201, 409],
  ['POST /containers/create?name=second', { Image: 'busybox', Cmd: ['sleep', '1000'], ...onNet }, 201, 409],
  ['POST /containers/first/start', undefined, 204, 304],
  ['POST /containers/second/start', undefined, 204, 304],
  ['POST /networks/other/connect', { Container: 'first' }, 200, 403],
  ['POST /containers/first/exec', { Cmd: ['touch', '/data/file', '/own'] }, 201],
  ['POST /containers/second/pause', undefined, 204, 409],
  ['POST /containers/second/unpause', undefined, 204, 409, 500],
  ['POST /containers/first/restart?t=0', undefined, 204],
  ['POST /commit?container=first&repo=made', {}, 201],
  ['POST /containers/first/rename?name=renamed', undefined, 204, 404],
  ['POST /containers/renamed/rename?name=first', undefined, 204, 404],
  ['POST /containers/first/update', { Memory: 64 * 1024 * 1024, MemorySwap: -1 }, 200],
  ['POST /networks/other/disconnect', { Container: 'first', Force: true }, 200, 500],
  ['POST /containers/second/stop?t=0', undefined, 204, 304],
  ['POST /containers/second/start', undefined, 204, 304],
  ['POST /containers/first/kill', undefined, 204, 409],
  ['POST /images/made/tag?repo=made&tag=twice', undefined, 201],
  ['DELETE /containers/first?force=1', undefined, 204, 404],
  ['DELETE /containers/second?force=1', undefined, 204, 404],
  ['DELETE /networks/net', undefined, 204, 404],
  ['DELETE /networks/other', undefined, 204, 404],
  ['DELETE /volumes/data', undefined, 204, 404],
  ['DELETE /images/made:twice', undefined, 200, 404],
  ['DELETE /images/made', undefined, 200, 404],
];

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'script');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function listOf<T>(place: string): Promise<readonly T[]> {
  return (await expect(host.socket, place, 200)) as readonly T[];
}

/** What the kernel has, against what the engine says. */
async function disagreement(): Promise<string> {
  const containers = await listOf<{ readonly Id: string; readonly State: string }>('GET /containers/json?all=1');
  const running = containers.filter(({ State }) => State === 'running' || State === 'paused');
  const networks = await listOf<{ readonly Driver: string }>('GET /networks');
  const inNetwork = [`--net=/proc/${host.info.pid}/ns/net`, 'ip', '-oneline', '-details', 'link'];
  const links = execFileSync('nsenter', inNetwork, { encoding: 'utf8' }).split('\n');
  const bridges = links.filter((line) => / bridge /.test(line)).length;
  const { ok, findings } = await engine.client.check();
  if (!ok) return JSON.stringify(findings);
  if (bridges !== networks.filter(({ Driver }) => Driver === 'bridge').length) return `${bridges} bridges`;
  const conmons = conmonsOf(engine.instance.run).length;
  return conmons === running.length + 1 ? '' : `${conmons} conmons, ${running.length} containers run`;
}

/** Goes through the script again and again until told to stop; `up` resolves when there is an engine. */
class Script {
  isStopped = false;
  steps = 0;
  /** Steps that a kill cut off. */
  cut = 0;
  up: Promise<void> = Promise.resolve();

  async run(): Promise<void> {
    while (!this.isStopped) for (const step of script) await this.#do(step);
  }

  async #do([place, body, ...answers]: Step): Promise<void> {
    for (let isAgain = false; ; isAgain = true) {
      await this.up;
      const answer = await ask(host.socket, place, body).catch(() => null);
      if (answer === null) {
        this.cut++;
        continue;
      }
      this.steps++;
      this.#assertAnswered(place, answer, isAgain ? answers : answers.slice(0, 1));
      return;
    }
  }

  #assertAnswered(place: string, { status, body }: Answer, answers: readonly number[]): void {
    assert.ok(answers.includes(status), `${place}: ${status} ${JSON.stringify(body)}, not ${answers}`);
  }
}

test(`X03: ${kills} kills in a script of commands leave nothing half done, and it goes on`, async () => {
  const script = new Script();
  const running = script.run();
  let failed: unknown;
  running.catch((error: unknown) => (failed = error));
  for (let kill = 0; kill < kills && failed === undefined; kill++) {
    const before = script.steps;
    await until('the script goes on', () => script.steps > before || failed !== undefined);
    await delay(randomInt(700));
    let isUp = (): void => undefined;
    script.up = new Promise((resolve) => (isUp = resolve));
    await engine.kill();
    await engine.start();
    await until('engine and kernel agree', async () => (await disagreement()) === '').catch(async () =>
      assert.equal(await disagreement(), '', `after kill ${kill}`),
    );
    isUp();
  }
  script.isStopped = true;
  await running;
  assert.ok(script.cut > 0, `${script.steps} steps, none was cut off`);
  assert.deepEqual(await listOf('GET /containers/json?all=1'), []);
  assert.equal((await listOf('GET /networks')).length, 3);
});
