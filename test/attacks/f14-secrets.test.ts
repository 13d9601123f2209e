// F14: what is secret stays where it is. The engine and the server have a canary in their environment, and each student a
// token; neither is in what they start, in what they say to anybody, or in their logs.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Answer, cookieOf, type OpenedLab, type ServerProcess, spawnServer } from '../sandbox-server/server.ts';
import { enterReady, run, shellOf } from '../sandbox-server/sessions/student.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const canary = `canary-${randomBytes(12).toString('hex')}`;
const said: { readonly where: string; readonly text: string }[] = [];
let engine: TestEngine;
let running: ServerProcess;
let lab: OpenedLab;
let host: string;

/** Processes of the machine that have the canary in the environment that they were started with. */
function processesWithCanary(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(canary);
      } catch {
        return false; // it has gone
      }
    })
    .map(Number);
}

beforeAll(async () => {
  process.env.DRYDOCK_TEST_CANARY = canary;
  try {
    engine = await startEngine();
    running = await spawnServer({ engineSocket: engine.socket });
  } finally {
    delete process.env.DRYDOCK_TEST_CANARY;
  }
  lab = await running.server.open();
  const page = await enterReady(running.server, lab);
  [{ name: host } = { name: '' }] = await engine.client.hosts();
  const shell = shellOf(page);
  for (const command of [
    'docker run -d --name box busybox sh -c "env; cat /proc/*/environ; exec sleep 1000"',
    'docker exec box env',
    'docker run no-such-image',
    'env; cat /proc/*/environ | tr "\\0" "\\n"',
    'docker info; docker version; docker inspect box; docker logs box; docker events --since 1h --until 0s',
    'docker -H unix:///var/run/docker.sock run --runtime nope busybox',
  ])
    said.push({ where: command, text: await run(page, shell, command) });
  said.push({
    where: 'messages to the page',
    text: JSON.stringify(page.heard.filter(({ type }) => type !== 'welcome')),
  });
});

afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

describe('F14 a secret', () => {
  test('of the environment is the engine’s and the server’s alone', async () => {
    const own = [engine.pid, running.child.pid ?? 0].sort((a, b) => a - b);
    // What they are just starting shows theirs until it executes its own program.
    await until('no shell, container, conmon or helper has it', () =>
      isDeepStrictEqual(
        processesWithCanary().sort((a, b) => a - b),
        own,
      ),
    );
  });

  test('is in nothing that a student sees: commands, inspect, logs, messages', () => {
    const token = lab.cookie.split('=')[1] ?? '';
    for (const { where, text } of said) {
      assert.ok(!text.includes(canary), where);
      assert.ok(!text.includes(token), where);
      assert.ok(
        !text.includes(engine.instance.data) && !text.includes(engine.socket),
        `${where}: paths of the machine`,
      );
    }
    assert.ok(
      said.some(({ text }) => text.includes('PATH=')),
      'environments were seen',
    );
  });

  test('is in no answer, of the right kind or of any other', async () => {
    const { server } = running;
    const token = lab.cookie.split('=')[1] ?? '';
    const preview = await server.ask('POST', `/api/sessions/${lab.session}/previews`, {
      ...{ cookie: lab.cookie, body: { port: 8080 } },
    });
    const { origin, pathname, search } = new URL(JSON.parse(preview.text).url);
    const entered = await server.ask('GET', pathname + search, { headers: { host: new URL(origin).host } });
    const previewCookie = cookieOf(entered);
    const asked: readonly Promise<Answer>[] = [
      server.ask('GET', '/healthz', { cookie: lab.cookie }),
      server.ask('GET', '/api/progress', { cookie: lab.cookie }),
      server.ask('GET', `/api/sessions/${lab.session}/file?path=../../etc/shadow`, { cookie: lab.cookie }),
      server.ask('GET', `/api/sessions/${lab.session}/files?path=`, { cookie: lab.cookie }),
      server.ask('POST', '/api/sessions', { cookie: lab.cookie, body: '{' }),
      server.ask('POST', '/api/sessions', { cookie: lab.cookie, body: { lesson: 'x'.repeat(10_000) } }),
      server.ask('POST', '/api/sessions', { cookie: lab.cookie, body: { lesson: 'none' } }),
      server.ask('DELETE', `/api/sessions/${'A'.repeat(22)}`, { cookie: lab.cookie }),
      server.ask('GET', '/%00', { cookie: lab.cookie }),
      server.ask('GET', '/', { cookie: previewCookie, headers: { host: new URL(origin).host } }),
    ];
    for (const { status, text } of await Promise.all(asked))
      for (const secret of [canary, token, previewCookie.split('.')[1] ?? token])
        assert.ok(!text.includes(secret), `an answer with ${status}: ${text.slice(0, 200)}`);
    const docker = await engine.docker(host, 'inspect', 'no-such-container');
    assert.doesNotMatch(docker.stdout + docker.stderr, new RegExp(canary));
    for (const log of [engine.log(), running.log()])
      for (const secret of [canary, token, lab.ticket, previewCookie.split('.')[1] ?? token])
        assert.ok(!log.includes(secret), 'a log');
  });
});
