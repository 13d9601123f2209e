// `docker build` as a student types it: the workspace's docker and buildx, on the engine's builder.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { linesIn, Student } from './student-builds.ts';

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

/** The steps that were carried out, and those whose result was known: their names. */
function stepsOf(progress: string): { done: string[]; cached: string[] } {
  const names = new Map<string, string>();
  const done: string[] = [];
  const cached: string[] = [];
  for (const [, number = '', said = ''] of progress.matchAll(/^#(\d+) (.*)$/gm)) {
    if (/^(DONE|CACHED)/.test(said)) {
      const name = names.get(number) ?? '';
      if (/^\[(?!internal)/.test(name)) (said === 'CACHED' ? cached : done).push(name);
    } else if (!names.has(number)) names.set(number, said);
  }
  return { done: done.sort(), cached: cached.sort() };
}

const twoStages = `FROM busybox AS made
ENV KIND=small
RUN echo "a $KIND thing" > /thing && echo told >&2
FROM busybox
COPY --from=made /thing /things/
COPY page /page
WORKDIR /things
RUN cat thing /page/index.html > both
CMD ["cat", "both"]
`;

describe('an image of two stages', () => {
  beforeAll(async () => {
    await student.directory('two', { Dockerfile: twoStages, 'page/index.html': '<h1>hello</h1>\n' });
  });

  test('is built with its progress, named, and runs', async () => {
    const { exitCode, stderr } = await student.build('two', '-t', 'two');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^#\d+ [\d.]+ told$/m);
    assert.match(stderr, /^#\d+ naming to docker\.io\/library\/two/m);
    assert.equal(await student.said('docker run --rm two'), 'a small thing\n<h1>hello</h1>\n');
    const history = await student.said(`docker history --no-trunc --format '{{.CreatedBy}}' two`);
    assert.deepEqual(history.split('\n').slice(0, 5), [
      'CMD ["cat" "both"]',
      'RUN /bin/sh -c cat thing /page/index.html > both # buildkit',
      'WORKDIR /things',
      'COPY page /page # buildkit',
      'COPY /thing /things/ # buildkit',
    ]);
    assert.equal(await student.said('docker ps -aq'), '');
  });

  test('is not built again where nothing has changed but times, and has the same ID then', async () => {
    const id = await student.said('docker image inspect -f {{.Id}} two');
    const { stderr } = await student.build('two', '-t', 'again', '--iidfile', 'id');
    assert.deepEqual(
      stepsOf(stderr).done.filter((name) => !/FROM/.test(name)),
      [],
    );
    assert.equal(await student.said('cat id; echo'), id);
    await student.said('touch two/page/index.html');
    const touched = stepsOf((await student.build('two')).stderr);
    assert.deepEqual(
      touched.done.filter((name) => !/FROM/.test(name)),
      [],
    );
  });

  test('is built again from the first change on', async () => {
    await student.said('echo changed > two/page/index.html');
    const { done, cached } = stepsOf((await student.build('two', '-t', 'two')).stderr);
    assert.deepEqual(
      done.filter((name) => !/FROM/.test(name)),
      [
        '[stage-1 3/5] COPY page /page',
        '[stage-1 4/5] WORKDIR /things',
        '[stage-1 5/5] RUN cat thing /page/index.html > both',
      ],
    );
    assert.deepEqual(cached, [
      '[made 2/2] RUN echo "a small thing" > /thing && echo told >&2',
      '[stage-1 2/5] COPY --from=made /thing /things/',
    ]);
    assert.equal(await student.said('docker run --rm two'), 'a small thing\nchanged\n');
  });
});

test('an image that was used before is told as known where a step begins with it; a heredoc’s file is made each time', async () => {
  const dockerfile = (word: string) => `FROM unused\nRUN echo ${word} > /x\nCOPY <<EOF /y\ny\nEOF\n`;
  const from = /^#\d+ (\[1\/3\] FROM [^\n]*)\n#\d+ (CACHED|DONE)/m;
  await student.directory('unused', { Dockerfile: 'FROM busybox\nRUN echo used by nobody > /unused\n' });
  assert.equal((await student.build('unused', '-t', 'unused')).exitCode, 0);
  const told: (string | undefined)[] = [];
  for (const word of ['one', 'two', 'two']) {
    await student.directory('known', { Dockerfile: dockerfile(word) });
    const { stderr } = await student.build('known');
    told.push(from.exec(stderr)?.[2]);
    assert.match(stderr, /^#\d+ \[internal\] preparing inline document\n#\d+ DONE/m);
  }
  assert.deepEqual(told, ['DONE', 'CACHED', 'DONE']);
});

test('what a step removes is removed by nobody but root', async () => {
  await student.directory('removes', { Dockerfile: 'FROM busybox\nRUN rm /bin/ls\n' });
  assert.equal((await student.build('removes', '-t', 'removes')).exitCode, 0);
  const list = 'for f in saved/blobs/sha256/*; do tar --numeric-owner -tvf $f 2>/dev/null; done | grep -F /.wh.';
  const listed = await student.said(`mkdir saved && docker save removes | tar -x -C saved && ${list}`);
  assert.match(listed, /^-rw-r--r-- 0\/0 +0 \S+ \S+ bin\/\.wh\.ls\n$/);
});

describe('what cannot be built', () => {
  const excerpt = (stderr: string): string => stderr.slice(stderr.indexOf('--------------------'));

  test('a command that fails: its output, its place, its exit code', async () => {
    await student.directory('fails', { Dockerfile: 'FROM busybox\nRUN echo before\nRUN echo why; exit 3\n' });
    const { exitCode, stderr } = await student.build('fails');
    assert.equal(exitCode, 1);
    assert.match(stderr, /^ > \[3\/3\] RUN echo why; exit 3:\n[\d.]+ why$/m);
    assert.match(stderr, /^ +3 \| >>> RUN echo why; exit 3$/m);
    assert.match(stderr, /process "\/bin\/sh -c echo why; exit 3" did not complete successfully: exit code: 3\n$/);
  });

  test('an instruction that is none: what was perhaps meant', async () => {
    await student.directory('wrong', { Dockerfile: 'FROM busybox\nRUNN echo\n' });
    const { exitCode, stderr } = await student.build('wrong');
    assert.equal(exitCode, 1);
    assert.match(excerpt(stderr), /^ +2 \| >>> RUNN echo$/m);
    assert.match(stderr, /dockerfile parse error on line 2: unknown instruction: RUNN \(did you mean RUN\?\)\n$/);
  });

  test('a file that is not there, and a Dockerfile that is not there', async () => {
    await student.directory('missing', { Dockerfile: 'FROM busybox\nCOPY nothing /x\n' });
    const { exitCode, stderr } = await student.build('missing');
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /failed to compute cache key: failed to calculate checksum of ref \S+: "\/nothing": not found\n$/,
    );
    assert.match(stderr, /^ > \[2\/2\] COPY nothing \/x:\n------$/m);
    assert.match(stderr, /^#\d+ ERROR: failed to calculate checksum of ref \S+: "\/nothing": not found$/m);
    const none = await student.build('missing', '-f', 'missing/Other');
    assert.match(none.stderr, /failed to read dockerfile: open Other: no such file or directory\n$/);
  });
});

test('files have the owners and modes that they had, or were to have; times are kept', async () => {
  await student.directory('owners', {
    Dockerfile: `FROM busybox AS a
RUN mkdir /d && echo x > /d/f && chown -R 12:34 /d && chmod 700 /d && touch -d '2001-01-01 00:00:00' /d/f
FROM busybox
COPY --from=a /d /e
COPY --from=a --chown=56:78 --chmod=640 /d/f /g/
COPY plain run.sh /own/
RUN stat -c '%n %a %u:%g' /e /e/f /g /g/f /own /own/plain /own/run.sh; stat -c %Y /e/f
`,
    plain: 'plain\n',
    'run.sh': '#!/bin/sh\n',
  });
  await student.said('chmod 600 owners/plain; chmod 755 owners/run.sh');
  const { stderr } = await student.build('owners');
  const lines = linesIn(stderr);
  assert.deepEqual(lines, [
    '/e 755 0:0',
    '/e/f 644 12:34',
    '/g 640 56:78',
    '/g/f 640 56:78',
    '/own 755 0:0',
    '/own/plain 600 0:0',
    '/own/run.sh 755 0:0',
    '978307200',
  ]);
});

test('.dockerignore keeps files back, and a link leads nowhere out of what was sent', async () => {
  await student.directory('context', {
    Dockerfile: 'FROM busybox\nCOPY . /all\nRUN cd /all && find . | sort; cat link || true\n',
    '.dockerignore': '*.log\nsecret\n!kept.log\n',
    'a.log': 'a\n',
    'kept.log': 'k\n',
    'secret/key': 's\n',
    'sub/b.log': 'b\n',
  });
  await student.said(
    'ln -s /etc/passwd context/link; echo mine > /tmp/outside; ln -s ../../../../tmp/outside context/out',
  );
  const { stderr } = await student.build('context', '--no-cache');
  const lines = linesIn(stderr);
  assert.deepEqual(lines.slice(0, 7), [
    '.',
    './.dockerignore',
    './Dockerfile',
    './kept.log',
    './link',
    './out',
    './sub',
  ]);
  const named = await student.directory('named', { Dockerfile: 'FROM busybox\nCOPY out /x\n' });
  await student.said('ln -s /etc/hostname named/out');
  assert.match((await student.build(named)).stderr, /"\/out": not found/);
});

test('stages that stand on the same layers are built side by side, again and again', async () => {
  const stages = Array.from(
    { length: 4 },
    (_, at) => `FROM busybox AS s${at}\nARG ROUND\nRUN echo "$ROUND ${at}" > /made\n`,
  );
  const last = `FROM busybox\n${stages.map((_, at) => `COPY --from=s${at} /made /made${at}`).join('\n')}\nRUN cat /made*\n`;
  await student.directory('beside', { Dockerfile: stages.join('') + last });
  for (const round of ['a', 'b', 'c', 'd']) {
    const lines = await student.stepsSaid('beside', '--build-arg', `ROUND=${round}`);
    assert.deepEqual(
      lines,
      stages.map((_, at) => `${round} ${at}`),
    );
  }
});

test('builds of one directory, one after the other and at the same time, each have all of its files while it changes', async () => {
  await student.directory('busy', { Dockerfile: 'FROM busybox\nCOPY many /many\nRUN cat /many/* | md5sum\n' });
  const round = (at: number) => `
    mkdir -p busy/many; for i in $(seq 300); do echo "$i ${at}" > busy/many/$i; done
    docker build -q busy > /dev/null & first=$!
    docker build -q busy > /dev/null & second=$!
    wait $first && wait $second && echo "$(cat busy/many/1)" > busy/many/changed && docker build -q busy > /dev/null || exit 1`;
  for (let at = 0; at < 3; at++) await student.said(round(at));
  const [sum = ''] = (await student.build('busy', '--no-cache')).stderr.match(/[0-9a-f]{32}(?= {2}-)/) ?? [];
  assert.equal((await student.said('cat busy/many/* | md5sum')).slice(0, 32), sum);
});

test('a client that is gone ends its build, and leaves nothing of it', async () => {
  await student.directory('long', { Dockerfile: 'FROM busybox\nRUN echo begun; sleep 1000\n' });
  await student.said('docker build --progress=plain long > long.out 2>&1 & echo $! > long.pid');
  await until('the step runs', async () => /^#\d+ [\d.]+ begun$/m.test(await student.said('cat long.out')));
  const { stdout } = await student.shell('ps ax -o args');
  assert.match(stdout, /sleep 1000/);
  assert.equal(await student.said('docker ps -aq'), '');
  await student.said('kill -9 $(cat long.pid); pkill -9 buildx || true');
  await until('the step has ended', async () => !(await student.shell('ps ax -o args')).stdout.includes('sleep 1000'));
  await until('nothing is left', async () => (await engine.client.check()).ok);
});

test('an engine that was killed in the middle leaves no step, and builds the rest', async () => {
  const Dockerfile = 'FROM busybox\nRUN echo one > /one\nRUN [ -e /go ] || sleep 1000\n';
  await student.directory('killed', { Dockerfile });
  await student.said('docker build --progress=plain killed > killed.out 2>&1 & echo');
  await until('the step runs', async () => (await student.shell('ps ax -o args')).stdout.includes('sleep 1000'));
  await engine.kill();
  await engine.start();
  await until('the step has ended', async () => !(await student.shell('ps ax -o args')).stdout.includes('sleep 1000'));
  await until('nothing is left', async () => (await engine.client.check()).ok);
  await student.directory('killed', { Dockerfile: Dockerfile.replace('[ -e /go ] || sleep 1000', 'cat /one') });
  const { exitCode, stderr } = await student.build('killed');
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(stepsOf(stderr).cached, ['[2/3] RUN echo one > /one']);
});

test('the cache is told and pruned', async () => {
  const { stderr } = await student.build('two');
  assert.notDeepEqual(stepsOf(stderr).cached, []);
  assert.match(await student.said('docker buildx du'), /^Total:\s+\d/m);
  assert.match(await student.said('docker builder prune -af'), /^Total:\s+\d/m);
  assert.match(await student.said('docker buildx du'), /^Total:\s+0B/m);
  assert.deepEqual(stepsOf((await student.build('two')).stderr).cached, []);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});
