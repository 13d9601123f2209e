// Dockerfiles of the catalogue are built in a host that nobody sees, by the builder that students have; a build that was cut off goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { type TestDirectory, temporaryDirectory } from '../images/fixture.ts';

const own = new URL('../../../lessons/images', import.meta.url).pathname;

let temporary: TestDirectory;
let engine: TestEngine;

function write(name: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    const path = `${temporary.path}/images/${name}/${file}`;
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, text);
  }
}

const imageOf = async (reference: string) =>
  (await engine.client.status()).catalogue.find((image) => image.reference === reference);

async function built(name: string): Promise<void> {
  await engine.client.buildCatalogue([name]);
  await until(`${name} is built`, async () => {
    const image = await imageOf(`${name}:latest`);
    if (image?.state === 'failed') throw new Error(image.step);
    return image?.state === 'ready';
  });
}

beforeAll(async () => {
  temporary = await temporaryDirectory();
  // Of its own: what is built here is no other test's. The usual images are there already.
  const cache = `${temporary.path}/cache`;
  mkdirSync('/var/cache/drydock', { recursive: true });
  execFileSync('cp', ['--archive', '--link', '/var/cache/drydock', cache]);
  mkdirSync(`${temporary.path}/images`);
  engine = await startEngine({ recipes: [own, `${temporary.path}/images`], cache });
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await temporary?.[Symbol.asyncDispose]();
});

test('a folder with a Dockerfile becomes an image that every host can pull', async () => {
  write('greeting', {
    Dockerfile: `ARG WHOM=nobody
FROM busybox AS made
ARG WHOM
RUN echo "hello $WHOM, I am $(id -u) of $(hostname)" >/greeting && ! wget -q -T 2 -O- http://127.0.0.1:8080/
FROM busybox
COPY --from=made /greeting /
COPY . /context/
USER 1000
CMD ["cat", "/greeting"]
`,
    'image.yaml': 'summary: a greeting\nargs: { WHOM: class }\ntags: [latest, 1.10]\n',
    '.dockerignore': 'secret\nimage.yaml\n',
    secret: 'not for students',
    'deep/script.sh': '#!/bin/sh\n',
  });
  await built('greeting');
  assert.deepEqual((await imageOf('greeting:latest'))?.names, ['greeting:latest', 'greeting:1.10']);
  await engine.client.createHost('a');
  const run = await engine.docker('a', 'run', '--rm', 'greeting:1.10');
  assert.equal(run.stdout, 'hello class, I am 0 of buildkitsandbox\n', run.stderr);
  const found = await engine.docker('a', 'run', '--rm', 'greeting', 'find', '/context', '-type', 'f');
  assert.deepEqual(found.stdout.trim().split('\n').sort(), [
    '/context/.dockerignore',
    '/context/Dockerfile',
    '/context/deep/script.sh',
  ]);
  const history = await engine.docker('a', 'history', '--no-trunc', '--format', '{{.CreatedBy}}', 'greeting');
  assert.doesNotMatch(history.stdout, /proxy/i);
  await engine.client.removeHost('a');
});

test('the host that builds is in no list, has no place of a student’s, and is gone when nothing is left to build', async () => {
  write('slow', {
    Dockerfile: `FROM busybox
RUN --mount=type=cache,target=/wait touch /wait/begun; until [ -e /wait/go ]; do sleep 0.1; done
`,
  });
  await engine.client.buildCatalogue(['slow']);
  const place = await waitsIn(engine);
  assert.deepEqual(await engine.client.hosts(), []);
  assert.equal((await engine.client.status()).hosts, 0);
  await assert.rejects(engine.client.host('.workshop'), /there is no host/);
  await assert.rejects(engine.client.removeHost('.workshop'), /there is no host/);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  writeFileSync(`${place}/go`, '');
  await built('slow');
  await until('it is gone', () => hostsOnDisk(engine) === 0);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});

test('a build that was cut off by kill -9 goes on with the step that it was at', async () => {
  write('resumed', {
    Dockerfile: `FROM busybox
RUN cat /proc/sys/kernel/random/uuid >/first
RUN --mount=type=cache,target=/wait,id=resumed cp /first /wait/begun; until [ -e /wait/go ]; do sleep 0.1; done
`,
  });
  await engine.client.buildCatalogue(['resumed']);
  const before = await waitsIn(engine);
  const number = readFileSync(`${before}/begun`, 'utf8').trim();
  await engine.kill();
  await engine.start();
  assert.deepEqual(await engine.client.hosts(), []);
  writeFileSync(`${before.replace(/^\/proc\/\d+/, `/proc/${engine.pid}`)}/go`, '');
  await built('resumed');
  await engine.client.createHost('b');
  const { stdout } = await engine.docker('b', 'run', '--rm', 'resumed', 'cat', '/first');
  // Had the first step been done anew, it would have made another number.
  assert.equal(stdout.trim(), number);
  assert.match(number, /^[0-9a-f-]{36}$/);
  await engine.client.removeHost('b');
  await until('the host that built is gone', () => hostsOnDisk(engine) === 0);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});

test('a step that fails is told with its last words, and is tried again once it is mended', async () => {
  write('broken', { Dockerfile: 'FROM busybox\nRUN echo nothing here >&2; exit 7\n' });
  await engine.client.buildCatalogue(['broken']);
  await until('it has failed', async () => (await imageOf('broken:latest'))?.state === 'failed');
  assert.match((await imageOf('broken:latest'))?.step ?? '', /exit code: 7.*nothing here/s);
  write('broken', { Dockerfile: 'FROM busybox\nRUN true\n' });
  await built('broken');
  await assert.rejects(engine.client.buildCatalogue(['none']), /the catalogue has no image none; it has/);
});

const inside = ({ pid, instance }: TestEngine): string => `/proc/${pid}/root${instance.data}/store/hosts`;
const hostsOnDisk = (one: TestEngine): number => globSync(`${inside(one)}/*`).length;

/** The directory of the cache in which a step waits, as the engine's mount namespace has it. */
async function waitsIn(one: TestEngine): Promise<string> {
  let found: string | undefined;
  await until('a step waits', () => {
    found = globSync(`${inside(one)}/*/build-caches/*/begun`)[0];
    return found !== undefined;
  });
  return found?.replace(/\/begun$/, '') ?? '';
}
