// Images of as many layers as Docker runs, in an engine whose directories have long names: what the kernel is told of an overlay must fit a
// page.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Student } from './student-builds.ts';

/** As long as SQLite lets it be. */
const data = ['a', 'b'].map((name) => name.repeat(200)).join('/');
/** Busybox is one. */
const most = 126;

let engine: TestEngine;
let docker: DockerHost;
let student: Student;

beforeAll(async () => {
  engine = await startEngine({ data });
  docker = await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const copies = (count: number): string => Array.from({ length: count }, (_, at) => `COPY f /f${at}\n`).join('');

test('an image of 127 layers is built, mounted by a step, and run, in an engine whose directories have long names', async () => {
  const Dockerfile = `FROM busybox\n${copies(most - 1)}RUN cat /f0 /f${most - 2} && echo made >/last\n`;
  await student.directory('many', { Dockerfile, f: 'f\n' });
  assert.deepEqual(await student.stepsSaid('many', '-t', 'many'), ['f', 'f']);
  const mounted =
    'FROM busybox\nRUN --mount=from=many,target=/m,rw cat /m/last && touch /m/x\nCOPY --from=many /f0 /\n';
  await student.directory('of-many', { Dockerfile: mounted });
  assert.deepEqual(await student.stepsSaid('of-many'), ['made']);
  const ran = await docker.output(['sh', '-c', 'touch /more && ls / | grep -c "^f[0-9]" && cat /last'], {
    Image: 'many',
  });
  assert.deepEqual(ran, { exitCode: 0, text: `${most - 1}\r\nmade\r\n` });
});

test('one more is refused in Docker’s words', async () => {
  await student.directory('too-many', { Dockerfile: `FROM busybox\n${copies(most + 1)}`, f: 'f\n' });
  const { exitCode, stderr } = await student.build('too-many');
  assert.equal(exitCode, 1);
  assert.match(stderr, /ERROR: failed to .*: max depth exceeded\n$/);
});
