// `docker compose build` and `up --build`: the workspace's compose (2.26) from within, a current one (2.40) from outside.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { CommandOutcome } from '../../support/docker-command.ts';
import { composeProgram, currentBuildx, makeDockerConfig } from '../../support/docker-config.ts';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Student } from './student-builds.ts';

/** `web` and `api` are built of one directory, at once; `job` stands on what comes of `api`. */
const files = {
  'compose.yaml': `
name: built
services:
  web:
    build: { context: ., dockerfile: web.Dockerfile, args: { WHO: web } }
    command: cat /who /page
  api:
    build: { context: ., target: api, args: { WHO: api } }
    image: own/api
    command: cat /who /page
  job:
    build:
      context: job
      additional_contexts: { base: "ADDITIONAL" }
    command: cat /job
`,
  Dockerfile: `FROM busybox AS api
ARG WHO
COPY page /page
RUN echo "I am $WHO" > /who
FROM api AS never
RUN false
`,
  'web.Dockerfile': 'FROM busybox\nARG WHO\nCOPY page /page\nRUN echo "I am $WHO" > /who\n',
  page: 'a page\n',
  'job/Dockerfile': 'FROM base\nRUN cat /who /page > /job\n',
} as const;

let engine: TestEngine;
let folder: string;

beforeAll(async () => {
  engine = await startEngine();
  folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'compose'}-`));
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Shell = (script: string) => Promise<CommandOutcome>;

async function inside(): Promise<Shell> {
  await createDockerHost(engine, 'inside');
  const student = new Student(engine, 'inside');
  const { 'compose.yaml': compose, ...others } = files;
  // 2.26 knows no services as contexts, but images.
  const known = compose.replace('ADDITIONAL', 'docker-image://own/api');
  await student.directory('built', { ...others, 'compose.yaml': known });
  return (script) => student.shell(`cd built; export COMPOSE_ANSI=never; ${script}`);
}

/** `buildx`: the plugin by which compose builds; null for what is in it. */
async function outside(name: string, buildx: string | null): Promise<Shell> {
  const host = await createDockerHost(engine, name);
  const cwd = path.join(folder, name, 'built');
  const config = path.join(folder, name, 'config');
  await mkdir(path.join(cwd, 'job'), { recursive: true });
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(cwd, name), text.replace('ADDITIONAL', 'service:api'));
  makeDockerConfig(config);
  if (buildx) await symlink(buildx, path.join(config, 'cli-plugins/docker-buildx'));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DOCKER_CONFIG: config,
    DOCKER_HOST: `unix://${host.socket}`,
    COMPOSE_ANSI: 'never',
  };
  const run = (script: string): string => script.replaceAll('docker compose', composeProgram());
  return (script) =>
    new Promise((resolve) =>
      execFile('sh', ['-c', run(script)], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
      }),
    );
}

const versions: Record<string, () => Promise<Shell>> = {
  '2.26 of the workspace': inside,
  '2.40 from outside': () => outside('outside', null),
  // All services are one call of it, in which they share their directories and give each other their results.
  ...(currentBuildx !== null && { '2.40 by a current buildx': () => outside('baking', currentBuildx) }),
};

for (const [version, open] of Object.entries(versions)) {
  describe(`compose ${version}`, () => {
    let shell: Shell;

    beforeAll(async () => {
      shell = await open();
    });

    /** compose tells what it builds before it runs something. */
    async function said(script: string): Promise<string> {
      const { exitCode, stdout, stderr } = await shell(script);
      assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
      return stdout;
    }

    test('builds services side by side, each with its arguments', async () => {
      await said('docker compose build --progress plain web api');
      assert.match(await said('docker compose run --rm -T web'), /I am web\na page\n$/);
      assert.match(await said('docker compose run --rm -T api'), /I am api\na page\n$/);
    });

    test('builds one service on the image of another', async () => {
      await said('docker compose build --progress plain');
      assert.match(await said('docker compose run --rm -T job'), /I am api\na page\n$/);
    });

    test('builds before it starts, when files have changed', async () => {
      // What was said is asked for afterwards: compose may leave before it has printed all of what ends at once.
      const up = await said('echo changed > page; docker compose up --build web api; docker compose logs web api');
      assert.match(up, /web-1 +\| changed/);
      assert.match(up, /api-1 +\| changed/);
      await said('docker compose down && docker compose build job');
      assert.match(await said('docker compose run --rm -T job'), /I am api\nchanged\n$/);
    });

    test('tells what cannot be built', async () => {
      await said(`printf 'FROM busybox\\nRUN exit 5\\n' > web.Dockerfile`);
      const { exitCode, stdout, stderr } = await shell('docker compose build --progress plain web');
      assert.notEqual(exitCode, 0);
      assert.match(stdout + stderr, /did not complete successfully: exit code: 5/);
    });
  });
}
