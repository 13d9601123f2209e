// Cases of the corpus beside what a real dockerd answered when they were recorded: those files that go through every answer and most
// verbs, as each command of the docker CLI is a process. `npm run soak` asks all, and `npm run conform` (main.ts), which records too.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { makeDockerConfig } from '../support/docker-config.ts';
import { createDockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { isSoak } from '../support/soak.ts';
import { askCase } from './ask-case.ts';
import { clear, pullBusybox } from './clear.ts';
import { expected, readCorpus } from './corpus.ts';
import { transcript } from './transcript.ts';

/** Of test/conform/cases: half a minute of CPU time. */
const files = isSoak ? [] : ['api', 'exec', 'ps'];
/** As many cases are asked at a time: a command mostly waits. */
const hosts = 3;

let engine: RunningEngine;
const config = fs.mkdtempSync(path.join(os.tmpdir(), `${process.env.TEST_RUN ?? 'conform'}-config-`));
/** Those that no case has now, and the cases that wait for one. */
const free: string[] = [];
const waiting: ((socket: string) => void)[] = [];

beforeAll(async () => {
  makeDockerConfig(config);
  engine = await sharedEngine();
  const made = Array.from({ length: hosts }, (_, n) => createDockerHost(engine, `conform-${n}`));
  for (const { socket } of await Promise.all(made)) free.push(socket);
});

afterAll(async () => {
  fs.rmSync(config, { recursive: true, force: true });
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

for (const { name, cases } of readCorpus(files))
  describe(`as dockerd: ${name}`, () => {
    test.concurrent.for(cases)('$title', async (each) => {
      const got = transcript(each.commands, await withHost((socket) => askCase(each, socket, config)));
      assert.equal(got, expected(each));
    });
  });
