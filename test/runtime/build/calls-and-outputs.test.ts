// What `docker build` gives besides an image: answers about a Dockerfile, and files for the client.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { CommandOutcome } from '../../support/docker-command.ts';
import { currentBuildx } from '../../support/docker-config.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Student } from './student-builds.ts';

let engine: TestEngine;
let host: DockerHost;
let student: Student;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});

afterAll(async () => {
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  await engine[Symbol.asyncDispose]();
});

describe('a Dockerfile that could be better', () => {
  beforeAll(async () => {
    await student.directory('lint', { Dockerfile: 'FROM busybox as base\nMAINTAINER nobody\nFROM base\nRUN true\n' });
  });

  test('is checked', async () => {
    const said = await student.said('BUILDX_EXPERIMENTAL=1 docker buildx build --print=lint lint');
    assert.match(said, /^WARNING: FromAsCasing - https:\S+\n'as' and 'FROM' keywords' casing do not match\n/m);
    assert.match(said, /^ +1 \| >>> FROM busybox as base$/m);
    assert.match(said, /^WARNING: MaintainerDeprecated/m);
  });

  test('is built all the same, and the warnings are counted', async () => {
    const { exitCode, stderr } = await student.build('lint');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /2 warnings found \(use --debug to expand\):\n/);
    assert.match(stderr, / - FromAsCasing: .* \(line 1\)\n/);
  });
});

describe.skipIf(currentBuildx === null)('a current buildx', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'buildx'}-`));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function build(Dockerfile: string, ...options: string[]): Promise<CommandOutcome> {
    await writeFile(path.join(folder, 'Dockerfile'), Dockerfile);
    const env = { HOME: folder, DOCKER_CONFIG: path.join(folder, 'config'), DOCKER_HOST: `unix://${host.socket}` };
    return new Promise((resolve) =>
      execFile(
        currentBuildx ?? '',
        ['build', ...options, folder],
        { env, timeout: 60_000 },
        (error, stdout, stderr) => {
          resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
        },
      ),
    );
  }

  test('checks: what is told, and the exit code', async () => {
    const found = await build('FROM busybox as base\nMAINTAINER nobody\n', '--check');
    assert.equal(found.exitCode, 1, found.stderr);
    assert.match(found.stdout + found.stderr, /Check complete, 2 warnings have been found!/);
    const right = await build('FROM busybox\nRUN true\n', '--check');
    assert.equal(right.exitCode, 0, right.stderr);
    assert.match(right.stdout + right.stderr, /Check complete, no warnings found\./);
    const bad = await build('FROM busybox\nCOPY --from=nowhere: /a /b\n', '--check');
    assert.equal(bad.exitCode, 1);
    assert.match(bad.stdout + bad.stderr, /nowhere:/);
  });

  test('asks for targets, and is told of a call that is none', async () => {
    const { stdout } = await build('FROM busybox AS one\nFROM one AS two\n', '--call', 'targets');
    assert.match(stdout, /^one *\ntwo \(default\)/m);
    const none = await build('FROM busybox\n', '--call', 'nonsense');
    assert.notEqual(none.exitCode, 0);
    assert.match(none.stderr, /unsupported request frontend\.nonsense/);
  });
});

test('a Dockerfile is asked for its outline and its targets', async () => {
  await student.directory('asked', {
    Dockerfile: `ARG VERSION=latest
# base is what all begin with
FROM busybox:$VERSION AS base
RUN --mount=type=secret,id=token,required=true true
FROM base AS last
`,
  });
  const print = (call: string): Promise<string> =>
    student.said(`BUILDX_EXPERIMENTAL=1 docker buildx build --print=${call} asked`);
  const outline = await print('outline');
  assert.match(outline, /^VERSION +latest/m);
  assert.match(outline, /^token +true/m);
  assert.match(await print('targets'), /^base +is what all begin with\nlast \(default\)/m);
  const { targets } = JSON.parse(await print('targets,format=json')) as {
    targets: { name: string; default?: boolean }[];
  };
  assert.deepEqual(
    targets.map(({ name, default: isDefault = false }) => [name, isDefault]),
    [
      ['base', false],
      ['last', true],
    ],
  );
});

