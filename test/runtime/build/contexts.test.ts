// What a build is made of: what comes from standard input, contexts by name, and results of other builds.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { linesIn, Student } from './student-builds.ts';

let engine: TestEngine;
let student: Student;

beforeAll(async () => {
  engine = await startEngine();
  await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});

afterAll(async () => {
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  await engine[Symbol.asyncDispose]();
});

/** The lines that the steps of a build say, which a script begins. */
async function stepsOf(script: string): Promise<string[]> {
  const { exitCode, stdout, stderr } = await student.shell(script);
  assert.equal(exitCode, 0, stdout + stderr);
  return linesIn(stderr);
}

describe('standard input', () => {
  test('is a Dockerfile without a context', async () => {
    assert.deepEqual(
      await stepsOf(`printf 'FROM busybox\\nRUN echo from input\\n' | docker build --progress=plain -`),
      ['from input'],
    );
  });

  test('is a Dockerfile for a directory', async () => {
    await student.directory('here', { page: 'a page\n' });
    assert.deepEqual(
      await stepsOf(`printf 'FROM busybox\\nCOPY page /\\nRUN cat /page\\n' | docker build --progress=plain -f - here`),
      ['a page'],
    );
  });

  test('is a context, packed or not', async () => {
    await student.directory('packed', {
      Dockerfile: 'FROM busybox\nCOPY . /all\nRUN cd /all && find . | sort && cat deep/page && stat -c %a deep/page\n',
      Other: 'FROM busybox\nCOPY deep/link /l\nRUN cat /l\n',
      'deep/page': 'packed page\n',
    });
    await student.said('chmod 604 packed/deep/page; ln -s page packed/deep/link');
    const all = ['.', './Dockerfile', './Other', './deep', './deep/link', './deep/page', 'packed page', '604'];
    for (const flags of ['c', 'cz'])
      assert.deepEqual(await stepsOf(`tar ${flags} -C packed . | docker build --no-cache --progress=plain -`), all);
    assert.deepEqual(await stepsOf('tar c -C packed . | docker build --progress=plain -f Other -'), ['packed page']);
    const none = await student.shell('tar c -C packed deep | docker build --progress=plain -');
    assert.equal(none.exitCode, 1);
    assert.match(none.stderr, /failed to read dockerfile: open Dockerfile: no such file or directory/);
  });

  test('is no way out for an archive: names that lead elsewhere are refused', async () => {
    await student.directory('evil', { Dockerfile: 'FROM busybox\nCOPY . /all\n' });
    const { exitCode, stderr } = await student.shell(
      `cd evil; tar cP --transform 's,^x,../../x,' Dockerfile > ../evil.tar; echo > x; tar rP --transform 's,^x,../../x,' -f ../evil.tar x; cd; docker build --progress=plain - < evil.tar`,
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /is outside of the build context/);
  });
});

describe('contexts by name', () => {
  test('are a directory, with an ignore file of its own', async () => {
    await student.directory('main', {
      Dockerfile:
        'FROM busybox\nCOPY --from=other . /o\nRUN --mount=from=other,target=/m cd /o && ls && cat /m/page\nCOPY mine /\n',
      mine: 'mine\n',
    });
    await student.directory('second', { page: 'second page\n', 'a.log': 'log\n', '.dockerignore': '*.log\n' });
    assert.deepEqual(await stepsOf('docker build --progress=plain --build-context other=second main'), [
      'page',
      'second page',
    ]);
  });

  test('are an image, in place of another', async () => {
    await student.directory('stand-in', { Dockerfile: 'FROM debian:stable\nRUN cat /mark\n' });
    await student.said(`printf 'FROM busybox\\nRUN echo marked > /mark\\n' | docker build -q -t marked -`);
    assert.deepEqual(
      await stepsOf('docker build --progress=plain --build-context debian:stable=docker-image://marked stand-in'),
      ['marked'],
    );
  });

  test('are the result of another build', async () => {
    await student.directory('bake', {
      'docker-bake.hcl': `group "default" { targets = ["app"] }
target "base" {
  context = "base"
}
target "app" {
  context = "app"
  contexts = { shared = "target:base" }
  tags = ["baked"]
}
`,
      'base/Dockerfile': 'FROM busybox\nENV KIND=baked\nCOPY page /page\nRUN echo "$KIND" > /kind\n',
      'base/page': 'page of base\n',
      'app/Dockerfile': 'FROM shared\nRUN cat /kind /page && echo "env $KIND"\nCMD ["cat", "/page"]\n',
    });
    const lines = await stepsOf('cd bake; docker buildx bake --progress=plain');
    assert.deepEqual(lines, ['baked', 'page of base', 'env baked']);
    assert.equal(await student.said('docker run --rm baked'), 'page of base\n');
    const again = await student.shell('cd bake; docker buildx bake --progress=plain');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.deepEqual(linesIn(again.stderr), []);
  });
});
