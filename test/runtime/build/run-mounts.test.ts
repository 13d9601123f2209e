// `RUN --mount`: what a command sees while it runs, and what is left of it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
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

test('a secret is seen, as a file with its mode and as a variable, and is nowhere afterwards', async () => {
  const Dockerfile = `FROM busybox
RUN --mount=type=secret,id=key --mount=type=secret,id=key,target=/own/place,uid=12,mode=0440 \\
    cat /run/secrets/key; stat -c '%a %u' /run/secrets/key /own/place
RUN --mount=type=secret,id=key,env=KEY case "$KEY" in hidden*sight*) echo known;; *) exit 1;; esac
RUN --mount=type=secret,id=none test ! -e /run/secrets/none && echo not there
RUN ls -d /run/secrets /own 2>&1; true
`;
  await student.directory('secret', { Dockerfile, '../key': 'hidden-in-plain-sight\n' });
  const lines = await student.stepsSaid('secret', '--secret', 'id=key,src=key', '-t', 'secret');
  assert.deepEqual(lines, [
    'hidden-in-plain-sight',
    '400 0',
    '440 12',
    'known',
    'not there',
    'ls: /run/secrets: No such file or directory',
    'ls: /own: No such file or directory',
  ]);
  const { exitCode, stderr } = await student.build('secret', '--no-cache');
  assert.equal(exitCode, 1, stderr); // without it, its variable is not there
  const history = await student.said('docker history --no-trunc secret; docker inspect secret; docker save secret');
  assert.doesNotMatch(history, /hidden-in-plain-sight/);
  const enter = [`--mount=/proc/${engine.pid}/ns/mnt`, 'grep', '-rls', '--exclude=store.img'];
  const grep = spawnSync('nsenter', [...enter, 'hidden-in-plain-sight', engine.instance.data], { encoding: 'utf8' });
  const found = grep.stdout;
  const [own, ...others] = found.split('\n').filter(Boolean);
  assert.match(own ?? '', /\/home\/student\/key$/);
  assert.deepEqual(others, [], 'it is on the disk as the student’s own file alone');
});

test('a required secret that is not given is told', async () => {
  await student.directory('required', {
    Dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=key,required=true true\n',
  });
  const { exitCode, stderr } = await student.build('required');
  assert.equal(exitCode, 1);
  assert.match(stderr, /secret key: not found\n$/);
});

test('nobody outside of the host is given a secret, a cache or an agent', async () => {
  const mounts = ['secret,id=key', 'cache,target=/c', 'ssh'];
  for (const [at, mount] of mounts.entries()) {
    await student.directory(`given${at}`, { Dockerfile: `FROM busybox\nRUN --mount=type=${mount},uid=70000 true\n` });
    const { exitCode, stderr } = await student.build(`given${at}`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /70000 is out of range: this host has IDs 0 to 65535\n$/);
  }
});

test('a cache is there in the next build, and is in no layer', async () => {
  const Dockerfile = `FROM busybox
ARG AT
RUN --mount=type=cache,target=/var/cache/things echo "$AT" >> /var/cache/things/log; cat /var/cache/things/log
`;
  await student.directory('cache', { Dockerfile });
  assert.deepEqual(await student.stepsSaid('cache', '--build-arg', 'AT=1', '-t', 'cache'), ['1']);
  assert.deepEqual(await student.stepsSaid('cache', '--build-arg', 'AT=2'), ['1', '2']);
  assert.equal(
    await student.said('docker run --rm cache ls /var/cache 2>&1 || true'),
    'ls: /var/cache: No such file or directory\n',
  );
  await student.said('docker builder prune -af');
  assert.deepEqual(await student.stepsSaid('cache', '--build-arg', 'AT=3'), ['3']);
});

test('files of the context and of a stage are seen; what is written to them is gone', async () => {
  const Dockerfile = `FROM busybox AS made
RUN mkdir /out && echo made > /out/file
FROM busybox
RUN --mount=target=/src cat /src/part/file; touch /src/x 2>&1; true
RUN --mount=type=bind,source=part,target=/part,rw echo more >> /part/file; cat /part/file
RUN --mount=type=bind,source=part/file,target=/one cat /one
RUN --mount=type=bind,from=made,source=/out,target=/mnt/out cat /mnt/out/file
RUN --mount=type=tmpfs,target=/scratch,size=65536 df -k /scratch | tail -1 | awk '{print $2}'
RUN ls -d /src /part /one /mnt /scratch 2>/dev/null; true
`;
  await student.directory('bind', { Dockerfile, 'part/file': 'given\n' });
  const lines = await student.stepsSaid('bind', '-t', 'bind');
  assert.deepEqual(lines, ['given', 'touch: /src/x: Read-only file system', 'given', 'more', 'given', 'made', '64']);
  assert.equal(await student.said('cat bind/part/file'), 'given\n');
});

test('a step is done again where a file that it mounts has changed, and where nothing has it is not', async () => {
  await student.directory('again', {
    Dockerfile: 'FROM busybox\nRUN --mount=target=/src cat /src/file\n',
    file: 'one\n',
  });
  assert.deepEqual(await student.stepsSaid('again'), ['one']);
  assert.deepEqual(await student.stepsSaid('again'), []);
  await student.said('echo two > again/file');
  assert.deepEqual(await student.stepsSaid('again'), ['two']);
});

