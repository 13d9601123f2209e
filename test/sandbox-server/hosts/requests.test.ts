// What a lab asks the engine for: its checks and its engine view hear the events of a host once, and ask for the list of
// containers once.

import assert from 'node:assert/strict';
import type { DockerClient, EngineClient } from '@drydock/runtime';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { View } from '../../../sandbox-server/protocol.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import type { TestPage } from '../page.ts';
import { type OpenedLab, startTestServer, type TestServer } from '../server.ts';
import { type TestLessons, testLessons, twoTasks } from '../sessions/labs.ts';
import { done, end, enterReady, last } from '../sessions/student.ts';

/** What the server has asked the host's Docker API for, in order, without the API's version. */
const asked: string[] = [];
const streams = { begun: 0, open: 0 };
let askedAtMs = 0;
/** Longer than the server ever waits from an event to asking for something. */
const quietMs = 700;

/** The engine's client, with what is asked of Docker APIs counted. */
function counted(engine: EngineClient): EngineClient {
  const docker = (client: DockerClient): DockerClient => ({
    request(method, path, body) {
      asked.push(`${method} ${path}`);
      askedAtMs = performance.now();
      return client.request(method, path, body);
    },
    async events(signal) {
      const events = await client.events(signal);
      streams.begun += 1;
      streams.open += 1;
      signal.addEventListener('abort', () => streams.open--);
      return events;
    },
  });
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'docker') return (host: Parameters<EngineClient['docker']>[0]) => docker(target.docker(host));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

let engine: RunningEngine;
let lessons: TestLessons;
let server: TestServer;
let lab: OpenedLab;
let page: TestPage;
let host: string;

beforeAll(async () => {
  engine = await sharedEngine();
  lessons = await testLessons();
  const settings = { engineSocket: engine.socket, lessonsDirectory: lessons.directory };
  server = await startTestServer(settings, counted);
  const before = new Set((await engine.client.hosts()).map(({ name }) => name));
  lab = await server.open(twoTasks);
  page = await enterReady(server, lab);
  host = (await engine.client.hosts()).find(({ name }) => !before.has(name))?.name ?? '';
  await view(({ images }) => images.length > 0);
  await page.hears('tasks', ({ tasks }) => tasks[0]?.found !== '');
});
afterAll(async () => {
  await end(server, lab);
  await server[Symbol.asyncDispose]();
  await lessons[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});
beforeEach(async () => {
  // What came before causes no request any more.
  await until('nothing is asked for', () => performance.now() - askedAtMs > quietMs);
  asked.splice(0);
});

async function docker(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await engine.docker(host, ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
}

async function view(is: (now: View) => boolean): Promise<void> {
  const isNow = () => {
    const now = last(page, 'view');
    return now !== undefined && is(now);
  };
  await page.hears('view', isNow);
}

const times = (what: string): number => asked.filter((one) => one === what).length;
const list = 'GET /containers/json?all=1';

test('one stream of events is open for a host, however many read it', () => {
  assert.deepEqual(streams, { begun: 1, open: 1 });
});

test('after one event the list of containers is asked for once, and nothing is listed that did not change', async () => {
  await docker('create', '--name', 'made', 'busybox', 'true');
  await view(({ containers }) => containers.some(({ name }) => name === 'made'));
  await page.hears('tasks', () => last(page, 'tasks')?.tasks[0]?.found === 'Found no container named first.');
  assert.equal(times(list), 1, asked.join('\n'));
  assert.equal(times('GET /images/json') + times('GET /networks') + times('GET /volumes'), 0, asked.join('\n'));
});

test('what docker exec does makes nobody ask for a list', async () => {
  await docker('run', '-d', '--name', 'first', 'busybox', 'sleep', '1000');
  await done(page, 'first');
  await view(({ containers }) => containers.find(({ name }) => name === 'first')?.processes.length === 1);
  await until('nothing is asked for', () => performance.now() - askedAtMs > quietMs);
  asked.splice(0);
  await docker('exec', 'first', 'sh', '-c', 'echo hi > /hi');
  // An event that changes something: those of docker exec have come before it.
  await docker('rename', 'first', 'renamed');
  await view(({ containers }) => containers.some(({ name }) => name === 'renamed'));
  assert.equal(times(list), 1, asked.join('\n'));
  assert.equal(times('GET /images/json') + times('GET /networks') + times('GET /volumes'), 0, asked.join('\n'));
});

test('volumes are listed anew when one is made or removed, and not when one is mounted', async () => {
  await docker('volume', 'create', 'data');
  await view(({ volumes }) => volumes.length === 1);
  assert.equal(times('GET /volumes'), 1, asked.join('\n'));
  await docker('run', '--name', 'second', '-v', 'data:/data', 'busybox', 'true');
  await view(({ volumes }) => volumes[0]?.users.length === 1);
  await docker('rm', 'second');
  await view(({ volumes }) => volumes[0]?.users.length === 0);
  assert.equal(times('GET /volumes'), 1, asked.join('\n'));
});

test('an image that is tagged is listed anew, and its name is in the list of containers', async () => {
  await docker('tag', 'busybox', 'mine:1');
  await view(({ images }) => images.some(({ tags }) => tags.includes('mine:1')));
  assert.equal(times('GET /images/json'), 1, asked.join('\n'));
  assert.equal(times(list), 1, asked.join('\n'));
});

test('the stream ends with its last reader', async () => {
  // The playground has no tasks: nobody but the engine view reads.
  const playground = await server.open();
  const other = await enterReady(server, playground);
  await other.hears('view');
  await until('a stream is open for each host', () => streams.open === 2);
  other.drop();
  await until('the stream has ended', () => streams.open === 1);
  const back = await server.enter(await server.ticket(playground));
  await back.hears('view');
  await until('it is open again', () => streams.open === 2);
  assert.deepEqual(streams, { begun: 3, open: 2 });
  back.drop();
  await end(server, playground);
});
