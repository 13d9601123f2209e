// testcontainers, as a project's tests use it on a machine with Docker: against a student's host, from within its network.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { connectEngine, type EngineClient } from '../../../runtime/index.ts';
import type { RunningDrydock } from '../../support/drydock.ts';
import { processesBelow } from '../../support/outside.ts';
import { sharedDrydock } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { ask, expect, expectSending } from '../api/exchange.ts';

const run = promisify(execFile);
const session = path.join(import.meta.dirname, 'testcontainers-session.ts');
/** Docker Hub's own cannot be had without the internet: ours is a program of the same protocol. */
const reaper = 'testcontainers-reaper:own';
const hostName = 'testcontainers';

let drydock: RunningDrydock;
let client: EngineClient;
let socket: string;
/** A process of the host's workspace. */
let pid: number;

beforeAll(async () => {
  drydock = await sharedDrydock();
  client = connectEngine(drydock.engineSocket);
  const { dockerSocket, id } = await client.createHost(hostName);
  socket = dockerSocket;
  const { instance } = await client.status();
  pid = processesBelow(`/drydock/${instance}/${id}`)[0] ?? assert.fail('the host has no process');
  await expect(socket, 'POST /images/create?fromImage=debian&tag=latest', 200);
  await expectSending(socket, 'POST /containers/create?name=base', { Image: 'debian' }, 201);
  const program = readFileSync(path.join(import.meta.dirname, 'reaper.pl'), 'utf8');
  const [repo = '', tag = ''] = reaper.split(':');
  const changes = `CMD ${JSON.stringify(['perl', '-e', program])}`;
  const query = new URLSearchParams({ container: 'base', repo, tag, changes });
  await expectSending(socket, `POST /commit?${query}`, {}, 201);
  await expect(socket, 'DELETE /containers/base', 204);
});

afterAll(async () => {
  await client?.removeHost(hostName);
  await drydock?.[Symbol.asyncDispose]();
});

/** Runs those parts of the session as a process in the host's network. */
async function inHost(...parts: readonly string[]): Promise<Record<string, string>> {
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    DOCKER_HOST: `unix://${socket}`,
    // Where the socket is for who is in the host.
    TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: '/var/run/docker.sock',
    RYUK_CONTAINER_IMAGE: reaper,
  };
  const argv = [`--net=/proc/${pid}/ns/net`, process.execPath, session, ...parts];
  const { stdout } = await run('nsenter', argv, { env, timeout: 120_000 });
  return JSON.parse(stdout);
}

async function names(): Promise<string[]> {
  const { body } = await ask(socket, 'GET /containers/json?all=1');
  return (body as { Names: string[] }[]).flatMap(({ Names }) => Names);
}

/** Until then it is among the containers itself. */
async function reaped(): Promise<void> {
  await until('the reaper has removed what the session left, and has ended', async () => (await names()).length === 0);
  assert.deepEqual(((await ask(socket, 'GET /networks')).body as { Name: string }[]).map(({ Name }) => Name).sort(), [
    'bridge',
    'host',
    'none',
  ]);
}

test('Redis starts, is configured, asked over its port and by a neighbour, and restarts', async () => {
  const { redis, left } = await inHost('redis', 'left');
  assert.equal(redis, '+OK $5 value *2 $10 maxclients $2 77  value');
  assert.match(left ?? '', /^root:/);
  await reaped();
});

const hasPostgres = existsSync('lessons/images/postgres');
test('PostgreSQL starts, is waited for by its health check, and is queried', { skip: !hasPostgres }, async () => {
  assert.deepEqual(await inHost('postgres'), { postgres: 'N 42' });
  await reaped();
});