test('the client’s SSH agent answers in a step', async () => {
  await student.directory('ssh', {
    Dockerfile: 'FROM agentless\nRUN --mount=type=ssh ssh-add -l; echo $SSH_AUTH_SOCK\n',
  });
  await student.said(
    'tar -ch /bin/sh /usr/bin/ssh-add $(ldd /usr/bin/ssh-add /bin/sh | grep -o "/[^ ]*" | sort -u) 2>/dev/null | docker import - agentless',
  );
  const script = `ssh-keygen -q -t ed25519 -N '' -C mine -f agentkey; eval $(ssh-agent) >/dev/null; ssh-add -q agentkey;
    docker build --progress=plain --ssh default ssh 2>&1; ssh-agent -k >/dev/null`;
  const out = await student.said(script);
  assert.match(out, /^#\d+ [\d.]+ 256 SHA256:\S+ mine \(ED25519\)$/m, out);
  assert.match(out, /^#\d+ [\d.]+ \/run\/buildkit\/ssh_agent\.0$/m);
  await student.directory('ssh-other', { Dockerfile: 'FROM busybox\nRUN --mount=type=ssh,id=other,required true\n' });
  const refused = await student.shell('docker build --progress=plain --ssh default=agentkey ssh-other');
  assert.match(refused.stderr, /^#\d+ ERROR: unset ssh forward key other$/m);
});

test('an agent’s socket has the owner and mode that are asked for, and is asked again and again', async () => {
  await student.directory('socket', {
    Dockerfile:
      'FROM busybox\nRUN --mount=type=ssh,mode=741,uid=100,gid=102 stat -c "%u %g %f" $SSH_AUTH_SOCK\nRUN --mount=type=ssh,target=/own/socket stat -c "%u %g %a" /own/socket; echo $SSH_AUTH_SOCK\n',
    Many: 'FROM agentless\nRUN --mount=type=ssh n=0; while [ $n -lt 40 ]; do ssh-add -l >/dev/null || exit 1; n=$((n+1)); done\n',
  });
  // The agent tells of each question at which of its sockets it was asked: a connection that is done is no more.
  const out = await student.said(`ssh-keygen -q -t ed25519 -N '' -f many-key
    ssh-agent -d -a many-agent >/dev/null 2>many-log & agent=$!
    while [ ! -S many-agent ]; do sleep 0.1; done
    export SSH_AUTH_SOCK=$PWD/many-agent; ssh-add -q many-key
    docker build --progress=plain --ssh default socket 2>&1; docker build -q --ssh default -f socket/Many socket >/dev/null || echo failed
    kill $agent; echo "most $(grep -o 'process_message: socket [0-9]*' many-log | awk '{print $3}' | sort -n | tail -1)"`);
  assert.match(out, /^#\d+ [\d.]+ 100 102 c1e1$/m, out);
  assert.match(out, /^#\d+ [\d.]+ 0 0 600\n#\d+ [\d.]+ \/own\/socket$/m, out);
  assert.doesNotMatch(out, /^failed$/m);
  const most = Number(/^most (\d+)$/m.exec(out)?.[1]);
  assert.ok(most >= 1 && most < 20, out);
});

test('a part of a cache is found in the cache alone, whatever links are in it', async () => {
  const Dockerfile = `FROM busybox
RUN --mount=type=cache,id=parts,target=/c mkdir -p /c/sel && ln -s /etc /c/out && ln -s ../../../../../../../etc /c/up \\
  && ln -s sel /c/in && echo benign >/c/sel/file
`;
  const of = (part: string): string =>
    `${Dockerfile}RUN --mount=type=cache,id=parts,target=/v,source=${part} cat /v/file /v/hostname\n`;
  await student.directory('parts', {
    Dockerfile,
    in: of('in'),
    out: of('out'),
    up: of('up'),
    deep: of('sel/../up/..'),
  });
  assert.match((await student.build('parts', '-f', 'parts/in')).stderr, /^#\d+ [\d.]+ benign$/m);
  for (const [part, path] of [
    ['out', '/out'],
    ['up', '/up'],
  ]) {
    const { exitCode, stderr } = await student.build('parts', '-f', `parts/${part}`);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`did not complete successfully: open ${path}: no such file or directory\n$`));
  }
  assert.doesNotMatch((await student.build('parts', '-f', 'parts/deep')).stderr, /^#\d+ [\d.]+ root:/m);
});

test('a cache may begin with files, which are what its first user finds', async () => {
  const Dockerfile = `FROM busybox AS seed
RUN mkdir -p /s/begin/deep && echo seed > /s/begin/deep/file && chown 7:8 /s/begin && chmod 2750 /s/begin && echo top > /top
FROM busybox
ARG N
RUN --mount=type=cache,id=whole,target=/whole,from=seed cat /whole/top; echo $N >> /whole/top
RUN --mount=type=cache,id=part,target=/part,from=seed,source=/s/begin \\
    stat -c '%a %u:%g' /part; cat /part/deep/file; echo $N >> /part/deep/file
RUN --mount=type=cache,id=own,target=/own,from=seed,uid=5,mode=0700 stat -c '%a %u' /own; ls /own
`;
  await student.directory('begins', { Dockerfile });
  const first = ['top', '2750 7:8', 'seed', '700 5'];
  assert.deepEqual(await student.stepsSaid('begins', '--build-arg', 'N=1'), first);
  const second = ['top', '1', '2750 7:8', 'seed', '1', '700 5'];
  assert.deepEqual(await student.stepsSaid('begins', '--build-arg', 'N=2'), second);
  const changed = Dockerfile.replace('source=/s/begin', 'source=/s/none').replaceAll(/\bid=/g, 'id=x');
  await student.directory('begins', { Dockerfile: changed });
  const { exitCode, stderr } = await student.build('begins');
  assert.equal(exitCode, 1);
  assert.match(stderr, /"\/s\/none": not found/);
});