describe('files instead of an image', () => {
  beforeAll(async () => {
    await student.directory('files', {
      Dockerfile: `FROM busybox AS made
RUN mkdir -p /out/deep/er /out/empty && cd /out && echo one > a && echo two > deep/er/b && chmod 751 a && ln a deep/same \\
  && ln -s ../a deep/link && head -c 300000 /dev/zero > big && : > nothing && touch -d '2001-01-01 00:00:00' a \\
  && echo x > 'name with ü'
FROM scratch
COPY --from=made /out /
`,
    });
  });

  const look = `find . | sort; cat a deep/er/b deep/same; readlink deep/link; stat -c '%a %Y' a; wc -c < big; wc -c < nothing`;
  const seen = [
    '.',
    './a',
    './big',
    './deep',
    './deep/er',
    './deep/er/b',
    './deep/link',
    './deep/same',
    './empty',
    './name with ü',
    './nothing',
    'one',
    'two',
    'one',
    '../a',
    '751 978307200',
    '300000',
    '0',
    '',
  ].join('\n');

  test('come into a directory', async () => {
    const { exitCode, stderr } = await student.build('files', '-o', 'out');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /exporting to client directory/);
    assert.equal(await student.said(`cd out; ${look}`), seen);
    await student.said('docker build -q -o type=local,dest=out2 files');
    assert.equal(await student.said('diff -r out out2 && ls ~/../.. > /dev/null'), '');
  });

  test('come into a directory of their platform where that is asked for; how much it was is told', async () => {
    const { exitCode, stderr } = await student.build('files', '-o', 'type=local,dest=split,platform-split=true');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^#\d+ copying files \S+B( \d\S*s)? done$/m);
    assert.equal(await student.said(`cd split/linux_*; ${look}`), seen);
  });

  test('that the client cannot write: what it says', async () => {
    const { exitCode, stderr } = await student.build('files', '-o', '/proc/none');
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /^ERROR: .*failed to create synctarget dest dir \/proc\/none: /m);
    assert.match(stderr, /^ > exporting to client directory:$/m);
  });

  test('come as a tar', async () => {
    const { exitCode, stderr } = await student.build('files', '-o', 'type=tar,dest=out.tar');
    assert.equal(exitCode, 0, stderr);
    assert.equal(await student.said(`mkdir t; cd t; tar xf ../out.tar; ${look}`), seen);
    const piped = await student.said('docker build -q -o - files | tar t | sort | head -2');
    assert.equal(piped, 'a\nbig\n');
  });

  test('of a whole image', async () => {
    await student.directory('whole', { Dockerfile: 'FROM busybox\nRUN echo hi > /hi\n' });
    const { exitCode, stderr } = await student.build('whole', '-o', 'whole-out');
    assert.equal(exitCode, 0, stderr);
    assert.equal(await student.said('cat whole-out/hi; whole-out/bin/busybox echo runs'), 'hi\nruns\n');
  });

  test('leave nothing on the engine, and no image', async () => {
    const before = await student.said('docker images -q | sort');
    await student.said('docker build -q -o out3 files');
    assert.equal(await student.said('docker images -q | sort'), before);
  });
});

test('--quiet says the ID alone, and --metadata-file what came of it', async () => {
  await student.directory('meta', { Dockerfile: 'FROM busybox\nRUN echo meta > /m\n' });
  const id = await student.said('docker build -q -t meta --metadata-file m.json meta');
  assert.match(id, /^sha256:[0-9a-f]{64}\n$/);
  const metadata = JSON.parse(await student.said('cat m.json')) as Record<string, unknown>;
  assert.equal(metadata['containerimage.digest'], id.trim());
  assert.equal(metadata['image.name'], 'docker.io/library/meta');
  assert.equal(await student.said('docker image inspect -f {{.Id}} meta'), id);
});

test('the cache is told and pruned as far as filters say', async () => {
  await student.directory('cached', { Dockerfile: 'FROM busybox\nRUN echo one > /one\nRUN echo two > /two\n' });
  await student.build('cached');
  const records = async (...options: string[]): Promise<string[]> =>
    [...(await student.said(`docker buildx du --verbose ${options.join(' ')}`)).matchAll(/^ID:\s+(\S+)$/gm)].map(
      ([, id = '']) => id,
    );
  const all = await records();
  assert.match(
    await student.said('docker buildx du --verbose'),
    /^Description:\s+mount \/ from exec \/bin\/sh -c echo two/m,
  );
  const [first = ''] = all;
  assert.deepEqual(await records('--filter', `id=${first}`), [first]);
  await student.said(
    'docker builder prune -af --filter type=exec.cachemount; docker builder prune -af --keep-storage 1GB',
  );
  assert.deepEqual(await records(), all);
  await student.said(`docker builder prune -af --filter id=${first}`);
  assert.deepEqual(
    await records(),
    all.filter((id) => id !== first),
  );
  assert.notEqual((await student.shell('docker buildx du --filter nonsense=1')).exitCode, 0);
});
