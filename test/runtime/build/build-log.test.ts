// What an engine remembers of a host's builds, for whoever judges or draws them: each with its steps, over a restart of the engine, and as
// it was after a reset. And what it finds in an image from outside.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { Student } from './student-builds.ts';

let engine: TestEngine;
let student: Student;
beforeAll(async () => {
  engine = await startEngine();
  await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const builds = () => engine.client.builds('dev');
const last = async () => (await builds()).at(-1) ?? assert.fail('nothing was built');

test('a build is remembered with its stages, steps, layers, context and warnings', async () => {
  const file = 'FROM busybox AS made\nWORKDIR /src\nCOPY a ./\nFROM busybox\nCOPY --from=made /src/a /a\nCMD cat /a\n';
  await student.directory('two', { Dockerfile: file, a: '12345\n', 'left/out': 'x\n', '.dockerignore': 'left\n' });
  await student.said('docker build -q -t two:1 -t two:2 two');
  const build = await last();
  assert.deepEqual([build.state, build.names.length, build.target, build.error], ['done', 2, '', '']);
  assert.deepEqual(
    build.stages.map(({ name }) => name),
    ['made', 'stage-1'],
  );
  assert.deepEqual(build.context, { files: 1, bytes: 6 });
  assert.deepEqual(
    build.warnings.map(({ rule, line }) => [rule, line]),
    [['JSONArgsRecommended', 6]],
  );
  const own = build.steps.filter(({ kind }) => kind === 'step');
  assert.deepEqual(
    own.map(({ name, stage, state, line }) => [name, stage, state, line]),
    [
      ['WORKDIR /src', 'made', 'done', 2],
      ['COPY a ./', 'made', 'done', 3],
      ['COPY --from=made /src/a /a', 'stage-1', 'done', 5],
    ],
  );
  const stdout = await student.said(`docker image inspect -f '{{.Id}} {{json .RootFS.Layers}}' two:1`);
  const [id, layers = ''] = stdout.trim().split(' ');
  assert.equal(build.imageId, id);
  assert.equal(JSON.parse(layers).at(-1).slice(7, 19), own[2]?.layer);

  await student.said('docker build -q --target made -t made two');
  const again = await last();
  assert.deepEqual([again.target, again.stages.length], ['made', 1]);
  assert.ok(again.steps.filter(({ kind }) => kind === 'step').every(({ state }) => state === 'cached'));
  await student.said('docker build --check two || true');
  assert.equal((await builds()).length, 2, 'a question is no build');
});

test('builds that fail, that are given up, and those of the classic builder are remembered too', async () => {
  await student.directory('bad', { Dockerfile: 'FROM busybox\nRUN true\nRUN exit 3\n' });
  await student.shell('docker build -q -t bad bad');
  const bad = await last();
  assert.deepEqual([bad.state, bad.errorLine, bad.imageId], ['failed', 3, null]);
  assert.match(bad.error, /exit code: 3/);
  await student.directory('typo', { Dockerfile: 'FROM busybox\nRNU x\n' });
  await student.shell('docker build -q typo');
  assert.deepEqual([(await last()).state, (await last()).errorLine], ['failed', 2]);

  await student.directory('slow', { Dockerfile: 'FROM busybox\nRUN sleep 1000\n' });
  const slow = student.shell('docker build -q slow & echo $! > pid; wait $!');
  const step = async () => (await last()).steps.find(({ name }) => name.includes('sleep'));
  await until('the step runs', async () => (await step())?.state === 'running');
  await student.said('kill -INT $(cat pid)');
  await slow;
  await until('it was given up', async () => (await last()).state === 'stopped');
  assert.equal((await step())?.state, 'stopped');

  await student.said('DOCKER_BUILDKIT=0 docker build -q -t old two');
  const old = await last();
  assert.deepEqual([old.state, old.names], ['done', ['old:latest']]);
  assert.equal(old.steps.filter(({ kind }) => kind === 'step').length, 3);
});

test('the last of many are remembered over a restart of the engine, and taken back by a reset', async () => {
  await engine.client.takeSnapshot('dev', 'then');
  const before = await builds();
  for (let six = 0; six < 4; six++) await student.said('for i in 1 2 3 4 5 6; do docker build -q two; done');
  const after = await builds();
  assert.equal(after.length, 20);
  await engine.shutdown();
  await engine.start();
  assert.deepEqual(await builds(), after);
  await engine.client.startHost('dev');
  await engine.client.restoreSnapshot('dev', 'then');
  assert.deepEqual(await builds(), before);
  await student.said('docker build -q two');
  assert.ok((await last()).id > (after.at(-1)?.id ?? 0), 'no number comes again');
}, 240_000);

test('files of an image are looked at, and a text is found wherever it stands in it', async () => {
  const look = (path: string) => engine.client.lookInside('dev', { image: 'two', path });
  await student.said('docker tag two:1 two');
  const { type, bytes } = await look('/a');
  assert.deepEqual([type, Buffer.from(bytes ?? []).toString()], ['file', '12345\n']);
  await assert.rejects(look('/nope'), { kind: 'notFound' });
  assert.equal((await look('/etc')).type, 'folder');
  await assert.rejects(engine.client.lookInside('dev', { image: 'none', path: '/a' }), { kind: 'notFound' });

  const file = 'FROM busybox\nCOPY . /x/\nRUN rm /x/key\nENV NAME=in-the-settings\nRUN echo of-the-history\n';
  await student.directory('leak', { Dockerfile: file });
  await student.said('head -c 3000000 /dev/zero > leak/key; echo deep-inside >> leak/key');
  await student.said('ln -sf /etc/shadow leak/link; docker build -q -t leak leak');
  const find = (text: string) => engine.client.findInImage('dev', { image: 'leak', text });
  assert.deepEqual(await find('deep-inside'), { place: 'file', path: '/x/key' });
  assert.deepEqual(await find('in-the-settings'), { place: 'configuration', path: '' });
  assert.deepEqual(await find('of-the-history'), { place: 'history', path: '' });
  assert.deepEqual(await find('nowhere-at-all'), { place: 'nowhere', path: '' });
  await assert.rejects(engine.client.findInImage('dev', { image: 'none', text: 'anything' }), { kind: 'notFound' });
}, 120_000);
