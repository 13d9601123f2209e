// Cases of the corpus beside what a real dockerd answered when they were recorded: those files that go through every answer and most
// verbs, as each command of the docker CLI is a process. `npm run soak` asks all, and `npm run conform` (main.ts), which records too.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { isSoak } from '../support/soak.ts';
import { askCase } from './ask-case.ts';
import { clear, pullBusybox } from './clear.ts';
import { type Clients, canBuild, type Generation, makeClients } from './clients.ts';
import { expected, readCorpus } from './corpus.ts';
import { transcript } from './transcript.ts';

/** Of test/conform/cases: a minute of CPU time, half of it for what builds. */
const files = isSoak
  ? []
  : [
      'api',
      'exec',
      'ps',
      'builds',
      'builds-workspace',
      'builds-compose',
      'builds-compose-workspace',
      'builds-bake-workspace',
    ];
/** As many cases are asked at a time: a command mostly waits. */
const hosts = 3;

let engine: RunningEngine;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${process.env.TEST_RUN ?? 'conform'}-clients-`));
const clients = new Map<Generation, Clients>();
/** Those that no case has now, and the cases that wait for one. */
const free: string[] = [];
const waiting: ((socket: string) => void)[] = [];

beforeAll(async () => {
  for (const generation of ['current', 'workspace'] as const)
    clients.set(generation, await makeClients(generation, path.join(folder, generation)));
  engine = await sharedEngine();
  const made = Array.from({ length: hosts }, (_, n) => createDockerHost(engine, `conform-${n}`));
  for (const { socket } of await Promise.all(made)) free.push(socket);
});

afterAll(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await engine?.[Symbol.asyncDispose]();
});

async function withHost<T>(act: (socket: string) => Promise<T>): Promise<T> {
  const socket = free.pop() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
  try {
    await clear(socket, () => pullBusybox(socket));
    return await act(socket);
  } finally {
    const next = waiting.shift();
    if (next) next(socket);
    else free.push(socket);
  }
}

for (const { name, cases, clients: generation, builds } of readCorpus(files))
  describe.skipIf(builds && !canBuild(generation))(`as dockerd: ${name}`, () => {
    test.concurrent.for(cases)('$title', async (each) => {
      const own = clients.get(generation);
      assert.ok(own);
      const got = transcript(each.commands, await withHost((socket) => askCase(each, socket, own)));
      assert.equal(got, expected(each));
    });
  });
